"""One detector, many cameras."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.camera import Camera
from analytics.detections import Detections
from models.detection.detector import RgbImage
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.analysis.fair_scheduler import MOST_LEFT_OWING
from pipelines.analysis.loop import AnalysisLoop, CameraSlot
from pipelines.analysis.rate_control import QUIET_PER_S, AimdHeadroom, RateController
from pipelines.analysis.view_gate import ViewGate
from pipelines.events.schema import CameraStatus
from pipelines.evidence.snapshots import Snapshots
from pipelines.ingest.frame_buffer import DroppedFrames, LatestFrameSlot, TimedFrame
from pipelines.worker.camera_health import CameraHealth
from tests.support.servers import wait_until
from tests.support.street import street_frame

SHADES = {"a": 40, "b": 100, "c": 160}
"""Each camera's picture has its own brightness, by which the detector below tells them apart."""


class SlowDetector:
    """Takes `look_s` for each picture, one at a time; remembers whose it was."""

    name = "slow"
    in_flight = 1

    def __init__(self, look_s: float) -> None:
        self._look_s = look_s
        self._pool = ThreadPoolExecutor(1)
        self._lock = Lock()
        self.waiting = 0
        self.most_waiting = 0
        self.looks: Counter[str] = Counter()

    def submit(self, image: RgbImage) -> Future[Detections]:
        with self._lock:
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
        return self._pool.submit(self._look, float(image.mean()))

    def _look(self, brightness: float) -> Detections:
        time.sleep(self._look_s)
        with self._lock:
            self.waiting -= 1
            self.looks[min(SHADES, key=lambda name: abs(SHADES[name] - brightness))] += 1
        return Detections.empty()

    def close(self) -> None:
        self._pool.shutdown()


def picture(name: str, seed: int) -> VideoFrame:
    noise = np.random.default_rng(seed).integers(-15, 16, (96, 128, 1))
    return VideoFrame.from_ndarray((SHADES[name] + noise).repeat(3, axis=2).astype(np.uint8), format="rgb24").reformat(
        format="yuv420p"
    )


@contextmanager
def looking(detector: SlowDetector, looks_per_s: float, folder: Path) -> Iterator[dict[str, CameraSlot]]:
    """A analysis_loop at three cameras that bring 50 frames a second each."""
    stop, wake, room = Flag(), Flag(), AimdHeadroom(looks_per_s)

    def watched(name: str) -> CameraSlot:
        return CameraSlot(
            camera_id=name,
            frames=LatestFrameSlot(wake.set),
            health=CameraHealth(name, looks_per_s),
            make_analysis=lambda size: CameraPipeline(
                Camera(id=name, image_size=size), Snapshots(folder), lambda event: None
            ),
            rate=RateController(looks_per_s, looks_per_s, room),
            view=ViewGate(30),
        )

    cameras = {name: watched(name) for name in SHADES}
    pictures = {name: [picture(name, seed) for seed in range(150)] for name in SHADES}

    def bring() -> None:
        number = 0
        while not stop.wait(0.02):
            number += 1
            for name, camera in cameras.items():
                camera.health.received((128, 96))
                camera.frames.put(TimedFrame(time.time(), pictures[name][number % 150]))

    analysis_loop = AnalysisLoop(detector, list(cameras.values()), wake, room)
    threads = [Thread(target=analysis_loop.run, args=(stop,)), Thread(target=bring)]
    for thread in threads:
        thread.start()
    try:
        yield cameras
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
        detector.close()


def test_an_overloaded_detector_is_shared_evenly_and_nothing_queues_up(tmp_path: Path) -> None:
    detector = SlowDetector(look_s=0.05)
    with looking(detector, looks_per_s=50, folder=tmp_path) as cameras:
        wait_until(lambda: sum(detector.looks.values()) >= 60, "60 looks")
        dropped = {name: camera.frames.pop_dropped() for name, camera in cameras.items()}
    assert max(detector.looks.values()) - min(detector.looks.values()) <= 3
    assert detector.most_waiting == 1
    assert min(drops.no_capacity for drops in dropped.values()) > 0


def test_no_camera_is_looked_at_more_often_than_asked(tmp_path: Path) -> None:
    detector = SlowDetector(look_s=0.0)
    began = time.monotonic()
    with looking(detector, looks_per_s=10, folder=tmp_path):
        wait_until(lambda: min(detector.looks[name] for name in SHADES) >= 15, "15 looks at each camera")
        elapsed_s = time.monotonic() - began
        most = max(detector.looks.values())
    assert most <= 10 * elapsed_s + 1 + MOST_LEFT_OWING


def test_a_camera_without_frames_leaves_the_others_their_looks(tmp_path: Path) -> None:
    detector = SlowDetector(look_s=0.0)
    with looking(detector, looks_per_s=20, folder=tmp_path) as cameras:
        cameras["b"].frames.put = lambda frame: None  # type: ignore[method-assign]
        before = detector.looks["a"]
        wait_until(lambda: detector.looks["a"] >= before + 20, "further looks at the others")
    assert cameras["a"].health.status() == CameraStatus.ONLINE


@pytest.mark.parametrize("looks_per_s", [20.0])
def test_a_camera_whose_analysis_cannot_be_made_says_so(tmp_path: Path, looks_per_s: float) -> None:
    detector = SlowDetector(look_s=0.0)

    def refuse(size: tuple[int, int]) -> CameraPipeline:
        raise ValueError("gate north is outside the picture")

    with looking(detector, looks_per_s, tmp_path) as cameras:
        cameras["b"].analysis, cameras["b"].make_analysis = None, refuse
        wait_until(lambda: cameras["b"].health.status() == CameraStatus.OFFLINE, "the misdrawn camera to be offline")
        before = detector.looks["a"]
        wait_until(lambda: detector.looks["a"] >= before + 10, "looks at the others")
    assert cameras["b"].health.report(DroppedFrames()).reason == "gate north is outside the picture"
    assert cameras["c"].health.status() == CameraStatus.ONLINE


def test_a_camera_that_shows_nothing_from_the_first_has_minutes_without_data(tmp_path: Path) -> None:
    """Nothing is analysed, but that nothing was observed is told: it is no empty road."""
    stop, wake, room, told = Flag(), Flag(), AimdHeadroom(50), []
    detector = SlowDetector(look_s=0.0)
    covered = CameraSlot(
        camera_id="a",
        frames=LatestFrameSlot(wake.set),
        health=CameraHealth("a", looks_per_s=50),
        make_analysis=lambda size: CameraPipeline(Camera(id="a", image_size=size), Snapshots(tmp_path), told.append),
        rate=RateController(50, 50, room),
        view=ViewGate(30),
    )
    analysis_loop = Thread(target=AnalysisLoop(detector, [covered], wake, room).run, args=(stop,))
    analysis_loop.start()
    try:
        began = time.time() - 100
        for number in range(40):
            covered.health.received((320, 180))
            covered.frames.put(TimedFrame(began + number, street_frame(number, covered=True)))
            wait_until(lambda: not covered.frames, "the frame to be taken")
        wait_until(lambda: told, "what was not observed to be told")
    finally:
        stop.set()
        wake.set()
        analysis_loop.join(10)
        detector.close()
    report = covered.health.report(DroppedFrames())
    assert (report.status, report.analysed_fps) == (CameraStatus.UNUSABLE, 0)
    assert "hidden" in report.reason
    assert {counts.observed_s for counts in told} == {0.0}
    assert not detector.looks


def test_what_is_looked_at_sets_how_often_a_camera_wants_to_be_looked_at(tmp_path: Path) -> None:
    """Nobody is found in its pictures: after a while it wants few looks, and says so."""
    detector = SlowDetector(look_s=0.0)
    with looking(detector, looks_per_s=20, folder=tmp_path) as cameras:
        assert cameras["a"].wanted_rate() == 20
        wait_until(lambda: cameras["a"].wanted_rate() == QUIET_PER_S, "the empty road to want few looks")
        wait_until(lambda: cameras["a"].health.report(DroppedFrames()).wanted_fps == QUIET_PER_S, "that to be told")
