"""Health events of all cameras: on each change of status, and at the stop of the worker."""

import time
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

import pytest
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig, Config
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import CameraStatus, Health
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import CameraParts, make_parts
from pipelines.worker.health_reporter import HEARTBEAT_S, HealthReporter
from tests.support.servers import wait_until

SIZE = (320, 240)
"""Width and height of the frames, px. [test data]"""


class Sent:
    """All reports so far. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reports: list[Health] = []

    def __call__(self, report: Health) -> None:
        with self._lock:
            self._reports.append(report)

    def of(self, camera_id: str) -> list[CameraStatus]:
        with self._lock:
            return [report.status for report in self._reports if report.camera_id == camera_id]

    def last(self, camera_id: str) -> Health:
        with self._lock:
            return [report for report in self._reports if report.camera_id == camera_id][-1]


@pytest.fixture
def cameras(tmp_path: Path) -> list[CameraParts]:
    configs = tuple(
        CameraConfig(id=camera_id, name=camera_id, url=SecretStr(f"rtsp://10.0.0.7/{camera_id}"))
        for camera_id in ("north", "south")
    )
    config = Config(cameras=configs, data_dir=tmp_path)
    return [
        make_parts(camera, config, CameraHealth(camera.id, 5.0), on_put=lambda: None, send=lambda _: None)
        for camera in configs
    ]


def reporter_of(cameras: list[CameraParts], sent: Sent) -> HealthReporter:
    reporter = HealthReporter(sent)
    for camera in cameras:
        reporter.add(camera)
    return reporter


def test_a_change_of_status_is_reported_before_the_next_heartbeat(cameras: list[CameraParts]) -> None:
    sent, stop, (north, _) = Sent(), Flag(), cameras
    thread = Thread(target=reporter_of(cameras, sent).run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: sent.of("north") and sent.of("south"), "the first reports")
        began = time.monotonic()
        north.health.received(SIZE)
        wait_until(lambda: sent.of("north")[-1] == CameraStatus.ONLINE, "the camera to be online")
        north.health.disconnected(CameraCondition.of(Condition.SILENT, address="rtsp://10.0.0.7/north"))
        wait_until(lambda: sent.of("north")[-1] == CameraStatus.OFFLINE, "the camera to be offline")
        elapsed_s = time.monotonic() - began
    finally:
        stop.set()
        thread.join(5)
    assert sent.last("north").condition is Condition.SILENT
    if elapsed_s < HEARTBEAT_S:
        assert sent.of("north") == [CameraStatus.CONNECTING, CameraStatus.ONLINE, CameraStatus.OFFLINE]
        assert sent.of("south") == [CameraStatus.CONNECTING]


def test_at_the_stop_every_camera_is_reported_offline(cameras: list[CameraParts]) -> None:
    sent = Sent()
    cameras[0].health.received(SIZE)
    reporter = reporter_of(cameras, sent)
    for camera in cameras:
        reporter.remove(camera)
    for camera_id in ("north", "south"):
        report = sent.last(camera_id)
        assert (report.status, report.condition) == (CameraStatus.OFFLINE, Condition.WORKER_STOPPED)
