"""Health events of all cameras: on each change of status, and as a heartbeat."""

import time
from collections.abc import Callable
from threading import Event as Flag
from threading import Lock

from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import CameraStatus, Health
from pipelines.observability.load_report import LoadReporter
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import CameraParts

HEARTBEAT_S = 5.0
"""Longest period (s) between two reports of a camera. The portal expects one in 30 s. [assumption]"""

STATUS_CHECK_S = 0.25
"""Period (s) of the check for a change of status. [assumption]"""


class HealthReporter:
    """Reports the health of all cameras from one thread. send: receives each report. Thread-safe."""

    def __init__(self, send: Callable[[Health], None]) -> None:
        self._cameras: dict[str, CameraParts] = {}
        self._changing = Lock()
        self._send = send

    def add(self, camera: CameraParts) -> None:
        """Report a further camera."""
        with self._changing:
            self._cameras[camera.config.id] = camera

    def remove(self, camera: CameraParts) -> None:
        """Report once that a camera is not analysed any more, and then no more of it."""
        camera.health.disconnected(CameraCondition(Condition.WORKER_STOPPED))
        with self._changing:
            del self._cameras[camera.config.id]
            self._report(camera)

    def run(self, stop: Flag) -> None:
        """Report until `stop` is set, and log the load of the machine once a minute."""
        reported: dict[CameraHealth, tuple[CameraStatus, float]] = {}
        load = LoadReporter()
        while not stop.is_set():
            now = time.monotonic()
            with self._changing:
                cameras = list(self._cameras.values())
                reported = {camera.health: reported[camera.health] for camera in cameras if camera.health in reported}
            for camera in cameras:
                last = reported.get(camera.health)
                if last is None or last[0] != camera.health.status() or now - last[1] >= HEARTBEAT_S:
                    report = self._report_present(camera)
                    if report is not None:
                        reported[camera.health] = report.status, now
                        load.add(report)
            stop.wait(STATUS_CHECK_S)

    def _report_present(self, camera: CameraParts) -> Health | None:
        """Report a camera unless it was removed."""
        with self._changing:
            return self._report(camera) if self._cameras.get(camera.config.id) is camera else None

    def _report(self, camera: CameraParts) -> Health:
        report = camera.health.report(camera.slot.frames.pop_dropped())
        self._send(report)
        return report
