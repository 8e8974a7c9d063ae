import numpy as np

from analytics.detections import Detections


def test_boxes_without_finite_numbers_or_area_are_not_measured():
    nan, inf = np.nan, np.inf
    boxes = [[0, 0, 9, 9], [nan, 0, 9, 9], [0, 0, inf, 9], [5, 0, 5, 9], [0, 9, 9, 0], [1, 1, 2, 2]]
    confidence = np.array([0.5, 0.5, 0.5, 0.5, 0.5, nan], np.float32)
    detections = Detections(np.array(boxes, np.float32), confidence, np.arange(6))
    assert detections.measured().class_id.tolist() == [0]


def some_detections(*class_ids: int) -> Detections:
    n = len(class_ids)
    return Detections(np.full((n, 4), [0, 0, 9, 9], np.float32), np.full(n, 0.5, np.float32), np.array(class_ids, int))


def test_rows_are_chosen_by_mask_or_in_the_order_of_their_numbers():
    detections = some_detections(3, 4, 5)
    assert detections.rows(np.array([True, False, True])).class_id.tolist() == [3, 5]
    assert detections.rows(np.array([2, 0, 1])).class_id.tolist() == [5, 3, 4]
    assert detections.rows([1]).class_id.tolist() == [4]
    assert detections.rows([0, 1, 2]).class_id.tolist() == [3, 4, 5]
    assert len(detections.rows([])) == 0


def test_parts_are_joined_in_their_order_and_may_be_empty():
    parts = [some_detections(3), Detections.empty(), some_detections(4, 5)]
    assert Detections.joined(parts).class_id.tolist() == [3, 4, 5]
    assert Detections.joined(parts[:2]).class_id.tolist() == [3]
    assert len(Detections.joined([])) == 0
