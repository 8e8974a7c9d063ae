"""Examination of pictures of several sizes through a detector."""

from concurrent.futures import Future

import numpy as np

from analytics.detections import Detections
from models.examination.examine_pictures import CURVE_CONFIDENCE, examine_pictures, examined_size, extended_below
from models.pictures.picture_set import read_picture_set
from tests.support.boxes import found
from tests.support.picture_sets import add_picture


class BrightSpotDetector:
    """Detector of one car around the bright pixels, with confidence 0.2."""

    name, in_flight = "bright", 2

    def __init__(self, confidence):
        self.confidence, self.closed = confidence, False

    def submit(self, image):
        v, u = np.nonzero(image[..., 0] > 200)
        future = Future()
        if len(u) and self.confidence <= 0.2:
            box = np.array([[u.min(), v.min(), u.max() + 1, v.max() + 1]], np.float32)
            future.set_result(Detections(box, np.array([0.2], np.float32), np.array([0])))
        else:
            future.set_result(Detections.empty())
        return future

    def close(self):
        self.closed = True


def examine(folder, **options):
    opened = []

    def open_detector(confidence, size):
        opened.append((confidence, size, BrightSpotDetector(confidence)))
        return opened[-1][2]

    examined = list(examine_pictures(read_picture_set(folder), open_detector, **{"confidence": 0.15, **options}))
    assert all(detector.closed for _, _, detector in opened)
    return examined, {(confidence, size) for confidence, size, _ in opened}


def test_pictures_of_any_size_are_examined_at_their_own_size_in_whole_strides(tmp_path):
    box = (20, 40, 80, 90)
    add_picture(tmp_path, "upright", size=(180, 320), bright=[box], labels=[(0, box)])
    add_picture(tmp_path, "odd", size=(333, 201), bright=[box], labels=[(0, box)])
    add_picture(tmp_path, "unlabelled", size=(321, 193), labels=None)
    examined, opened = examine(tmp_path)
    assert {size for _, size in opened} == {(192, 320), (352, 224)}
    assert [picture.match.is_right.tolist() for picture in examined] == [[True], [True], []]
    assert [picture.size for picture in examined] == [(180, 320), (333, 201), (321, 193)]


def test_a_width_scales_pictures_and_labels_alike(tmp_path):
    box = (20, 40, 80, 90)
    add_picture(tmp_path, "a", size=(320, 192), bright=[box], labels=[(0, box)])
    ((picture,), opened) = examine(tmp_path, width=640)
    assert (picture.size, opened) == ((640, 384), {(0.15, (640, 384)), (CURVE_CONFIDENCE, (640, 384))})
    assert picture.labels.xyxy.tolist() == [[40, 80, 160, 180]]
    assert picture.match.is_right.tolist() == [True]


def test_each_side_is_scaled_to_whole_pixels_so_that_labels_at_the_far_edge_fit(tmp_path):
    box = (980, 2, 1000, 28)
    add_picture(tmp_path, "strip", size=(1000, 30), bright=[box], labels=[(0, box)])
    ((picture,), _) = examine(tmp_path, width=640)
    assert picture.found.xyxy[0, 2] == 640
    assert picture.match.is_right.tolist() == [True]


def test_the_precision_uses_detections_below_the_working_confidence(tmp_path):
    box = (20, 40, 80, 90)
    add_picture(tmp_path, "a", bright=[box], labels=[(0, box)])
    ((picture,), _) = examine(tmp_path, confidence=0.25)
    assert (picture.match.is_found.tolist(), picture.judged.is_true.tolist()) == ([False], [True])


def test_large_pictures_are_reduced_by_their_longer_side():
    assert examined_size((1920, 1080), None) == (1280, 720)
    assert examined_size((1080, 1920), None) == (720, 1280)
    assert examined_size((640, 360), None) == (640, 360)
    assert examined_size((640, 360), 960) == (960, 540)
    assert examined_size((4000, 3), 640) == (640, 1)


def test_the_curve_keeps_the_boxes_of_production_and_adds_those_below_its_confidence():
    working = found(("motorcycle", 0, 0, 20, 40, 0.8))
    curve = found(("motorcycle", 0, 0, 60, 80, 0.8), ("car", 100, 0, 140, 40, 0.1))
    extended = extended_below(working, curve, 0.25)
    assert extended.xyxy.tolist() == [[0, 0, 20, 40], [100, 0, 140, 40]]
    assert extended.class_id.tolist() == [1, 0]
