"""Frames of one camera to tracks and facts."""

import numpy as np
import pytest
from av.video.frame import VideoFrame
from structlog.testing import capture_logs

from analytics.camera import Camera, Gate, Zone
from analytics.detections import Detections
from analytics.facts import Coverage, Crossing, Fact
from analytics.road_users import ROAD_USERS, RoadUser
from models.gating.roi import choose_roi
from pipelines.analysis.camera_pipeline import CameraPipeline, PipelineResult
from pipelines.analysis.detection_request import RequestOrderError
from pipelines.ingest.frame_buffer import TimedFrame
from tests.support.bright_detector import BrightDetector

SIZE = (640, 360)
START = 1_795_386_000.0
CAR = ROAD_USERS.index(RoadUser.CAR)
GREY = VideoFrame.from_ndarray(np.full((360, 640, 3), 100, np.uint8), format="rgb24").reformat(format="yuv420p")
ROAD = Camera(
    id="road",
    image_size=SIZE,
    gates=(Gate(id="middle", p1=(320, 100), p2=(320, 360)),),
    zones=(Zone(id="east", polygon=((0, 100), (640, 100), (640, 360), (0, 360)), direction=(1, 0)),),
)


def car_at(u: float, v: float) -> Detections:
    """One car with its lower middle at (u, v) in the frame, as the detector reports it in the region of interest."""
    roi = choose_roi(ROAD)
    scale = np.array(roi.scaled_size * 2) / np.array(roi.frame_size * 2)
    xyxy = np.array([[u - 30, v - 40, u + 30, v]]) * scale - np.array(roi.window[:2] * 2)
    return Detections(xyxy.astype(np.float32), np.array([0.9], np.float32), np.array([CAR], np.int64))


def bright_car(left: int) -> VideoFrame:
    """A noisy road with a car of bright panels at `left` pixels."""
    road = np.random.default_rng(left).integers(40, 60, (360, 640, 1)).repeat(3, axis=2).astype(np.uint8)
    panels = np.random.default_rng(1).integers(185, 256, (4, 6, 1)).astype(np.uint8)
    road[160:200, left : left + 60] = panels.repeat(10, axis=0).repeat(10, axis=1)
    return VideoFrame.from_ndarray(road, format="rgb24").reformat(format="yuv420p")


def test_a_crossing_is_reported_with_the_period_in_which_it_was_observed() -> None:
    results: list[PipelineResult] = []
    pipeline = CameraPipeline(ROAD, gating=False, on_result=results.append)
    for number in range(60):
        request = pipeline.plan(TimedFrame(START + number / 5, GREY))
        result = pipeline.complete(request, car_at(60 + number * 9.0, 250.0))
        assert result is results[-1]
        assert result.frame is request.frame
        assert number < 5 or len(result.tracks) == 1
    pipeline.finish(START + 12)
    facts = [fact for result in results for fact in result.facts]
    (crossing,) = [fact for fact in facts if isinstance(fact, Crossing)]
    assert crossing.t == pytest.approx(START + (320 - 60) / 45, abs=0.2)
    assert sum(c.observed_s for c in facts if isinstance(c, Coverage)) == pytest.approx(11.8, abs=0.3)


def test_time_without_frames_is_reported_as_unobserved() -> None:
    pipeline, facts = CameraPipeline(ROAD), list[Fact]()
    for number in range(50):
        request = pipeline.plan(TimedFrame(START + number / 5, GREY))
        pipeline.complete(request, None if request.image is None else Detections.empty())
    result = pipeline.advance(START + 60)
    facts += result.facts
    assert result.frame is None
    assert len([fact for fact in facts if isinstance(fact, Coverage) and fact.observed_s == 0]) >= 4


def test_a_second_result_for_the_same_request_is_refused() -> None:
    pipeline = CameraPipeline(ROAD)
    request = pipeline.plan(TimedFrame(START, GREY))
    pipeline.complete(request, Detections.empty())
    with pytest.raises(RequestOrderError):
        pipeline.complete(request, Detections.empty())


def test_a_network_that_misses_in_crops_is_logged_and_gets_larger_ones() -> None:
    """The car moves all the time, and is detected in whole frames only."""
    pipeline, sizes = CameraPipeline(ROAD), list[int]()
    with capture_logs() as logged:
        for number in range(70):
            request = pipeline.plan(TimedFrame(START + number / 5, bright_car(left=60 + 5 * number)))
            found = None
            if request.image is not None:
                sizes.append(request.image.shape[1])
                is_whole = request.image.shape[1] == request.roi.window[2]
                found = BrightDetector().submit(request.image).result() if is_whole else Detections.empty()
            pipeline.complete(request, found)
    (first, *_) = logged
    assert first["camera"] == "road"
    assert first["log_level"] == "warning"
    assert "misses in crops" in first["event"]
    assert first["least_side_px"] == 160
    assert first["found"] <= 0.5
    assert min(sizes[-10:]) > min(sizes[:10])
