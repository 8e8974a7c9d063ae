"""Pictures to a labelling tool and labels back, over real files; and the picture set that they become."""

import csv
import json
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest
import yaml

from analytics.road_users import ROAD_USERS, RoadUser
from models.pictures.picture_set import read_picture_set
from pipelines.errors import UserError
from pipelines.learning.cvat import read_archive, write_archive
from pipelines.learning.label_studio import read_export, write_tasks
from pipelines.learning.labelled_boxes import LABEL_NAMES, LabelledBox
from pipelines.learning.labelled_set import ImportedLabels, add_labels
from pipelines.learning.waiting_pictures import WaitingPictures
from tests.support.pictures import MORNING, waiting_picture

MOTORCYCLE, CAR = LabelledBox("motorcycle", 0.15, 0.35, 0.1, 0.3), LabelledBox("car", 0.9, 0.6, 0.2, 0.4)
NAME = "kuda_20260505T071400Z"


@pytest.fixture
def folder(tmp_path) -> Path:
    return collected(tmp_path / "collected", 0.0)


def collected(folder: Path, *hours: float, camera: str = "kuda") -> Path:
    for hour in hours:
        image = np.full((90, 160, 3), 100 + 10 * (int(hour) % 10), np.uint8)
        WaitingPictures(folder).save(waiting_picture(at=MORNING + 3600 * hour, camera=camera), image)
    return folder


def same(boxes: list[LabelledBox], expected: list[LabelledBox]) -> bool:
    def sides(box: LabelledBox) -> tuple[float, ...]:
        return box.cx, box.cy, box.w, box.h

    return [box.name for box in boxes] == [box.name for box in expected] and all(
        sides(a) == pytest.approx(sides(b), abs=1e-5) for a, b in zip(boxes, expected, strict=True)
    )


def exported_by_label_studio(path: Path, *annotations: list[dict], cancelled: bool = False, name: str = NAME) -> Path:
    """Write what Label Studio exports for one task, with so many submitted annotations."""
    submitted = [{"id": k, "was_cancelled": cancelled, "result": result} for k, result in enumerate(annotations)]
    task = {"id": 1, "data": {"image": f"/data/local-files/?d=waiting/{name}.jpg"}, "annotations": submitted}
    path.write_text(json.dumps([{**task, "predictions": [{"result": []}]}]))
    return path


def rectangle(name: str, x: float, y: float, width: float, height: float, **changes) -> dict:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": 0, "rectanglelabels": [name], **changes}
    return {"id": "a", "type": "rectanglelabels", "from_name": "label", "to_name": "image", "value": value}


def table_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "pictures.csv").read_text().splitlines()))


def test_an_archive_for_cvat_contains_pictures_proposals_and_names(folder, tmp_path):
    assert write_archive(WaitingPictures(folder), tmp_path / "out.zip") == 1
    with ZipFile(tmp_path / "out.zip") as archive:
        assert sorted(archive.namelist()) == [
            "data.yaml",
            f"images/train/{NAME}.jpg",
            f"labels/train/{NAME}.txt",
            "train.txt",
        ]
        described = yaml.safe_load(archive.read("data.yaml"))
        assert described["names"] == dict(enumerate(LABEL_NAMES))
        assert archive.read(described["train"]).decode() == f"images/train/{NAME}.jpg\n"
        assert archive.read(f"labels/train/{NAME}.txt").decode().splitlines() == [
            "1 0.150000 0.350000 0.100000 0.300000",
            "0 0.900000 0.600000 0.200000 0.400000",
        ]


def test_proposals_return_from_cvat_unchanged(folder, tmp_path):
    write_archive(WaitingPictures(folder), tmp_path / "out.zip")
    assert same(read_archive(tmp_path / "out.zip")[NAME], [MOTORCYCLE, CAR])


def test_an_export_of_cvat_may_number_and_order_its_labels_otherwise(tmp_path):
    with ZipFile(tmp_path / "back.zip", "w") as archive:
        archive.writestr("data.yaml", yaml.safe_dump({"path": ".", "names": ["ignore", "person", "car"]}))
        archive.writestr("Train.txt", "data/images/Train/empty.jpg\ndata/images/Train/one.jpg\n")
        archive.writestr("labels/Train/one.txt", "2 0.5 0.5 0.2 0.2 17\n0 0.1 0.1 0.1 0.1\n")
    labels = read_archive(tmp_path / "back.zip")
    assert labels["empty"] == [], "CVAT writes no label file for a picture without labels"
    assert [box.name for box in labels["one"]] == ["car", "ignore"]


def test_tasks_for_label_studio_have_the_proposals_as_predictions(folder, tmp_path):
    assert write_tasks(WaitingPictures(folder), tmp_path / "tasks.json") == 1
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    assert task["data"]["image"] == f"/data/local-files/?d=waiting/{NAME}.jpg"
    first, second = task["predictions"][0]["result"]
    assert first["value"]["rectanglelabels"] == ["motorcycle"]
    assert (first["original_width"], first["original_height"]) == (160, 90)
    assert [second["value"][side] for side in ("x", "y", "width", "height")] == pytest.approx([80, 40, 20, 40])
    assert first["id"] != second["id"]


def test_submitted_predictions_return_from_label_studio_unchanged(folder, tmp_path):
    write_tasks(WaitingPictures(folder), tmp_path / "tasks.json")
    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    back = exported_by_label_studio(tmp_path / "back.json", task["predictions"][0]["result"])
    assert same(read_export(back)[NAME], [MOTORCYCLE, CAR])


def test_only_submitted_annotations_count_and_the_last_one(tmp_path):
    first, last = [rectangle("car", 10, 10, 20, 20)], [rectangle("bus", 10, 10, 20, 20)]
    assert [b.name for b in read_export(exported_by_label_studio(tmp_path / "a.json", first, last))[NAME]] == ["bus"]
    assert read_export(exported_by_label_studio(tmp_path / "b.json", first, cancelled=True)) == {}
    assert read_export(exported_by_label_studio(tmp_path / "c.json")) == {}
    assert read_export(exported_by_label_studio(tmp_path / "d.json", [])) == {NAME: []}


def test_labels_make_a_picture_set_that_the_network_is_examined_on(folder, tmp_path):
    write_archive(WaitingPictures(folder), tmp_path / "out.zip")
    assert not (folder / "pictures.csv").exists(), "proposals are no labels"
    labels = {NAME: [MOTORCYCLE, LabelledBox("person", 0.98, 0.5, 0.1, 0.2), LabelledBox("ignore", 0.5, 0.5, 0.1, 0.1)]}
    assert add_labels(folder, labels, country="Indonesia") == ImportedLabels(1, 0, 0)
    (picture,) = read_picture_set(folder)
    assert (picture.camera_group, picture.country, picture.light, picture.split) == (
        "kuda",
        "Indonesia",
        "day",
        "train",
    )
    assert picture.labelled_classes == tuple(road_user.value for road_user in ROAD_USERS)
    assert picture.read_image().shape == (90, 160, 3)
    known = picture.read_labels((160, 90))
    assert [ROAD_USERS[k] for k in known.class_id] == [RoadUser.MOTORCYCLE, RoadUser.PERSON]
    assert known.xyxy.ravel() == pytest.approx([16, 18, 32, 45, 148.8, 36, 160, 54], abs=0.01), "cut at the edge"
    assert known.ignored.ravel() == pytest.approx([72, 40.5, 88, 49.5], abs=0.01)
    assert known.labelled_classes.all()
    assert list(WaitingPictures(folder)) == [], "it waits no longer"
    assert not list((folder / "waiting").glob("*.*"))


def test_labels_of_a_picture_in_the_set_are_replaced(folder):
    add_labels(folder, {NAME: [MOTORCYCLE, CAR]}, country="Indonesia")
    assert add_labels(folder, {NAME: [CAR], "unknown": []}, country="Indonesia") == ImportedLabels(0, 1, 1)
    (picture,) = read_picture_set(folder)
    assert picture.read_labels((160, 90)).class_id.tolist() == [ROAD_USERS.index(RoadUser.CAR)]
    (row,) = table_of(folder)
    assert (row["n_car"], row["n_motorcycle"], row["taken_at"][:10]) == ("1", "0", "2026-05-05")


def test_columns_and_rows_of_an_existing_set_stay(folder):
    add_labels(folder, {NAME: []}, country="Indonesia")
    table = folder / "pictures.csv"
    lines = table.read_text().splitlines()
    table.write_text(f"{lines[0]},note\n{lines[1].replace('unknown', 'wet')},hujan\n", encoding="utf-8-sig")
    collected(folder, 1.0)
    add_labels(folder, {"kuda_20260505T081400Z": []}, country="Indonesia")
    first, second = table_of(folder)
    assert (first["rain"], first["note"], second["note"]) == ("wet", "hujan", "")


def test_an_interrupted_import_can_be_repeated(folder):
    (folder / "labels").write_text("in the way")
    with pytest.raises(FileExistsError):
        add_labels(folder, {NAME: [CAR]}, country="Indonesia")
    (folder / "labels").unlink()
    assert add_labels(folder, {NAME: [CAR]}, country="Indonesia") == ImportedLabels(1, 0, 0)
    assert cv2.imread(str(read_picture_set(folder)[0].path)) is not None


def test_only_lists_of_pictures_count_in_an_archive_and_labels_may_be_in_capitals(tmp_path):
    with ZipFile(tmp_path / "back.zip", "w") as archive:
        archive.writestr("data.yaml", "names: {0: Car, 1: BUS}\ntrain: train.txt\n")
        archive.writestr("train.txt", "data/images/train/a.jpg\ndata/images/train/b.jpg\n")
        archive.writestr("README.txt", "This data set\nhas two pictures, in version 1.0\n")
        archive.writestr("labels/train/a.txt", "1 0.5 0.5 0.1 0.1 7\n")
    assert {name: [b.name for b in boxes] for name, boxes in read_archive(tmp_path / "back.zip").items()} == {
        "a": ["bus"],
        "b": [],
    }


@pytest.mark.parametrize(
    "address", ["/data/local-files/?d=waiting%2Fkuda_1.jpg", "/data/upload/7/8f3a2b1c-kuda_1.jpg", "s3://a/kuda_1.jpg"]
)
def test_a_picture_is_known_by_any_address_that_label_studio_gives_it(tmp_path, address):
    relation = {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"}
    results = [rectangle("Car", 10, 10, 20, 20), relation]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([{"data": {"image": address}, "annotations": [{"result": results}]}]))
    assert {name: [b.name for b in boxes] for name, boxes in read_export(path).items()} == {"kuda_1": ["car"]}


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({}, "contains no data.yaml"),
        ({"data.yaml": "train: x"}, "names no labels"),
        ({"data.yaml": "- ["}, "names no labels"),
        (
            {"data.yaml": "names: [car]", "labels/train/a.txt": "1 0.5 0.5 0.1 0.1"},
            "labels/train/a.txt, line 1: class 1",
        ),
        ({"data.yaml": "names: [car]", "labels/train/a.txt": "\n0 0.5 0.5 0.1"}, "line 2"),
        ({"data.yaml": "names: [car]", "labels/train/a.txt": "0 0.5 nan 0.1 0.1"}, "outside the picture"),
        ({"data.yaml": "names: [lorry]", "labels/train/a.txt": "0 0.5 0.5 0.1 0.1"}, "unknown label 'lorry'"),
        (
            {"data.yaml": "names: [car]", "labels/train/a.txt": "0 .2 .1 .5 .1 .5 .5 .2 .5"},
            "a polygon or a rotated box",
        ),
    ],
)
def test_an_archive_with_a_fault_is_refused_in_one_line(tmp_path, files, fault):
    with ZipFile(tmp_path / "back.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with pytest.raises(UserError) as caught:
        read_archive(tmp_path / "back.zip")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "tasks.json"),
        ("{}", "tasks.json"),
        ('[{"data": {}}]', "data.image is missing"),
        (
            json.dumps([{"data": {"image": "a"}, "annotations": [{"result": [rectangle("lorry", 1, 1, 1, 1)]}]}]),
            "lorry",
        ),
        (
            json.dumps(
                [{"data": {"image": "a"}, "annotations": [{"result": [rectangle("car", 1, 1, 1, 1, rotation=9)]}]}]
            ),
            "task 1: the picture or a box is rotated",
        ),
        (
            json.dumps(
                [
                    {
                        "data": {"image": "a"},
                        "annotations": [{"result": [{**rectangle("car", 1, 1, 1, 1), "image_rotation": 90}]}],
                    }
                ]
            ),
            "task 1: the picture or a box is rotated",
        ),
        ('[{"image": "a", "label": []}]', "not JSON-MIN"),
    ],
)
def test_tasks_with_a_fault_are_refused_in_one_line(tmp_path, content, fault):
    path = tmp_path / "tasks.json"
    path.write_text(content)
    with pytest.raises(UserError) as caught:
        read_export(path)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_archive_and_no_table_are_refused(folder, tmp_path):
    (tmp_path / "no.zip").write_text("zip")
    for path in (tmp_path / "no.zip", tmp_path / "missing.zip", tmp_path):
        with pytest.raises(UserError, match="Ultralytics YOLO"):
            read_archive(path)
    (folder / "pictures.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="columns file and camera_group"):
        add_labels(folder, {NAME: []}, country="Indonesia")
