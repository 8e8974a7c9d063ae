"""Average precision on pictures whose truth is known."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.facts import ROAD_USERS, RoadUser
from models.average_precision import examine
from models.detector import RgbImage
from models.training_pictures import LabelledPicture, labels_of

CAR, BUS = "car", "bus"
PICTURE: RgbImage = np.zeros((100, 200, 3), np.uint8)


def picture_of(*boxes: list[float | str]) -> LabelledPicture:
    return LabelledPicture(PICTURE, labels_of(boxes))


def finds(*boxes: tuple[float, float, float, float, float, str]) -> Detections:
    return Detections(
        np.array([box[:4] for box in boxes], np.float32).reshape(-1, 4),
        np.array([box[4] for box in boxes], np.float32),
        np.array([ROAD_USERS.index(RoadUser(box[5])) for box in boxes], np.int64),
    )


def test_what_is_found_as_it_is_scores_1() -> None:
    pictures = [picture_of([10, 10, 40, 40, 1.0, CAR], [60, 10, 99, 40, 1.0, BUS])]
    found = finds((10, 10, 40, 40, 0.9, CAR), (61, 10, 99, 40, 0.8, BUS))
    score = examine(lambda _: found, pictures)
    assert score.average_precision == {CAR: 1.0, BUS: 1.0}
    assert score.mean == 1.0
    assert score.shown == {CAR: 1, BUS: 1}


def test_a_false_alarm_costs_only_where_it_is_more_confident() -> None:
    pictures = [picture_of([10, 10, 40, 40, 1.0, CAR])]
    after = finds((10, 10, 40, 40, 0.9, CAR), (100, 10, 140, 40, 0.5, CAR))
    before = finds((10, 10, 40, 40, 0.5, CAR), (100, 10, 140, 40, 0.9, CAR))
    assert examine(lambda _: after, pictures).mean == 1.0
    assert examine(lambda _: before, pictures).mean == pytest.approx(0.5)


def test_half_of_them_found_is_half_the_score() -> None:
    pictures = [picture_of([10, 10, 40, 40, 1.0, CAR], [60, 10, 90, 40, 1.0, CAR])]
    score = examine(lambda _: finds((10, 10, 40, 40, 0.9, CAR)), pictures)
    assert score.mean == pytest.approx(0.5, abs=0.01)
    assert score.recall == {CAR: 0.5}


def test_one_road_user_is_found_once() -> None:
    pictures = [picture_of([10, 10, 40, 40, 1.0, CAR], [60, 10, 90, 40, 1.0, CAR])]
    twice = finds((10, 10, 40, 40, 0.9, CAR), (11, 10, 40, 40, 0.8, CAR), (60, 10, 90, 40, 0.7, CAR))
    assert examine(lambda _: twice, pictures).mean == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_the_wrong_class_is_not_found() -> None:
    pictures = [picture_of([10, 10, 40, 40, 1.0, CAR])]
    assert examine(lambda _: finds((10, 10, 40, 40, 0.9, BUS)), pictures).average_precision == {CAR: 0.0}


def test_who_is_hidden_or_tiny_is_neither_asked_for_nor_held_against() -> None:
    pictures = [picture_of([10, 10, 40, 40, 1.0, CAR], [60, 10, 90, 40, 0.1, CAR], [100, 10, 104, 14, 1.0, CAR])]
    found = finds((60, 10, 90, 40, 0.95, CAR), (100, 10, 104, 14, 0.94, CAR), (10, 10, 40, 40, 0.9, CAR))
    score = examine(lambda _: found, pictures)
    assert score.mean == 1.0
    assert score.shown == {CAR: 1}
