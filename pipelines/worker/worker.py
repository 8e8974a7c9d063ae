"""The worker: cameras in, events out. It owns every thread in between."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event as Flag
from types import TracebackType
from typing import Self

from models.detection.detector import Detector
from pipelines.analysis.loop import AnalysisLoop
from pipelines.analysis.rate_control import AnalysisRates
from pipelines.config.settings import Config
from pipelines.events.mapping import CameraEvent
from pipelines.events.schema import Event, Health
from pipelines.ingest.decode_pool import DecodePool
from pipelines.learning.from_config import open_picture_keeper
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import make_parts
from pipelines.worker.camera_streams import CameraStreams
from pipelines.worker.health_reporter import HealthReporter
from pipelines.worker.measurement_observer import MeasurementObserver
from pipelines.worker.supervisor import RestartPolicy, Supervisor


class Worker:
    """Streams, analyses and reports every active camera of a configuration, while it is entered.

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
        wake = Flag()
        fps = config.analysis.analysis_fps
        self._keeper = open_picture_keeper(config)
        self._cameras = [
            make_parts(
                camera,
                config,
                CameraHealth(camera.id, fps, observer=observer),
                on_put=wake.set,
                send=self._send,
                keeper=self._keeper,
            )
            for camera in config.active_cameras
        ]
        rates = AnalysisRates(fps, config.analysis.max_analysis_fps)
        self._analysis = AnalysisLoop(detector, [camera.slot for camera in self._cameras], wake, rates)
        self._decoding = DecodePool(decoding_threads)
        self._streams = [CameraStreams(camera, config.stream, self._decoding) for camera in self._cameras]
        self._health = HealthReporter(self._cameras, self._send)
        self._supervisor = Supervisor(restart_policy)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._publish_offline)
            supervisor = stack.enter_context(self._supervisor)
            supervisor.keep_running("analysis", self._analysis.run)
            supervisor.keep_running("health", self._health.run)
            if self._keeper is not None:
                supervisor.keep_running("pictures", self._keeper.run)
            for number in range(self._decoding.threads):
                supervisor.keep_running(f"decoding {number + 1}", self._decoding.run)
            for streams in self._streams:
                streams.start(supervisor)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    def _send(self, data: CameraEvent | Health) -> None:
        self._put(Event.wrap(data, datetime.now(UTC)))

    def _publish_offline(self) -> None:
        """Report every camera offline, and delete its live video."""
        self._health.report_stopped()
        for camera in self._cameras:
            camera.playlist.clear()
