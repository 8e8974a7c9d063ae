"""Child process of a worker: some cameras with their own detector and interpreter, and a connection to the parent."""

import signal
import time
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Event as Flag
from threading import Lock
from typing import Protocol

from models.detection.detector import Detector
from pipelines.analysis.detector_factory import open_live_detector
from pipelines.config.settings import CameraConfig, Config
from pipelines.errors import UserError
from pipelines.events.schema import Event
from pipelines.logging import configure_logging
from pipelines.worker.camera_cost import CostMeter
from pipelines.worker.worker import Worker

POLL_S = 0.2
"""Interval (s) at which the child checks for a stop, from the parent or by a signal. [assumption]"""


MEASURE_EVERY_S = 5.0
"""Interval (s) at which the child reports the costs of its cameras. [assumption]"""


@dataclass(frozen=True, slots=True)
class Ready:
    """The detector runs, and the cameras are being connected."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The process cannot start. reason: one line with the remedy."""

    reason: str


@dataclass(frozen=True, slots=True)
class Running:
    """The process analyses these cameras, by id, and has stopped all others."""

    cameras: frozenset[str]


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured cost of each camera, in CPU cores, by id."""

    cores: dict[str, float]


@dataclass(frozen=True, slots=True)
class SetCameras:
    """The parent asks the process to analyse these cameras and no others."""

    cameras: tuple[CameraConfig, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """The parent asks the process to end."""


FromChild = Ready | Refused | Running | Costs | bytes
"""Message of the child: its state, the costs, or an event in JSON."""


class OpenDetector(Protocol):
    """Opens the detector of a process; a function of a module, so that the process can import it."""

    def __call__(self, config: Config, *, threads: int) -> Detector:
        """Return a running detector. threads: for inference on the CPU. Raises UserError."""
        ...


def run_cameras(
    config: Config, threads: int, parent: Connection, *, open_detector: OpenDetector = open_live_detector
) -> None:
    """Analyse the cameras of `config` until the parent sends `Stop` or ends, or until SIGTERM.

    threads: for inference, and as many for decoding. SIGINT of a terminal reaches the parent, which then sends `Stop`.
    """
    configure_logging()
    stop = Flag()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    link = _ParentLink(parent, stop)
    try:
        detector, meter = open_detector(config, threads=threads), CostMeter()
        with closing(detector), Worker(config, detector, link.put, observer=meter, decoding_threads=threads) as worker:
            link.send(Ready())
            link.send(Running(frozenset(camera.id for camera in worker.cameras)))
            link.obey(worker, meter)
    except UserError as error:
        link.send(Refused(str(error)))


class _ParentLink:
    """Connection to the parent. `send` and `put` are thread-safe; they drop messages once the parent has ended."""

    def __init__(self, parent: Connection, stop: Flag) -> None:
        self._parent, self._stop = parent, stop
        self._sending = Lock()

    def put(self, event: Event) -> None:
        """Send an event. Blocks while the parent has no time to receive it."""
        self.send(event.to_json())

    def send(self, message: FromChild) -> None:
        try:
            with self._sending:
                self._parent.send(message)
        except OSError:
            self._stop.set()

    def obey(self, worker: Worker, meter: CostMeter) -> None:
        """Change the cameras as the parent asks, until `Stop`, the end of the parent, or a signal."""
        measured_at = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() - measured_at >= MEASURE_EVERY_S:
                measured_at = time.monotonic()
                self.send(Costs(meter.costs()))
            match self._receive():
                case SetCameras(cameras=cameras):
                    worker.set_cameras(cameras)
                    self.send(Running(frozenset(camera.id for camera in worker.cameras)))
                case Stop():
                    return

    def _receive(self) -> SetCameras | Stop | None:
        """Return a message of the parent, None where there is none; `Stop` once the parent has ended."""
        try:
            return self._parent.recv() if self._parent.poll(POLL_S) else None
        except (OSError, EOFError):
            return Stop()
