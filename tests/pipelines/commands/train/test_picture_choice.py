"""Choice of the pictures of a training, and one line for input that cannot be used."""

import pytest

from models.pictures.picture_set import UnusablePictures
from pipelines.commands.train.picture_choice import CITY_WEIGHT, choose_pictures
from pipelines.errors import UserError
from tests.support.picture_sets import add_picture

BOX = (10, 10, 40, 40)


def make_set(folder, *, cameras=("mast", "bridge"), each=8, boxes=1, label=1):
    for camera in cameras:
        for k in range(each):
            labels = [(label, BOX)] * boxes
            add_picture(folder, f"{camera}_{k}", size=(64, 64), labels=labels, about=f"{camera},Indonesia,day,dry")
    return folder


def test_named_groups_are_held_back_and_decide(tmp_path):
    data, deciding = choose_pictures([make_set(tmp_path / "set")], [], groups=["bridge"])
    assert {picture.camera_group for picture in deciding} == {"bridge"}
    assert (len(data.pictures), data.is_held_back.sum()) == (16, 8)


def test_without_groups_a_share_of_each_camera_is_held_back(tmp_path):
    _, deciding = choose_pictures([make_set(tmp_path / "set")], [])
    names = ["bridge_6", "bridge_7", "mast_6", "mast_7"]
    assert sorted(p.file for p in deciding) == [f"images/{name}.png" for name in names]


def test_a_city_weighs_more_and_its_held_back_pictures_decide(tmp_path):
    general = make_set(tmp_path / "general")
    city = make_set(tmp_path / "own", cameras=["kuda"], each=20, boxes=8)
    data, deciding = choose_pictures([general], [city], groups=["bridge"])
    assert {picture.camera_group for picture in data.held_back} == {"bridge", "kuda"}
    assert {picture.camera_group for picture in deciding} == {"kuda"}
    assert (data.weight_of(data.pictures[0]), data.weight_of(deciding[0])) == (1.0, CITY_WEIGHT)
    data, _ = choose_pictures([general], [city], set_weights={"own": 2.0})
    assert data.weight_of(data.pictures[-1]) == 2.0
    assert {picture.camera_group for picture in data.held_back} == {"kuda"}


def test_only_pictures_with_the_licence_are_used_and_a_report_names_their_source(tmp_path):
    folder = make_set(tmp_path / "set", cameras=["mast"], each=20)
    table = (folder / "pictures.csv").read_text().splitlines()
    stated = [f"{table[0]},licence,source_repo"]
    stated += [f"{row},{'CC BY 4.0' if k < 12 else ''},repository{k % 2}" for k, row in enumerate(table[1:])]
    (folder / "pictures.csv").write_text("\n".join(stated))
    data, _ = choose_pictures([folder], [], licences=["CC BY 4.0"])
    (described,) = data.described()["sets"]
    assert described["pictures"] == 12
    assert [(s["source"], s["licence"], s["pictures"]) for s in described["sources"]] == [
        ("repository0", "CC BY 4.0", 6),
        ("repository1", "CC BY 4.0", 6),
    ]
    with pytest.raises(UserError, match=r"'MIT'; these occur: '', 'CC BY 4\.0'"):
        choose_pictures([folder], [], licences=["MIT"])


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"groups": ["tower"]}, "'tower'; known are bridge, mast"),
        ({"groups": ["mast", "bridge"]}, "only 0 pictures are left"),
        ({"set_weights": {"sett": 2.0}}, "'sett'; known are set"),
    ],
)
def test_unusable_options_name_what_is_there(tmp_path, options, advice):
    make_set(tmp_path / "set")
    with pytest.raises((UserError, UnusablePictures), match=advice):
        choose_pictures([tmp_path / "set"], [], **options)


def test_no_pictures_few_pictures_and_pictures_without_labels_are_refused(tmp_path):
    with pytest.raises(UserError, match="no pictures to train on"):
        choose_pictures([], [])
    with pytest.raises(UserError, match="only 4 pictures are left to train on, with 4 labels"):
        choose_pictures([make_set(tmp_path / "few", cameras=["mast"], each=5)], [])
    with pytest.raises(UserError, match="with 0 labels"):
        choose_pictures([make_set(tmp_path / "empty", boxes=0)], [])


def test_a_city_with_few_labelled_vehicles_cannot_decide(tmp_path):
    with pytest.raises(UserError, match="held back show 4 labelled cars and motorcycles, and 30 are needed"):
        choose_pictures([], [make_set(tmp_path / "own", cameras=["kuda"], each=20)])


def test_a_wrong_label_line_is_found_before_the_training(tmp_path):
    folder = make_set(tmp_path / "set")
    (folder / "labels" / "mast_3.txt").write_text("1 0.5 0.5\n")
    with pytest.raises(UnusablePictures, match=r"mast_3\.txt: expected lines of"):
        choose_pictures([folder], [])
