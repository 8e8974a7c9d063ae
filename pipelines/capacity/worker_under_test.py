"""A worker over the planned cameras for a while, in a process of its own; what was seen goes to a file.

python -m pipelines.capacity.worker_under_test ORDER.json OUT.json
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from threading import Lock

import numpy as np
from pydantic import BaseModel, SecretStr

from analytics.detections import Detections
from models.detection.detector import RgbImage
from pipelines.analysis.detector_factory import open_live_detector
from pipelines.analysis.loop import AnalysedFrame
from pipelines.capacity.plan import Plan, PlannedCamera
from pipelines.capacity.process_stats import cpu_s, cpu_s_by_task, resident_mb
from pipelines.capacity.records import CameraRecord, Crossed, Look, Record
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import AnalysisConfig, CameraConfig, Config
from pipelines.events.schema import Counts, Event, Health
from pipelines.logging import configure_logging
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.child_process import end_with_parent
from pipelines.worker.worker import Worker

START_WITHIN_S = 60.0
"""Cameras that have not been looked at by then never will be, as far as the record goes."""
_POLL_S = 0.2
_DRIVES_PX_S = 60.0


class Order(BaseModel):
    """server: the process that serves the cameras, at `port`. geometry: by name of clip.

    settle_s: from the first look at every camera to what is measured. inference: without it, `FreeDetector`.
    looks_per_s: for all whose traffic moves, however fast it is; by default as the worker sees fit.
    """

    plan: Plan
    geometry: dict[str, CameraGeometry]
    port: int
    server: int
    weights: str | None
    settle_s: float
    seconds: float
    inference: bool = True
    looks_per_s: float | None = None


class FreeDetector:
    """`models.detection.detector.Detector` that costs nothing, to measure all the rest.

    In every picture it sees one road user on his way across, so that cameras are looked at as if traffic moved.
    """

    name = "free"
    in_flight = 1

    def submit(self, image: RgbImage) -> Future[Detections]:
        height, width = image.shape[:2]
        left = _DRIVES_PX_S * time.time() % width
        box = np.array([[left, height / 3, left + width / 8, height / 2]], np.float32)
        found: Future[Detections] = Future()
        found.set_result(Detections(box, np.array([0.9], np.float32), np.array([0], np.int64)))
        return found

    def close(self) -> None:
        """Nothing is held."""


class LoggedHealth(CameraHealth):
    """Remembers every single look and picture, of which the reports tell means only."""

    def __init__(self, camera_id: str, looks_per_s: float) -> None:
        super().__init__(camera_id, looks_per_s)
        self.looks: list[Look] = []
        self.pictures: list[tuple[float, int]] = []

    def frame_analysed(self, frame: AnalysedFrame) -> None:
        super().frame_analysed(frame)
        look = Look(taken_at=frame.taken_at, concluded_at=time.time(), waited_s=frame.waited_s, held=not frame.inferred)
        self.looks.append(look)

    def received(self, image_size: tuple[int, int], frames: int = 1) -> None:
        super().received(image_size, frames)
        self.pictures.append((time.time(), frames))


class Ledger:
    """The events of all cameras. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.crossings: dict[str, list[Crossed]] = {}
        self.reconnects: dict[str, int] = {}

    def put(self, event: Event) -> None:
        data = event.data
        with self._lock:
            if isinstance(data, Counts):
                crossed = (Crossed(at=c.at.timestamp(), gate=c.gate) for c in data.crossings)
                self.crossings.setdefault(data.camera_id, []).extend(crossed)
            elif isinstance(data, Health):
                self.reconnects[data.camera_id] = data.reconnects


def watch(order: Order) -> Record:
    healths: dict[str, LoggedHealth] = {}
    ledger = Ledger()

    def make_health(camera_id: str, looks_per_s: float) -> CameraHealth:
        return healths.setdefault(camera_id, LoggedHealth(camera_id, looks_per_s))

    with tempfile.TemporaryDirectory() as folder:
        config = city(order, Path(folder))
        detector = open_live_detector(config) if order.inference else FreeDetector()
        with closing(detector), Worker(config, detector, ledger.put, make_health=make_health):
            wait_for_first_looks(healths.values())
            time.sleep(order.settle_s)
            began, before, servers_before = time.time(), cpu_s_by_task(), cpu_s(order.server)
            time.sleep(order.seconds)
            ended, after, servers_after = time.time(), cpu_s_by_task(), cpu_s(order.server)
            memory, servers_memory = resident_mb(os.getpid()), resident_mb(order.server)
    return Record(
        began=began,
        ended=ended,
        cameras=tuple(
            camera_record(camera, healths[camera.id], ledger, (began, ended)) for camera in order.plan.cameras
        ),
        cpu_s={task: round(spent - before.get(task, 0.0), 3) for task, spent in sorted(after.items())},
        servers_cpu_s=round(servers_after - servers_before, 3),
        resident_mb=round(memory, 1),
        servers_resident_mb=round(servers_memory, 1),
    )


def city(order: Order, folder: Path) -> Config:
    """As an operator would write it, with the default settings unless the order says otherwise."""
    rate = order.looks_per_s
    analysis = AnalysisConfig() if rate is None else AnalysisConfig(analysis_fps=rate, max_analysis_fps=rate)
    for clip, geometry in order.geometry.items():
        (folder / f"{clip}.json").write_text(geometry.model_dump_json(exclude_none=True))
    return Config(
        cameras=tuple(
            CameraConfig(
                id=camera.id,
                name=camera.id,
                url=SecretStr(f"rtsp://127.0.0.1:{order.port}/{camera.id}"),
                geometry=folder / f"{camera.clip}.json",
            )
            for camera in order.plan.cameras
        ),
        weights=order.weights,
        data_dir=folder / "data",
        analysis=analysis,
    )


def wait_for_first_looks(healths: Iterable[LoggedHealth]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not all(health.looks for health in healths) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def camera_record(
    camera: PlannedCamera, health: LoggedHealth, ledger: Ledger, span: tuple[float, float]
) -> CameraRecord:
    began, ended = span
    return CameraRecord(
        plan=camera,
        looks=tuple(look for look in health.looks if began <= look.concluded_at < ended),
        crossings=tuple(c for c in ledger.crossings.get(camera.id, ()) if began <= c.at < ended),
        received=sum(pictures for at, pictures in health.pictures if began <= at < ended),
        reconnects=ledger.reconnects.get(camera.id, 0),
    )


if __name__ == "__main__":
    configure_logging()
    end_with_parent()
    result = watch(Order.model_validate_json(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(result.model_dump_json())
