"""Fingerprint, weights and calibration images of a training on pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from models.pictures.picture_set import read_picture_set
from models.training.dataset import LabelledImage, labels_from_boxes
from models.training.picture_training import (
    CALIBRATION_WIDTHS,
    KEPT_WEIGHT,
    TrainingImages,
    TrainingPlan,
    calibration_images,
    fingerprint_of,
)
from models.training.training_data import TrainingData
from tests.support.picture_sets import add_picture

PLAN = TrainingPlan(steps=3, rate=1e-3)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    (tmp_path / "start.pt").write_bytes(b"weights")
    return tmp_path / "start.pt"


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """Three pictures by day and one by night, which is held back."""
    for k in range(3):
        add_picture(tmp_path / "mast", f"day{k}", size=(64, 32), labels=[(0, (5, 5, 20, 20))])
    whole = (0, 0, 64, 32)
    add_picture(tmp_path / "mast", "night", size=(64, 32), bright=[whole], about="mast,Indonesia,night,dry")
    pictures = read_picture_set(tmp_path / "mast")
    return TrainingData(pictures=pictures, is_held_back=np.array([False, False, False, True]))


def test_checkpoints_of_other_data_or_schedules_are_not_continued(data, start, tmp_path):
    marks = [
        fingerprint_of(data, PLAN, start),
        fingerprint_of(data, replace(PLAN, steps=4), start),
        fingerprint_of(data, replace(PLAN, seed=7), start),
        fingerprint_of(replace(data, set_weights={"mast": 2.0}), PLAN, start),
        fingerprint_of(replace(data, is_held_back=~data.is_held_back), PLAN, start),
    ]
    same = fingerprint_of(data, replace(PLAN, threads=2), start)
    (tmp_path / "mast" / "labels" / "day1.txt").write_text("1 0.5 0.5 0.2 0.2")
    marks.append(fingerprint_of(data, PLAN, start))
    start.write_bytes(b"other weights")
    marks.append(fingerprint_of(data, PLAN, start))
    assert len(set(marks)) == len(marks)
    assert same == marks[0]


def test_frames_of_recordings_have_their_share_of_the_weight(data):
    image = LabelledImage(np.zeros((32, 64, 3), np.uint8), labels_from_boxes([]))
    images = TrainingImages(data, Path("start.pt"), [image] * 4, [image] * 7)
    chosen = images.chosen(~data.is_held_back)
    assert len(chosen) == 3 + 7
    assert sum(i.weight for i in chosen[3:]) == pytest.approx(KEPT_WEIGHT * sum(i.weight for i in chosen[:3]))


def test_calibration_sees_each_light_and_several_widths(data):
    chosen = list(calibration_images(data.pictures, 2, seed=1))
    assert [image.shape for image in chosen] == [(width // 2, width, 3) for width in CALIBRATION_WIDTHS[:2]]
    assert sorted(image.mean() for image in chosen) == [0, 255]
    assert len(list(calibration_images(data.pictures, 300, seed=1))) == 4
