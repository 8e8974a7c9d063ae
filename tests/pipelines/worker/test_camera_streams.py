"""Streams of a camera: condition after an error, and deletion of live video that is over."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig, Config, StreamConfig
from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.decode_pool import DecodePool
from pipelines.ingest.source import SourceLost
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import CameraParts, make_parts
from pipelines.worker.camera_streams import CameraStreams, condition_of
from pipelines.worker.supervisor import RestartPolicy, Supervisor
from tests.support.servers import wait_until

QUICK = RestartPolicy(first_s=0.01, longest_s=0.05)
"""Short delays, so that a failed stream is retried within the test. [test data]"""


def parts_of(folder: Path, **urls: str) -> CameraParts:
    camera = CameraConfig(id="kuda", name="Kuda", **{name: SecretStr(url) for name, url in urls.items()})
    config = Config(cameras=(camera,), data_dir=folder)
    return make_parts(camera, config, CameraHealth("kuda", 5.0), on_put=lambda: None, send=lambda _: None)


def started(parts: CameraParts, supervisor: Supervisor) -> None:
    CameraStreams(parts, StreamConfig(stall_s=1), DecodePool()).start(supervisor)


@pytest.mark.parametrize(
    ("error", "condition"),
    [
        (
            SourceLost(CameraCondition.of(Condition.SILENT, address="rtsp://10.0.0.7/live")),
            CameraCondition.of(Condition.SILENT, address="rtsp://10.0.0.7/live"),
        ),
        (ConnectionError("broken pipe"), CameraCondition.of(Condition.INTERNAL_ERROR, error="broken pipe")),
        (
            ValueError("rtsp://admin:s3cret@10.0.0.7/live"),
            CameraCondition.of(Condition.INTERNAL_ERROR, error="ValueError: rtsp://***@10.0.0.7/live"),
        ),
    ],
)
def test_an_error_is_a_condition_without_credentials(error: Exception, condition: CameraCondition) -> None:
    assert condition_of(error) == condition


def test_a_stream_that_refuses_makes_the_camera_offline_and_clears_its_live_video(tmp_path: Path) -> None:
    parts = parts_of(tmp_path, url="rtsp://admin:s3cret@127.0.0.1:1/live")
    left = parts.playlist.folder / "segment-1.m4s"
    left.write_bytes(b"old video")
    with Supervisor(QUICK) as supervisor:
        started(parts, supervisor)
        wait_until(lambda: parts.health.status() == "offline", "the camera to be offline")
        wait_until(lambda: not left.exists(), "the old video to be deleted")
    report = parts.health.report(parts.slot.frames.pop_dropped())
    assert report.condition is Condition.CONNECTION_REFUSED
    assert report.details is not None
    assert report.details.address == "rtsp://***@127.0.0.1:1/live"


def test_a_camera_with_two_streams_is_offline_when_both_fail(tmp_path: Path) -> None:
    parts = parts_of(tmp_path, url="rtsp://127.0.0.1:1/main", analysis_url="rtsp://127.0.0.1:1/sub")
    with Supervisor(QUICK) as supervisor:
        started(parts, supervisor)
        wait_until(lambda: parts.health.status() == "offline", "the camera to be offline")
    report = parts.health.report(parts.slot.frames.pop_dropped())
    assert report.condition is Condition.CONNECTION_REFUSED
