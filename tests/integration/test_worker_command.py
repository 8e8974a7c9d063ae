"""`simpang worker` as its own process: RTSP in, Kafka out."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.events.schema import Event, Health
from tests.support.kafka.brokers import KafkaBroker
from tests.support.servers import RtspCameras, wait_until

pytestmark = pytest.mark.integration


def city_file(folder: Path, cameras: dict[str, str], shared_dir: Path, kafka: str | None) -> Path:
    path = folder / "city.yaml"
    city = {
        "cameras": [{"id": camera_id, "name": camera_id, "url": url} for camera_id, url in cameras.items()],
        "weights": str(shared_dir / "weights" / "yolo11n_int8_openvino_model"),
        "data_dir": str(folder / "data"),
        "stream": {"stall_s": 120},
        "bus": {} if kafka is None else {"kafka": kafka},
    }
    path.write_text(json.dumps(city))
    return path


@contextmanager
def worker(config: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "pipelines", "worker", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_publishes_to_kafka_and_ends_when_asked_though_a_camera_is_silent(
    kafka_broker: KafkaBroker, rtsp_cameras: RtspCameras, silent_server: int, tmp_path: Path, shared_dir: Path
) -> None:
    cameras = {"road": rtsp_cameras.url("road.mp4"), "silent": f"rtsp://admin:s3cret@127.0.0.1:{silent_server}/live"}
    reports: list[Health] = []

    def take(events: Sequence[Event]) -> None:
        reports.extend(event.data for event in events if isinstance(event.data, Health))

    stop = Flag()
    listener = Thread(target=KafkaSubscriber(kafka_broker.bootstrap, "test").run, args=(take, stop))
    listener.start()
    try:
        with worker(city_file(tmp_path, cameras, shared_dir, kafka_broker.bootstrap)) as process:
            wait_until(
                lambda: any(r.camera_id == "road" and r.status == "online" for r in reports),
                "the camera to be reported online over Kafka",
                within_s=90,
            )
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "s3cret" not in log
        assert "Traceback" not in log
        wait_until(
            lambda: [r.status for r in reports if r.camera_id == "road"][-1] == "offline", "its goodbye over Kafka"
        )
    finally:
        stop.set()
        listener.join(30)


def test_without_kafka_the_error_names_what_to_do(tmp_path: Path, shared_dir: Path) -> None:
    with worker(city_file(tmp_path, {}, shared_dir, kafka=None)) as process:
        _, log = process.communicate(timeout=60)
    assert process.returncode == 2
    assert log.splitlines()[-1].endswith(
        "city.yaml: bus.kafka is missing; add it, or use simpang run, which needs no Kafka"
    )
