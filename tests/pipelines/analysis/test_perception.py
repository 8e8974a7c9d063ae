"""Frames to tracks, with detection of the whole region of interest or only of what moved."""

import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.camera import Camera
from analytics.detections import Detections
from models.gating.roi import roi_at
from pipelines.analysis.detection_request import RequestOrderError
from pipelines.analysis.perception import CameraPerception
from pipelines.ingest.frame_buffer import TimedFrame
from tests.support.bright_detector import BrightDetector

SIZE = (640, 352)
CAMERA = Camera(id="road", image_size=SIZE)
ROI = roi_at(SIZE, (0, 0, *SIZE), 1.0)


def frame(number: int, left: int) -> TimedFrame:
    """Frame `number` at 5 a second, with a bright vehicle at `left` pixels."""
    road = np.random.default_rng(number).integers(40, 60, (352, 640, 1)).repeat(3, axis=2).astype(np.uint8)
    panels = np.random.default_rng(1).integers(185, 256, (4, 6, 1)).astype(np.uint8)
    road[160:200, left : left + 60] = panels.repeat(10, axis=0).repeat(10, axis=1)
    return TimedFrame(number / 5, VideoFrame.from_ndarray(road, format="rgb24").reformat(format="yuv420p"))


@pytest.mark.parametrize("gating", [False, True])
def test_a_vehicle_keeps_one_track_while_it_drives_stops_and_drives_on(gating: bool) -> None:
    perception, detector = CameraPerception(CAMERA, ROI, gating=gating), BrightDetector()
    tracks, pixels = set(), []
    for number in range(40):
        left = 30 + 12 * min(number, 15) + 12 * max(0, number - 25)
        request = perception.plan(frame(number, left))
        found = None if request.image is None else detector.submit(request.image).result()
        pixels.append(0 if request.image is None else request.image.shape[0] * request.image.shape[1])
        present = perception.complete(request, found).tracks
        if number >= 3:
            assert len(present) == 1
            tracks.add(int(present.track_id[0]))
            assert present.xyxy[0] == pytest.approx([left, 160, left + 60, 200], abs=6)
    assert len(tracks) == 1
    assert np.mean(pixels) / (SIZE[0] * SIZE[1]) == pytest.approx(1.0) if not gating else np.mean(pixels) < 80_000
    assert not gating or 0 in pixels[18:25], "while it stands"


def test_a_limit_makes_the_picture_smaller_and_the_vehicle_keeps_its_track() -> None:
    perception, detector = CameraPerception(CAMERA, ROI, gating=True), BrightDetector()
    tracks, sizes = set(), []
    for number in range(24):
        request = perception.plan(frame(number, 30 + 12 * number), 0.5 if 8 <= number < 16 else 1.0)
        found = None if request.image is None else detector.submit(request.image).result()
        sizes.append(request.roi.scaled_size[0])
        present = perception.complete(request, found).tracks
        if number >= 3:
            tracks |= set(present.track_id.tolist())
    assert sizes == [640] * 8 + [320] * 8 + [640] * 8
    assert len(tracks) == 1


def test_without_gating_several_requests_may_be_in_flight_and_some_dropped() -> None:
    perception, detector = CameraPerception(CAMERA, ROI, gating=False), BrightDetector()
    requests = [perception.plan(frame(number, 30 + 12 * number)) for number in range(6)]
    for request in (*requests[:3], *requests[4:]):
        assert request.image is not None
        present = perception.complete(request, detector.submit(request.image).result()).tracks
    assert present.xyxy[0] == pytest.approx([90, 160, 150, 200], abs=3)


def test_without_gating_an_older_or_repeated_result_is_refused() -> None:
    perception, detector = CameraPerception(CAMERA, ROI, gating=False), BrightDetector()
    first, second = (perception.plan(frame(number, 30)) for number in range(2))
    assert second.image is not None
    found = detector.submit(second.image).result()
    perception.complete(second, found)
    for late in (first, second):
        with pytest.raises(RequestOrderError, match="after request 2"):
            perception.complete(late, found)


def test_with_gating_the_next_request_needs_the_result_of_the_previous() -> None:
    perception, detector = CameraPerception(CAMERA, ROI, gating=True), BrightDetector()
    request = perception.plan(frame(0, 30))
    with pytest.raises(RequestOrderError, match="needs the result"):
        perception.plan(frame(1, 42))
    assert request.image is not None
    perception.complete(request, detector.submit(request.image).result())
    assert perception.plan(frame(1, 42)).number == 2


def test_a_request_of_another_camera_is_refused() -> None:
    this, other = (CameraPerception(CAMERA, ROI, gating=False) for _ in range(2))
    request = this.plan(frame(0, 30))
    other.plan(frame(0, 30))
    assert request.image is not None
    with pytest.raises(RequestOrderError, match="another camera"):
        other.complete(request, BrightDetector().submit(request.image).result())


def test_detections_are_required_exactly_where_the_request_has_an_image() -> None:
    perception, detector = CameraPerception(CAMERA, ROI, gating=True), BrightDetector()
    still, seen_without_image = frame(0, 30).video_frame, False
    for number in range(12):
        request = perception.plan(TimedFrame(number / 5, still))
        fitting = None if request.image is None else detector.submit(request.image).result()
        seen_without_image |= fitting is None
        with pytest.raises(ValueError, match="exactly"):
            perception.complete(request, Detections.empty() if fitting is None else None)
        perception.complete(request, fitting)
    assert seen_without_image


def test_a_vehicle_that_the_detector_misses_is_evidence_against_its_sight() -> None:
    evidence = {}
    for is_found in (True, False):
        perception, detector = CameraPerception(CAMERA, ROI, gating=False), BrightDetector()
        seen = []
        for number in range(12):
            request = perception.plan(frame(number, 30 + 20 * number))
            assert request.image is not None
            found = detector.submit(request.image).result() if is_found else Detections.empty()
            seen.append(perception.complete(request, found).sight)
        evidence[is_found] = [(each.tracked, each.untracked) for each in seen if each is not None]
    assert set(evidence[True][4:]) == {(1, 0)}
    assert {tracked for tracked, _ in evidence[False]} == {0}
    assert evidence[False][-1][1] >= 1
