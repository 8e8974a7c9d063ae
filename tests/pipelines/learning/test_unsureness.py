"""Findings that the network was unsure of, frame by frame."""

import numpy as np

from analytics.detections import Detections, Tracks
from analytics.road_users import ROAD_USERS, RoadUser
from models.gating.block_motion import block_means
from models.gating.roi import roi_at
from models.packing.crop_collage import make_collage
from pipelines.analysis.detection_request import DetectionRequest
from pipelines.learning.unsureness import Unsureness, UnsurenessMeter, count_weak
from tests.support.builders import tracks

ROI = roi_at((640, 352), (0, 0, 640, 352), 1.0)


def boxes(*confidences: float, side: float = 30.0) -> Detections:
    n = len(confidences)
    corner = 40.0 * np.arange(n)[:, None]
    xyxy = (corner + np.array([0, 0, side, side])).astype(np.float32).reshape(n, 4)
    return Detections(xyxy, np.array(confidences, np.float32), np.zeros(n, np.int64))


def measured(*frames: Tracks) -> Unsureness:
    meter = UnsurenessMeter()
    for number, present in enumerate(frames):
        meter.update(number / 5, present, None, None)
    return meter.measure(Detections.empty())


def request(*regions: tuple[int, int, int, int]) -> DetectionRequest:
    image = np.zeros((8, 8, 3), np.uint8)
    return DetectionRequest(None, block_means(image[..., 0]), image, make_collage(regions), ROI, None, 1)


def test_detections_that_start_no_track_are_weak_unless_they_are_tiny():
    assert count_weak(boxes(0.25, 0.39, 0.41, 0.9)) == 2
    assert count_weak(boxes(0.25, 0.39, side=9)) == 0
    assert count_weak(Detections.empty()) == 0


def test_a_track_that_changes_its_class_is_a_finding_once():
    rider, walker = (
        tracks((1, 100, 100), road_user=RoadUser.MOTORCYCLE),
        tracks((1, 102, 100), road_user=RoadUser.PERSON),
    )
    assert measured(rider, walker, rider).class_changes == 1
    assert measured(rider, rider, rider) == Unsureness()


def test_a_track_that_was_missing_and_came_back_is_a_finding():
    one, both = tracks((1, 100, 100)), tracks((1, 100, 100), (2, 300, 100))
    assert measured(both, one, both).tracks_with_gaps == 1
    assert measured(one, both, both).score == 0
    assert measured(both, one, one).score == 0


def test_a_track_that_stays_away_for_long_is_forgotten():
    meter = UnsurenessMeter()
    for t in (0.0, 0.2, 3.5):
        meter.update(t, tracks((1, 100, 100)) if t != 0.2 else Tracks.empty(), None, None)
    assert meter.measure(Detections.empty()).score == 0


def test_regions_that_moved_without_a_detection_are_findings_by_the_worst_frame():
    meter, none = UnsurenessMeter(), Tracks.empty()
    regions = (0, 0, 96, 96), (320, 0, 416, 96)
    meter.update(0.0, none, request(*regions), boxes(0.5))
    meter.update(0.2, none, request(*regions), Detections.empty())
    meter.update(0.4, none, request(*regions), boxes(0.5))
    assert meter.measure(Detections.empty()).unexplained_regions == 2
    assert meter.measure(Detections.empty()).score == 0, "each finding counts once"


def test_the_whole_region_without_a_detection_is_no_motion():
    meter = UnsurenessMeter()
    meter.update(0.0, Tracks.empty(), request((0, 0, *ROI.window[2:])), Detections.empty())
    assert meter.measure(Detections.empty()).score == 0


def test_detections_of_each_region_return_to_the_frame():
    regions = (32, 64, 128, 160), (320, 0, 416, 96)
    asked = request(*regions)
    centres = [(left + 48, top + 48) for left, top in asked.collage.offsets]
    xyxy = np.array([[u - 5, v - 5, u + 5, v + 5] for u, v in centres], np.float32)
    found = Detections(xyxy, np.ones(2, np.float32), np.full(2, ROAD_USERS.index(RoadUser.CAR)))
    (first,), (second,) = (of_region.xyxy.tolist() for of_region in asked.by_region(found))
    assert first == [75, 107, 85, 117]
    assert second == [363, 43, 373, 53]
