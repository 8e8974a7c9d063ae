"""Analysis loop with one detector and several cameras, in real time."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from threading import Event as Flag
from threading import Lock, Thread

import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.camera import Camera
from analytics.detections import Detections
from analytics.facts import Coverage
from models.detection.detector import ImageParts, RgbImage
from pipelines.analysis.camera_pipeline import CameraPipeline, PipelineResult
from pipelines.analysis.loop import AnalysisLoop, CameraSlot, FrameMeasurement
from pipelines.analysis.rate_control import IDLE_FPS, AnalysisRates
from pipelines.analysis.view_gate import ViewGate
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus
from pipelines.ingest.frame_buffer import DroppedFrames, LatestFrameSlot, TimedFrame
from pipelines.ingest.rate_limiter import MAX_CREDIT_LEFT
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.measurement_observer import MeasurementObserver
from tests.support.servers import wait_until
from tests.support.street import street, street_frame

pytestmark = pytest.mark.slow  # seconds of real time

SHADES = {"a": 40, "b": 100, "c": 160}
"""Brightness of each camera's frames, by which the detector below identifies the camera."""


class SlowDetector:
    """Needs `inference_s` for each image, one at a time; counts the images of each camera."""

    name = "slow"
    in_flight = 1

    def __init__(self, inference_s: float) -> None:
        self._inference_s = inference_s
        self._pool = ThreadPoolExecutor(1)
        self._lock = Lock()
        self.waiting = 0
        self.max_waiting = 0
        self.images: Counter[str] = Counter()

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        with self._lock:
            self.waiting += 1
            self.max_waiting = max(self.max_waiting, self.waiting)
        return self._pool.submit(self._infer, float(image.mean()))

    def _infer(self, brightness: float) -> Detections:
        time.sleep(self._inference_s)
        with self._lock:
            self.waiting -= 1
            self.images[min(SHADES, key=lambda name: abs(SHADES[name] - brightness))] += 1
        return Detections.empty()

    def close(self) -> None:
        self._pool.shutdown()


def noisy_frame(name: str, seed: int) -> VideoFrame:
    noise = np.random.default_rng(seed).integers(-15, 16, (96, 128, 1))
    return VideoFrame.from_ndarray((SHADES[name] + noise).repeat(3, axis=2).astype(np.uint8), format="rgb24").reformat(
        format="yuv420p"
    )


@dataclass
class RunningCamera:
    """A camera of a running loop."""

    slot: CameraSlot
    health: CameraHealth
    results: list[PipelineResult] = field(default_factory=list)
    geometry_fits: bool = True
    connected: bool = True


def running_camera(name: str, wake: Flag, fps: float, observer: MeasurementObserver | None = None) -> RunningCamera:
    health = CameraHealth(name, fps, observer=observer)

    def make_pipeline(size: tuple[int, int]) -> CameraPipeline:
        if not camera.geometry_fits:
            raise ValueError("gate north is outside the frame")
        return CameraPipeline(Camera(id=name, image_size=size), on_result=camera.results.append)

    slot = CameraSlot(
        camera_id=name,
        frames=LatestFrameSlot(wake.set),
        observer=health,
        make_pipeline=make_pipeline,
        make_view_gate=lambda: ViewGate(30),
    )
    camera = RunningCamera(slot, health)
    return camera


@contextmanager
def running_loop(
    detector: SlowDetector, fps: float, *, misdrawn: str = "", observer: MeasurementObserver | None = None
) -> Iterator[dict[str, RunningCamera]]:
    """Analyse three cameras that deliver 50 frames a second each. misdrawn: a camera whose geometry does not fit."""
    stop, wake = Flag(), Flag()
    cameras = {name: running_camera(name, wake, fps, observer) for name in SHADES}
    if misdrawn:
        cameras[misdrawn].geometry_fits = False
    frames = {name: [noisy_frame(name, seed) for seed in range(150)] for name in SHADES}

    def deliver() -> None:
        number = 0
        while not stop.wait(0.02):
            number += 1
            for name, camera in cameras.items():
                if camera.connected:
                    camera.health.received((128, 96))
                    camera.slot.frames.put(TimedFrame(time.time(), frames[name][number % 150]))

    loop = AnalysisLoop(detector, [camera.slot for camera in cameras.values()], wake, AnalysisRates(fps, fps))
    threads = [Thread(target=loop.run, args=(stop,)), Thread(target=deliver)]
    for thread in threads:
        thread.start()
    try:
        yield cameras
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
        detector.close()


def test_an_overloaded_detector_is_shared_evenly_and_nothing_queues() -> None:
    detector = SlowDetector(inference_s=0.05)
    with running_loop(detector, fps=50) as cameras:
        wait_until(lambda: sum(detector.images.values()) >= 60, "60 images")
        dropped = {name: camera.slot.frames.pop_dropped() for name, camera in cameras.items()}
    # At most one image a camera in each of the first and last rounds, and one for a delayed delivery thread.
    assert max(detector.images.values()) - min(detector.images.values()) <= 3
    assert detector.max_waiting == 1
    assert min(drops.no_capacity for drops in dropped.values()) > 0


def test_an_overloaded_machine_analyses_smaller_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CameraPipeline, "small_side_px", property(lambda self: 60.0))
    measured: dict[str, list[float]] = {name: [] for name in SHADES}

    class Observer:
        def frames_received(self, camera_id: str, frames: int) -> None:
            pass

        def frame_analysed(self, camera_id: str, frame: FrameMeasurement) -> None:
            measured[camera_id].append(frame.max_scale)

    detector = SlowDetector(inference_s=0.05)
    with running_loop(detector, fps=50, observer=Observer()):
        wait_until(lambda: all(min(scales, default=1.0) < 1 for scales in measured.values()), "smaller pictures of all")


def test_no_camera_is_analysed_more_often_than_requested() -> None:
    detector = SlowDetector(inference_s=0.0)
    began = time.monotonic()
    with running_loop(detector, fps=10):
        wait_until(lambda: min(detector.images[name] for name in SHADES) >= 15, "15 images of each camera")
        elapsed_s = time.monotonic() - began
        most = max(detector.images.values())
    assert most <= 10 * elapsed_s + 1 + MAX_CREDIT_LEFT


def test_a_camera_without_frames_does_not_delay_the_others() -> None:
    detector = SlowDetector(inference_s=0.0)
    with running_loop(detector, fps=20) as cameras:
        cameras["b"].connected = False
        before = detector.images["a"]
        wait_until(lambda: detector.images["a"] >= before + 20, "further images of the others")
    assert cameras["a"].health.status() == CameraStatus.ONLINE


def test_a_camera_whose_geometry_does_not_fit_is_offline_with_the_reason() -> None:
    detector = SlowDetector(inference_s=0.0)
    with running_loop(detector, fps=20, misdrawn="b") as cameras:
        wait_until(lambda: cameras["b"].health.status() == CameraStatus.OFFLINE, "the misdrawn camera to be offline")
        before = detector.images["a"]
        wait_until(lambda: detector.images["a"] >= before + 10, "images of the others")
    assert cameras["b"].health.report(DroppedFrames()).details == ConditionDetails(
        error="gate north is outside the frame"
    )
    assert cameras["c"].health.status() == CameraStatus.ONLINE


def test_the_time_of_a_covered_camera_is_reported_as_unobserved() -> None:
    stop, wake = Flag(), Flag()
    detector = SlowDetector(inference_s=0.0)
    covered = running_camera("a", wake, fps=50)
    loop = Thread(target=AnalysisLoop(detector, [covered.slot], wake, AnalysisRates(50, 50)).run, args=(stop,))
    loop.start()
    try:
        began = time.time() - 100
        for number in range(40):
            covered.health.received((320, 180))
            covered.slot.frames.put(TimedFrame(began + number, street_frame(number, covered=True)))
            wait_until(lambda: not covered.slot.frames, "the frame to be popped")
        wait_until(lambda: any(result.facts for result in covered.results), "the unobserved time to be reported")
    finally:
        stop.set()
        wake.set()
        loop.join(10)
        detector.close()
    report = covered.health.report(DroppedFrames())
    assert (report.status, report.analysed_fps) == (CameraStatus.UNUSABLE, 0)
    assert report.condition is Condition.COVERED
    coverage = [fact for result in covered.results for fact in result.facts if isinstance(fact, Coverage)]
    assert {fact.observed_s for fact in coverage} == {0.0}
    assert not detector.images


def test_the_second_after_a_change_of_the_frame_size_is_not_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vehicle at a gate has a new track then, which may be too short to count."""
    monkeypatch.setattr("pipelines.analysis.loop.ADVANCE_EVERY_S", inf)  # time is that of the frames alone
    stop, wake = Flag(), Flag()
    detector = SlowDetector(inference_s=0.0)
    camera = running_camera("a", wake, fps=50)
    loop = Thread(target=AnalysisLoop(detector, [camera.slot], wake, AnalysisRates(50, 50)).run, args=(stop,))
    loop.start()
    try:
        began = time.time() - 20
        for number in range(40):  # ends before the empty road is analysed less often
            image = street(number)
            image[90:120, 4 * number : 4 * number + 40] = 255  # moves, so that no picture repeats an earlier one
            frame = VideoFrame.from_ndarray(image, format="gray")
            if number >= 20:
                frame = frame.reformat(width=frame.width // 2, height=frame.height // 2)
            camera.slot.frames.put(TimedFrame(began + number / 10, frame))
            wait_until(lambda: not camera.slot.frames, "the frame to be popped")
    finally:
        stop.set()
        wake.set()
        loop.join(10)
        detector.close()
    coverage = [fact for result in camera.results for fact in result.facts if isinstance(fact, Coverage)]
    assert sum(fact.observed_s for fact in coverage) == pytest.approx(3.9 - 1.0, abs=0.15)


def test_an_empty_road_lowers_the_requested_rate() -> None:
    detector = SlowDetector(inference_s=0.0)
    with running_loop(detector, fps=20) as cameras:
        camera = cameras["a"]
        assert camera.slot.frames.requested_fps() == 20
        wait_until(lambda: camera.slot.frames.requested_fps() == IDLE_FPS, "a low rate for the empty road")
        wait_until(lambda: camera.health.report(DroppedFrames()).wanted_fps == IDLE_FPS, "the rate in the report")
