"""Reading data sets in YOLO's format."""

import cv2
import numpy as np
import pytest

from analytics.road_users import ROAD_USERS, RoadUser
from models.errors import UnusableWeights
from models.export.yolo_dataset import labelled_images


@pytest.fixture
def data_set(tmp_path):
    (tmp_path / "images" / "val").mkdir(parents=True)
    (tmp_path / "labels" / "val").mkdir(parents=True)
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / "images" / "val" / f"{name}.png"), np.full((100, 200, 3), (255, 0, 0), np.uint8))
    (tmp_path / "labels" / "val" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n2 0.1 0.1 0.1 0.1\n")
    (tmp_path / "data.yaml").write_text("val: images/val\nnames: [motorcycle, car, kite]\n")
    return tmp_path


def test_boxes_come_in_pixels_of_the_scaled_picture_and_other_things_are_left_out(data_set):
    (picture, truth), (_, nothing) = labelled_images(data_set / "data.yaml", width=400)
    assert picture.shape == (200, 400, 3)
    assert picture[0, 0].tolist() == [0, 0, 255]
    assert truth.xyxy.tolist() == [[100, 50, 300, 150]]
    assert ROAD_USERS[truth.class_id[0]] == RoadUser.MOTORCYCLE
    assert len(nothing) == 0


def test_pictures_may_be_listed_in_a_file(data_set):
    (data_set / "val.txt").write_text("./images/val/a.png\n")
    (data_set / "data.yaml").write_text("val: val.txt\nnames: [motorcycle, car, kite]\n")
    assert len(list(labelled_images(data_set / "data.yaml", width=200))) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("names: [car]\n", "`val` is missing"),
        ("val: images\nnames: [kite]\n", "knows none of"),
        ("val: [", "cannot be read as a data set"),
    ],
)
def test_what_is_no_data_set_is_refused(data_set, text, says):
    (data_set / "data.yaml").write_text(text)
    with pytest.raises(UnusableWeights, match=says):
        list(labelled_images(data_set / "data.yaml", width=200))


@pytest.mark.parametrize("label", ["car 1 2 3 4", "0 0.5", "9 0.5 0.5 0.1 0.1"])
def test_labels_that_make_no_sense_are_named(data_set, label):
    (data_set / "labels" / "val" / "b.txt").write_text(label)
    with pytest.raises(UnusableWeights, match=r"b\.txt"):
        list(labelled_images(data_set / "data.yaml", width=200))


def test_a_broken_picture_is_named(data_set):
    (data_set / "images" / "val" / "b.png").write_bytes(b"no picture")
    with pytest.raises(UnusableWeights, match=r"b\.png"):
        list(labelled_images(data_set / "data.yaml", width=200))
