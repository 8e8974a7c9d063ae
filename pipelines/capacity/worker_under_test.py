"""A worker process over its share of the planned cameras; its measurements are written to a file.

python -m pipelines.capacity.worker_under_test RUN.json OUT.json
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from statistics import fmean
from threading import Lock
from typing import Any

import numpy as np
from pydantic import BaseModel, SecretStr

from analytics.detections import Detections
from models.detection.cpu import usable_cores
from models.detection.detector import ImageParts, RgbImage
from pipelines.analysis.detector_factory import open_live_detector
from pipelines.analysis.loop import FrameMeasurement
from pipelines.capacity.plan import PlannedCamera, PlaybackPlan
from pipelines.capacity.process_stats import cpu_s, cpu_s_by_task, device_memory_mb, resident_mb
from pipelines.capacity.records import CameraRecord, CrossingRecord, FrameRecord, RunRecord
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import AnalysisConfig, CameraConfig, Config, HardwareDecoder, StreamConfig
from pipelines.events.schema import CountsReport, Event, Health
from pipelines.logging import configure_logging
from pipelines.worker.child_process import end_with_parent
from pipelines.worker.worker import Worker

START_WITHIN_S = 60.0
"""Longest wait (s) for the first analysed frame of every camera; the record then lacks the others [assumption]."""

POLL_S = 0.2
"""Interval (s) at which the start of the cameras is checked [assumption]."""

VEHICLE_PX_S = 60.0
"""Speed of the vehicle that `NullDetector` reports, in pixels a second [assumption: moves clearly between frames]."""


class RunSpec(BaseModel):
    """What to run and to measure.

    plan: the cameras of this process. threads: as in `pipelines.worker.process_plan.threads_each`.
    geometry: by name of clip. port: of the RTSP server; server: its process id. settle_s: seconds from the first
    analysed frame of every camera to the start of the measurement. seconds: its length. inference: False replaces the
    model by `NullDetector`. analysis_fps: analysed frames a second for every camera with moving traffic; None leaves
    the rate to the worker. device: of the detector. hardware_decoder: device that decodes; None for the CPU.
    """

    plan: PlaybackPlan
    threads: int
    geometry: dict[str, CameraGeometry]
    port: int
    server: int
    weights: str | None
    settle_s: float
    seconds: float
    inference: bool = True
    analysis_fps: float | None = None
    device: str = "auto"
    hardware_decoder: HardwareDecoder | None = None


class NullDetector:
    """`models.detection.detector.Detector` without cost, to measure everything else.

    It reports one vehicle that crosses the image, so that cameras are analysed at the rate of moving traffic.
    """

    name = "null"
    in_flight = 1

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        """Return the vehicle at its position of this moment."""
        height, width = image.shape[:2]
        left = VEHICLE_PX_S * time.time() % width
        box = np.array([[left, height / 3, left + width / 8, height / 2]], np.float32)
        result: Future[Detections] = Future()
        result.set_result(Detections(box, np.array([0.9], np.float32), np.array([0], np.int64)))
        return result

    def close(self) -> None:
        """Do nothing: there is no model."""


class MeasurementRecorder:
    """Every analysed and every received frame of all cameras. Thread-safe. camera_ids: all cameras."""

    def __init__(self, camera_ids: Iterable[str]) -> None:
        self.frames: dict[str, list[FrameRecord]] = {camera_id: [] for camera_id in camera_ids}
        self.arrivals: dict[str, list[tuple[float, int]]] = {camera_id: [] for camera_id in self.frames}
        """Camera -> (Unix seconds, number of frames). Appending to a list is atomic."""

    def frame_analysed(self, camera_id: str, frame: FrameMeasurement) -> None:
        """Record an analysed frame."""
        record = FrameRecord(
            taken_at=frame.taken_at,
            finished_at=time.time(),
            waited_s=frame.waited_s,
            inferred=frame.inferred,
            max_scale=frame.max_scale,
        )
        self.frames[camera_id].append(record)

    def frames_received(self, camera_id: str, frames: int) -> None:
        """Record received frames."""
        self.arrivals[camera_id].append((time.time(), frames))


class EventRecorder:
    """Crossings and reconnects from the events of all cameras. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.crossings: dict[str, list[CrossingRecord]] = {}
        self.reconnects: dict[str, int] = {}

    def put(self, event: Event) -> None:
        """Record what the event contains of them."""
        data = event.data
        with self._lock:
            if isinstance(data, CountsReport):
                crossed = (CrossingRecord(at=c.at.timestamp(), gate=c.gate) for c in data.crossings)
                self.crossings.setdefault(data.camera_id, []).extend(crossed)
            elif isinstance(data, Health):
                self.reconnects[data.camera_id] = data.reconnects


def run(spec: RunSpec) -> RunRecord:
    """Run the worker, and measure it once the cameras have settled."""
    events = EventRecorder()
    measurements = MeasurementRecorder(camera.id for camera in spec.plan.cameras)
    with tempfile.TemporaryDirectory() as folder:
        config = worker_config(spec, Path(folder))
        detector = open_live_detector(config, threads=spec.threads) if spec.inference else NullDetector()
        with (
            closing(detector),
            Worker(config, detector, events.put, observer=measurements, decoding_threads=spec.threads),
        ):
            wait_for_first_frames(measurements)
            time.sleep(spec.settle_s)
            began, before, servers_before = time.time(), cpu_s_by_task(), cpu_s(spec.server)
            time.sleep(spec.seconds)
            ended, after, servers_after = time.time(), cpu_s_by_task(), cpu_s(spec.server)
            memory, servers_memory = resident_mb(os.getpid()), resident_mb(spec.server)
            device_memory = device_memory_mb()
    return RunRecord(
        began=began,
        ended=ended,
        cameras=tuple(camera_record(camera, measurements, events, (began, ended)) for camera in spec.plan.cameras),
        cpu_s={task: round(spent - before.get(task, 0.0), 3) for task, spent in sorted(after.items())},
        servers_cpu_s=round(servers_after - servers_before, 3),
        resident_mb=round(memory, 1),
        servers_resident_mb=round(servers_memory, 1),
        device_mb=None if device_memory is None else round(device_memory, 1),
        cores=usable_cores(),
        stream_kbits=round(fmean(kbits(camera) for camera in spec.plan.cameras), 1),
    )


def kbits(camera: PlannedCamera) -> float:
    """Return the bit rate of a planned camera, kbit/s."""
    return 8 * Path(camera.path).stat().st_size / camera.loop_s / 1000


def worker_config(spec: RunSpec, folder: Path) -> Config:
    """Return the configuration of an operator, with default settings except those of the spec."""
    rate: dict[str, Any] = (
        {} if spec.analysis_fps is None else dict.fromkeys(("analysis_fps", "max_analysis_fps"), spec.analysis_fps)
    )
    for clip, geometry in spec.geometry.items():
        (folder / f"{clip}.json").write_text(geometry.model_dump_json(exclude_none=True))
    return Config(
        cameras=tuple(
            CameraConfig(
                id=camera.id,
                name=camera.id,
                url=SecretStr(f"rtsp://127.0.0.1:{spec.port}/{camera.id}"),
                geometry=folder / f"{camera.clip}.json",
            )
            for camera in spec.plan.cameras
        ),
        weights=spec.weights,
        data_dir=folder / "data",
        analysis=AnalysisConfig(device=spec.device, **rate),
        stream=StreamConfig(hardware_decoder=spec.hardware_decoder),
    )


def wait_for_first_frames(measurements: MeasurementRecorder) -> None:
    """Wait until a frame of every camera was analysed, or `START_WITHIN_S` have passed."""
    deadline = time.monotonic() + START_WITHIN_S
    while not all(measurements.frames.values()) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def camera_record(
    camera: PlannedCamera, measurements: MeasurementRecorder, events: EventRecorder, span: tuple[float, float]
) -> CameraRecord:
    """Collect what happened at one camera within the span (Unix seconds)."""
    began, ended = span
    return CameraRecord(
        plan=camera,
        frames=tuple(frame for frame in measurements.frames[camera.id] if began <= frame.finished_at < ended),
        crossings=tuple(c for c in events.crossings.get(camera.id, ()) if began <= c.at < ended),
        received=sum(frames for at, frames in measurements.arrivals[camera.id] if began <= at < ended),
        reconnects=events.reconnects.get(camera.id, 0),
    )


if __name__ == "__main__":
    configure_logging()
    end_with_parent()
    result = run(RunSpec.model_validate_json(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(result.model_dump_json())
