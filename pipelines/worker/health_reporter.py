"""Health events of all cameras: on each change of status, and as a heartbeat."""

import time
from collections.abc import Callable, Sequence
from threading import Event as Flag

from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import CameraStatus, Health
from pipelines.observability.load_report import LoadReporter
from pipelines.worker.camera_parts import CameraParts

HEARTBEAT_S = 5.0
"""Longest period (s) between two reports of a camera. The portal expects one in 30 s. [assumption]"""

STATUS_CHECK_S = 0.25
"""Period (s) of the check for a change of status. [assumption]"""


class HealthReporter:
    """Reports the health of all cameras from one thread. send: receives each report."""

    def __init__(self, cameras: Sequence[CameraParts], send: Callable[[Health], None]) -> None:
        self._cameras = cameras
        self._send = send

    def run(self, stop: Flag) -> None:
        """Report until `stop` is set, and log the load of the machine once a minute."""
        reported: dict[str, tuple[CameraStatus, float]] = {}
        load = LoadReporter()
        while not stop.is_set():
            now = time.monotonic()
            for camera in self._cameras:
                last = reported.get(camera.config.id)
                if last is None or last[0] != camera.health.status() or now - last[1] >= HEARTBEAT_S:
                    report = self._report(camera)
                    reported[camera.config.id] = report.status, now
                    load.add(report)
            stop.wait(STATUS_CHECK_S)

    def report_stopped(self) -> None:
        """Report once that no camera is analysed any more. Called after `run` has ended."""
        for camera in self._cameras:
            camera.health.disconnected(CameraCondition(Condition.WORKER_STOPPED))
            self._report(camera)

    def _report(self, camera: CameraParts) -> Health:
        report = camera.health.report(camera.slot.frames.pop_dropped())
        self._send(report)
        return report
