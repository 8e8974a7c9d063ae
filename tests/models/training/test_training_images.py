"""Pictures and recordings as images of a training: labels, class masks, own labels of the start network, weights."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS
from models.pictures.picture_set import read_picture_set
from models.training.dataset import CropSampler, LabelledImage, Labels, labels_from_boxes
from models.training.training_images import balanced, read_training_images, self_labelled_images, with_own_labels
from tests.support.picture_sets import add_picture

CAR, MOTORCYCLE, BUS, PERSON = 0, 1, 2, 5


def found(*boxes: tuple[list[float], float, int]) -> Detections:
    """Detections of (box, confidence, class)."""
    return Detections(
        np.array([box for box, _, _ in boxes], np.float32).reshape(-1, 4),
        np.array([confidence for _, confidence, _ in boxes], np.float32),
        np.array([class_id for _, _, class_id in boxes], np.int64),
    )


def test_a_picture_brings_labels_ignored_areas_and_the_classes_that_it_labels(tmp_path):
    add_picture(tmp_path / "mast", "a", labels=[(1, (10, 10, 40, 60))], ignore=[(100, 0, 200, 50)])
    (image,) = read_training_images(read_picture_set(tmp_path / "mast"), lambda _: Detections.empty())
    assert image.image.shape == (192, 320, 3)
    assert image.labels.xyxy == pytest.approx(np.array([[10, 10, 40, 60], [100, 0, 200, 50]]), abs=0.01)
    assert (image.labels.class_id[0], image.labels.is_labelled.tolist()) == (MOTORCYCLE, [True, False])
    assert [ROAD_USERS[k] for k in np.flatnonzero(image.labels.labelled_classes)] == ["car", "motorcycle"]


def test_nights_are_marked_so_that_no_night_is_made_of_them(tmp_path):
    add_picture(tmp_path / "mast", "a")
    add_picture(tmp_path / "mast", "b", about="mast,Indonesia,night,wet")
    images = read_training_images(read_picture_set(tmp_path / "mast"), lambda _: Detections.empty())
    assert [image.is_day for image in images] == [True, False]


def test_the_start_network_labels_only_the_classes_that_are_not_labelled():
    labels = Labels(np.array([[0, 0, 40, 40]], np.float32), np.array([MOTORCYCLE]), np.array([True]), np.arange(6) < 2)
    own = found(
        ([100, 0, 140, 40], 0.9, CAR),  # a labelled class: there is none
        ([100, 0, 140, 40], 0.9, BUS),
        ([200, 0, 240, 40], 0.3, BUS),  # not sure of it
        ([300, 0, 340, 40], 0.05, BUS),
        ([5, 0, 35, 30], 0.9, PERSON),  # the rider of the labelled motorcycle
    )
    joined = with_own_labels(labels, own)
    assert joined.class_id.tolist() == [MOTORCYCLE, BUS, BUS]
    assert joined.is_labelled.tolist() == [True, True, False]
    assert joined.labelled_classes.tolist() == labels.labelled_classes.tolist()


def test_own_frames_are_labelled_in_all_classes_with_doubts_as_ignore_regions():
    frame = np.zeros((50, 50, 3), np.uint8)
    (image,) = self_labelled_images([frame], lambda _: found(([0, 0, 9, 9], 0.6, CAR), ([20, 0, 29, 9], 0.2, PERSON)))
    assert image.labels.labelled_classes.all()
    assert (image.labels.class_id.tolist(), image.labels.is_labelled.tolist()) == ([CAR, PERSON], [True, False])


def test_cameras_with_many_pictures_weigh_more_but_not_in_proportion(tmp_path):
    folder = tmp_path / "mast"
    for k in range(16):
        add_picture(folder, f"many{k}", about="many,Indonesia,day,dry")
    add_picture(folder, "few", about="few,Indonesia,day,dry")
    pictures = read_picture_set(folder)
    images = balanced(pictures, [_blank()] * 17, [1.0] * 17)
    weights = np.array([image.weight for image in images])
    assert weights.mean() == pytest.approx(1.0)
    assert weights[16] < weights[:16].sum() < 16 * weights[16]
    doubled = balanced(pictures, [_blank()] * 17, [1.0] * 16 + [2.0])
    assert doubled[16].weight / doubled[0].weight == pytest.approx(2 * weights[16] / weights[0])


def test_images_are_sampled_as_often_as_they_weigh():
    dark, bright = _blank(0, 0.25), _blank(255, 1.0)
    crops = CropSampler([dark, bright], 4, 1, rescaled_share=0.0)
    means = np.concatenate([crops.next().images.mean(axis=(1, 2, 3)) for _ in range(20)])
    assert (means > 128).mean() == pytest.approx(0.8, abs=0.1)


def _blank(level: int = 0, weight: float = 1.0) -> LabelledImage:
    return LabelledImage(np.full((320, 608, 3), level, np.uint8), labels_from_boxes([]), weight=weight)
