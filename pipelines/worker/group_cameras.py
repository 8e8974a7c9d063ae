"""Cameras that a group gives to this worker: started and stopped in a thread of their own."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event as Flag
from threading import Lock

import structlog
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.worker.worker_processes import WorkerProcesses

log = structlog.get_logger()

POLL_S = 0.05
"""Interval (s) at which `stop` checks whether cameras still run. [assumption]"""

CHECK_S = 0.5
"""Interval (s) at which the thread checks for a stop. [assumption]"""


class GroupCameras:
    """Passes the latest request to the worker processes. secrets: of the configuration. folder: for geometry files."""

    def __init__(self, secrets: Mapping[str, SecretStr], folder: Path) -> None:
        self._secrets, self._folder = secrets, folder
        self._processes: WorkerProcesses | None = None
        self._lock = Lock()
        self._changed = Flag()
        self._requested: tuple[RegisteredCamera, ...] = ()
        self._applying: frozenset[str] = frozenset()
        self._ending = False

    @property
    def ready(self) -> bool:
        """Whether `run` has begun."""
        return self._processes is not None

    def request(self, cameras: Sequence[RegisteredCamera]) -> None:
        """Analyse these cameras and no others, without waiting for it. Thread-safe."""
        with self._lock:
            if tuple(cameras) != self._requested and not self._ending:
                self._requested = tuple(cameras)
                self._changed.set()

    def stop(self, within_s: float) -> None:
        """Stop all cameras for good; returns once they are stopped, or after `within_s` seconds."""
        self.request(())
        with self._lock:
            self._ending = True
        deadline = time.monotonic() + within_s
        while self.running and time.monotonic() < deadline:
            time.sleep(POLL_S)

    @property
    def running(self) -> frozenset[str]:
        """Return the ids of the cameras that may be analysed at present."""
        with self._lock:
            applying = self._applying
        return applying if self._processes is None else applying | self._processes.running

    @property
    def costs(self) -> Mapping[str, float]:
        """Return the measured cost of each camera by id."""
        return {} if self._processes is None else self._processes.costs

    def run(self, processes: WorkerProcesses, stop: Flag) -> None:
        """Apply requests to running processes until `stop` is set; several that wait are one."""
        self._processes = processes
        while not stop.is_set():
            if not self._changed.wait(CHECK_S):
                continue
            with self._lock:
                self._changed.clear()
                requested = self._requested
                self._applying = frozenset(camera.id for camera in requested)
            try:
                processes.set_cameras([found for camera in requested if (found := self._config_of(camera))])
                log.info("cameras of this worker", cameras=sorted(camera.id for camera in requested))
            finally:
                with self._lock:
                    self._applying = frozenset()

    def _config_of(self, camera: RegisteredCamera) -> CameraConfig | None:
        try:
            return camera.config(self._secrets, self._folder)
        except (ValueError, OSError) as error:
            log.error("a camera of the registry cannot be analysed", camera=camera.id, reason=str(error))
            return None
