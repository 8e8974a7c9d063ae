"""The worker: cameras in, events out. It owns every thread in between."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event as Flag
from types import TracebackType
from typing import Self

import structlog

from models.detection.detector import Detector
from pipelines.analysis.loop import AnalysisLoop
from pipelines.analysis.rate_control import AnalysisRates
from pipelines.config.settings import CameraConfig, Config
from pipelines.errors import UserError
from pipelines.events.mapping import CameraEvent
from pipelines.events.schema import Event, Health
from pipelines.evidence.recorder import open_recorder
from pipelines.ingest.decode_pool import DecodePool
from pipelines.learning.from_config import open_picture_keeper
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import CameraParts, make_parts
from pipelines.worker.camera_streams import CameraStreams
from pipelines.worker.health_reporter import HealthReporter
from pipelines.worker.measurement_observer import MeasurementObserver
from pipelines.worker.supervisor import RestartPolicy, Supervisor

log = structlog.get_logger()

LAST_EVENTS_WITHIN_S = 1.0
"""Longest wait (s) for the last events of a stopped camera; a worker must end within 2 s. [assumption]"""

STOPS_AT_ONCE = 16
"""Most cameras that are stopped at the same time; each waits for its threads. [assumption]"""


@dataclass(frozen=True, slots=True)
class _RunningCamera:
    """A camera with the threads of its streams."""

    parts: CameraParts
    threads: Supervisor


class Worker:
    """Streams, analyses and reports cameras while it is entered: first every active camera of a configuration.

    put: receives and stores each event, in several threads. observer: receives single measurements, for benches.
    decoding_threads: by default one for each CPU core.
    Leaving ends all threads within two seconds. The detector is not closed.
    Raises UserError where a camera's geometry file cannot be used.
    """

    def __init__(
        self,
        config: Config,
        detector: Detector,
        put: Callable[[Event], None],
        *,
        restart_policy: RestartPolicy | None = None,
        observer: MeasurementObserver | None = None,
        decoding_threads: int | None = None,
    ) -> None:
        self._put = put
        self._config = config
        self._observer = observer
        self._restart_policy = restart_policy
        self._wake = Flag()
        self._keeper = open_picture_keeper(config)
        self._recorder = open_recorder(config)
        fps = config.analysis.analysis_fps
        self._analysis = AnalysisLoop(detector, (), self._wake, AnalysisRates(fps, config.analysis.max_analysis_fps))
        self._decoding = DecodePool(decoding_threads)
        self._health = HealthReporter(self._send)
        self._supervisor = Supervisor(restart_policy)
        self._first = [self._parts_of(camera) for camera in config.active_cameras]
        self._running: dict[str, _RunningCamera] = {}
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            supervisor = stack.enter_context(self._supervisor)
            stack.callback(lambda: self._stop(tuple(self._running)))
            supervisor.keep_running("analysis", self._analysis.run)
            supervisor.keep_running("health", self._health.run)
            if self._keeper is not None:
                supervisor.keep_running("pictures", self._keeper.run)
            if self._recorder is not None:
                supervisor.keep_running("evidence", self._recorder.run)
            for number in range(self._decoding.threads):
                supervisor.keep_running(f"decoding {number + 1}", self._decoding.run)
            for parts in self._first:
                self._start(parts)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def cameras(self) -> tuple[CameraConfig, ...]:
        """Return the cameras that are analysed."""
        return tuple(camera.parts.config for camera in self._running.values())

    def set_cameras(self, cameras: Sequence[CameraConfig]) -> None:
        """Analyse these cameras and no others from now on; those that are unchanged are not interrupted.

        Returns once the last events of the others were emitted. A camera that cannot be used is logged and left out.
        For one thread, in which the worker is entered.
        """
        wanted = {camera.id: camera for camera in cameras}
        self._stop([camera.id for camera in self.cameras if wanted.get(camera.id) != camera])
        for camera in cameras:
            if camera.id not in self._running:
                try:
                    self._start(self._parts_of(camera))
                except (UserError, OSError) as error:
                    log.error("a camera cannot be analysed", camera=camera.id, reason=str(error))

    def _parts_of(self, camera: CameraConfig) -> CameraParts:
        health = CameraHealth(camera.id, self._config.analysis.analysis_fps, observer=self._observer)
        return make_parts(
            camera,
            self._config,
            health,
            on_put=self._wake.set,
            send=self._send,
            keeper=self._keeper,
            recorder=self._recorder,
        )

    def _start(self, parts: CameraParts) -> None:
        threads = Supervisor(self._restart_policy)
        self._running[parts.config.id] = _RunningCamera(parts, threads)
        self._analysis.add(parts.slot)
        self._health.add(parts)
        CameraStreams(parts, self._config.stream, self._decoding).start(threads)

    def _stop(self, camera_ids: Sequence[str]) -> None:
        """Stop cameras at the same time: their streams, their analysis, and then their live video."""
        stopping = [self._running.pop(camera_id) for camera_id in camera_ids]
        if not stopping:
            return
        for camera in stopping:
            camera.threads.request_stop()
        finished = [self._analysis.remove(camera.parts.config.id) for camera in stopping]
        with ThreadPoolExecutor(min(STOPS_AT_ONCE, len(stopping))) as threads:
            list(threads.map(self._stop_one, stopping, finished))

    def _stop_one(self, camera: _RunningCamera, finished: Flag) -> None:
        """Wait for the threads and the last events of a camera, report it offline, and delete its live video."""
        finished.wait(LAST_EVENTS_WITHIN_S)
        with camera.threads:
            pass
        self._health.remove(camera.parts)
        camera.parts.playlist.clear()

    def _send(self, data: CameraEvent | Health) -> None:
        self._put(Event.wrap(data, datetime.now(UTC)))
