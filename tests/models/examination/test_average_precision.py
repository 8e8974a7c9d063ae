"""Average precision: equal to COCO's, with ignored areas and classes that are labelled in part."""

import numpy as np
import pytest

from analytics.road_users import ROAD_USERS
from models.examination.average_precision import JudgedDetections, average_precision, judge_detections
from models.export.detection_metrics import DetectionEvaluator
from tests.support.boxes import found, labelled

CAR, BUS = 0, 2


def test_equals_the_evaluator_of_coco_on_random_pictures():
    rng = np.random.default_rng(5)
    evaluator, judged, labels_of_class = DetectionEvaluator(), [], {"car": 0, "bus": 0}
    for _ in range(12):
        truth = [_random_box(rng) for _ in range(int(rng.integers(0, 6)))]
        shifted = [(name, *(np.array(box) + rng.normal(0, 4, 4)), float(rng.random())) for name, *box in truth]
        others = [(*_random_box(rng), float(rng.random())) for _ in range(3)]
        detections, labels = found(*shifted, *others), labelled(*truth)
        evaluator.update(detections, found(*truth))
        judged.append(judge_detections(detections, labels))
        for name, *_ in truth:
            labels_of_class[name] += 1
    expected = evaluator.result()
    joined = JudgedDetections.joined(judged)
    ours = {name: average_precision(joined, ROAD_USERS.index(name), n) for name, n in labels_of_class.items()}
    assert ours == pytest.approx(expected.by_kind)
    assert 0.1 < ours["car"] < 1


def test_half_of_the_labels_found_is_half_the_precision():
    labels = labelled(("car", 0, 0, 40, 40), ("car", 60, 0, 99, 40))
    judged = judge_detections(found(("car", 0, 0, 40, 40)), labels)
    assert average_precision(judged, CAR, 2) == pytest.approx(0.5, abs=0.01)


def test_a_class_without_labels_has_none_and_a_missed_class_has_0():
    judged = judge_detections(found(("car", 0, 0, 40, 40)), labelled())
    assert average_precision(judged, CAR, 0) is None
    assert average_precision(judged, BUS, 3) == 0.0
    assert average_precision(JudgedDetections.joined([]), CAR, 1) == 0.0


def test_a_detection_in_an_ignored_area_or_of_a_class_labelled_in_part_does_not_count():
    labels = labelled(("car", 0, 0, 40, 40), ignored=((100, 0, 200, 90),), classes="car")
    detections = found(("car", 110, 0, 140, 40, 0.99), ("bus", 0, 100, 40, 140, 0.98), ("car", 0, 0, 40, 40, 0.3))
    judged = judge_detections(detections, labels)
    assert (judged.class_id.tolist(), judged.is_true.tolist()) == ([CAR], [True])


def test_a_second_detection_of_a_label_is_false():
    judged = judge_detections(
        found(("car", 0, 0, 40, 40, 0.5), ("car", 1, 0, 40, 40, 0.6)), labelled(("car", 0, 0, 40, 40))
    )
    assert judged.is_true.tolist() == [False, True]


def _random_box(rng):
    x, y, side = rng.uniform(0, 300), rng.uniform(0, 200), rng.uniform(20, 60)
    return str(rng.choice(["car", "bus"])), x, y, x + side, y + side
