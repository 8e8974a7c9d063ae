import numpy as np

from analytics.detections import Detections


def test_boxes_without_finite_numbers_or_area_are_not_measured():
    nan, inf = np.nan, np.inf
    boxes = [[0, 0, 9, 9], [nan, 0, 9, 9], [0, 0, inf, 9], [5, 0, 5, 9], [0, 9, 9, 0], [1, 1, 2, 2]]
    confidence = np.array([0.5, 0.5, 0.5, 0.5, 0.5, nan], np.float32)
    detections = Detections(np.array(boxes, np.float32), confidence, np.arange(6))
    assert detections.measured().class_id.tolist() == [0]
