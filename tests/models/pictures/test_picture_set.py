"""Picture sets: labels become pixels of the picture, and a fault is one line that names the file."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from structlog.testing import capture_logs

from models.pictures.picture_set import UnusablePictures, find_picture_sets, read_picture_set

TABLE = "file,camera_group,country,light,rain,labelled_classes\n"


@pytest.fixture
def picture_set(tmp_path: Path) -> Path:
    folder = tmp_path / "mast"
    for part in ("images", "labels", "ignore"):
        (folder / part).mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / "a.jpg"), np.full((100, 200, 3), 90, np.uint8))
    (folder / "labels" / "a.txt").write_text("1 0.5 0.5 0.1 0.4\n")
    (folder / "ignore" / "a.txt").write_text("9 0.1 0.1 0.2 0.2\n")
    row = 'images/a.jpg,mast,Indonesia,night,wet,"car motorcycle (some person)"\n'
    (folder / "pictures.csv").write_text(TABLE + row)
    return folder


def test_labels_are_pixels_of_the_picture(picture_set: Path) -> None:
    (picture,) = read_picture_set(picture_set)
    image = picture.read_image()
    labels = picture.read_labels((image.shape[1], image.shape[0]))
    assert (picture.camera_group, picture.light, picture.rain) == ("mast", "night", "wet")
    assert labels.xyxy.tolist() == [pytest.approx([90, 30, 110, 70])]
    assert labels.class_id.tolist() == [1]
    assert labels.ignored.tolist() == [pytest.approx([0, 0, 40, 20])]
    assert labels.labelled_classes.tolist() == [True, True, False, False, False, False]


def test_sets_are_found_inside_a_folder_or_are_the_folder(picture_set: Path) -> None:
    assert find_picture_sets([picture_set.parent]) == find_picture_sets([picture_set]) == [picture_set]


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("pictures.csv", "file,light\n", "has no column camera_group"),
        ("pictures.csv", TABLE, "lists no pictures"),
        ("pictures.csv", TABLE + "images/a.jpg,m,I,day,dry,car boat\n", "line 2: unknown class 'boat'"),
        ("labels/a.txt", "7 0.5 0.5 0.1 0.4\n", "the classes are 0 car, 1 motorcycle"),
        ("labels/a.txt", "1 0.5 half\n", "expected lines of"),
        ("labels/a.txt", "1 0.2 0.1 0.5 0.1 0.5 0.5 0.2 0.5\n", "contains polygons; export boxes"),
        ("labels/a.txt", "1 90 40 20 40\n", "shares of the picture, 0 to 1"),
        ("labels/a.txt", "1 0.5 0.5 0.0 0.4\n", "a box has no size"),
        ("labels/a.txt", "1 0.5 0.5 -0.1 -0.4\n", "a box has no size"),
        ("ignore/a.txt", "9 1.2 0.5 0.1 0.4\n", "lies outside the picture"),
        ("pictures.csv", TABLE + "images/a.jpg,m,I,day,dry,car\n" * 2, "line 3: images/a.jpg is listed twice"),
        ("images/a.jpg", "no image", "cannot be read as a picture"),
    ],
)
def test_a_fault_names_the_file_and_the_remedy(picture_set: Path, file: str, text: str, complaint: str) -> None:
    (picture_set / file).write_text(text)
    with pytest.raises(UnusablePictures, match=complaint) as caught:
        for picture in read_picture_set(picture_set):
            picture.read_image()
            picture.read_labels((200, 100))
    assert str(picture_set) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_box_is_cut_off_at_the_edges_of_the_picture(picture_set: Path) -> None:
    (picture_set / "labels" / "a.txt").write_text("1 0.0 0.5 0.4 1.2 0.87\n")
    (picture,) = read_picture_set(picture_set)
    assert picture.read_labels((200, 100)).xyxy.tolist() == [pytest.approx([0, 0, 40, 100])]


def test_labels_of_pictures_in_subfolders_lie_in_the_same_subfolders(picture_set: Path) -> None:
    for light, class_id in (("day", 0), ("night", 3)):
        (picture_set / "labels" / light).mkdir()
        (picture_set / "labels" / light / "a.txt").write_text(f"{class_id} 0.5 0.5 0.1 0.4\n")
    rows = "images/day/a.jpg,m,I,day,dry,car\nimages\\night\\a.jpg,m,I,night,dry,car\n"
    (picture_set / "pictures.csv").write_text(TABLE + rows)
    assert [p.read_labels((200, 100)).class_id.tolist() for p in read_picture_set(picture_set)] == [[0], [3]]


@pytest.mark.parametrize("classes", ["Car MOTORCYCLE", "car;motorcycle", '"car, motorcycle(some person)"'])
def test_labelled_classes_may_be_written_in_capitals_and_separated_by_other_signs(
    picture_set: Path, classes: str
) -> None:
    (picture_set / "pictures.csv").write_text(f"{TABLE}images/a.jpg,m,I,day,dry,{classes}\n")
    (picture,) = read_picture_set(picture_set)
    assert picture.labelled_classes == ("car", "motorcycle")


def test_pictures_and_label_files_without_each_other_are_logged(picture_set: Path) -> None:
    (picture_set / "labels" / "a.txt").rename(picture_set / "labels" / "A.txt")
    with capture_logs() as logs:
        read_picture_set(picture_set)
    assert [entry["first"] for entry in logs] == ["images/a.jpg", "labels/A.txt"]


def test_a_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusablePictures, match=r"give a folder with a pictures\.csv"):
        find_picture_sets([tmp_path])
