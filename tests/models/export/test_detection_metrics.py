"""Average precision on pictures whose truth is known."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.export.detection_metrics import AveragePrecision, DetectionEvaluator

CAR, BUS = "car", "bus"
Box = tuple[float, float, float, float, float, str]


def boxes(*wanted: Box) -> Detections:
    return Detections(
        np.array([box[:4] for box in wanted], np.float32).reshape(-1, 4),
        np.array([box[4] for box in wanted], np.float32),
        np.array([ROAD_USERS.index(RoadUser(box[5])) for box in wanted], np.int64),
    )


def examined(found: Detections, truth: Detections, is_labelled: list[bool] | None = None) -> AveragePrecision:
    evaluator = DetectionEvaluator()
    evaluator.update(found, truth, None if is_labelled is None else np.array(is_labelled))
    return evaluator.result()


def test_what_is_found_as_it_is_scores_1() -> None:
    truth = boxes((10, 10, 40, 40, 1.0, CAR), (60, 10, 99, 40, 1.0, BUS))
    found = boxes((10, 10, 40, 40, 0.9, CAR), (60, 10, 99, 40, 0.8, BUS))
    score = examined(found, truth)
    assert score.by_kind == {CAR: 1.0, BUS: 1.0}
    assert score.map50 == score.map50_95 == 1.0
    assert score.shown == {CAR: 1, BUS: 1}
    assert score.pictures == 1


def test_a_box_a_little_beside_it_costs_in_the_stricter_measure_alone() -> None:
    score = examined(boxes((13, 10, 43, 40, 0.9, CAR)), boxes((10, 10, 40, 40, 1.0, CAR)))
    assert score.map50 == 1.0
    assert score.map50_95 == pytest.approx(0.7), "an overlap of 0.82 is_labelled at 7 of 10 thresholds"


def test_a_false_alarm_costs_only_where_it_is_more_confident() -> None:
    truth = boxes((10, 10, 40, 40, 1.0, CAR))
    after = boxes((10, 10, 40, 40, 0.9, CAR), (100, 10, 140, 40, 0.5, CAR))
    before = boxes((10, 10, 40, 40, 0.5, CAR), (100, 10, 140, 40, 0.9, CAR))
    assert examined(after, truth).map50 == 1.0
    assert examined(before, truth).map50 == pytest.approx(0.5)


def test_half_of_them_found_is_half_the_score() -> None:
    truth = boxes((10, 10, 40, 40, 1.0, CAR), (60, 10, 90, 40, 1.0, CAR))
    assert examined(boxes((10, 10, 40, 40, 0.9, CAR)), truth).map50 == pytest.approx(0.5, abs=0.01)


def test_one_road_user_is_found_once() -> None:
    truth = boxes((10, 10, 40, 40, 1.0, CAR), (60, 10, 90, 40, 1.0, CAR))
    twice = boxes((10, 10, 40, 40, 0.9, CAR), (11, 10, 40, 40, 0.8, CAR), (60, 10, 90, 40, 0.7, CAR))
    assert examined(twice, truth).map50 == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_the_wrong_class_is_not_found() -> None:
    truth = boxes((10, 10, 40, 40, 1.0, CAR))
    assert examined(boxes((10, 10, 40, 40, 0.9, BUS)), truth).by_kind == {CAR: 0.0}


def test_unlabelled_road_users_are_neither_required_nor_false() -> None:
    truth = boxes((10, 10, 40, 40, 1.0, CAR), (60, 10, 90, 40, 1.0, CAR))
    found = boxes((60, 10, 90, 40, 0.95, CAR), (10, 10, 40, 40, 0.9, CAR))
    score = examined(found, truth, [True, False])
    assert score.map50 == 1.0
    assert score.shown == {CAR: 1}
    assert examined(boxes((10, 10, 40, 40, 0.9, CAR)), truth, [True, False]).map50 == 1.0


def test_pictures_add_up() -> None:
    evaluator = DetectionEvaluator()
    truth = boxes((10, 10, 40, 40, 1.0, CAR))
    evaluator.update(truth, truth)
    evaluator.update(boxes(), truth)
    evaluator.update(boxes(), boxes())
    score = evaluator.result()
    assert score.map50 == pytest.approx(0.5, abs=0.01)
    assert (score.shown, score.pictures) == ({CAR: 2}, 3)
