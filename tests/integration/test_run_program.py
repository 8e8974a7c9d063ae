"""`simpang run`: everything in one process."""

import signal

import pytest
import yaml

from tests.support.kafka.brokers import KafkaBroker
from tests.support.programs import started, visiting
from tests.support.servers import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def city(tmp_path, postgres_dsn, rtsp_cameras, shared_dir):
    """Writes a configuration with a camera that works and one that does not."""

    def write(**more):
        path = tmp_path / "city.yaml"
        settings = {
            "cameras": [
                {
                    "id": "road",
                    "name": "Road",
                    "url": rtsp_cameras.url("road.mp4", credentials="user:s3cret@"),
                    "visibility": "public",
                },
                {"id": "dead", "name": "Dead", "url": "rtsp://127.0.0.1:1/none", "visibility": "public"},
            ],
            "weights": str(shared_dir / "weights" / "yolo11n_int8_openvino_model"),
            "store": {"dsn": postgres_dsn},
            "portal": {"port": 0},
            "data_dir": str(tmp_path / "data"),
            **more,
        }
        path.write_text(yaml.safe_dump(settings))
        return path

    return write


def check_the_whole_path(program):
    with visiting(program.address()) as client:

        def camera(camera_id):
            return client.get(f"/api/cameras/{camera_id}").json()

        wait_until(lambda: camera("road")["status"] == "online", "the camera", within_s=60)
        wait_until(
            lambda: client.get("/api/cameras/road/counts").json()["observed_s"] > 0, "observed time", within_s=60
        )
        wait_until(lambda: client.get("/live/road/index.m3u8").status_code == 200, "live video", within_s=60)
        playlist = client.get("/live/road/index.m3u8").text
        newest = [line for line in playlist.splitlines() if line.endswith(".m4s")][-1]
        assert client.get(f"/live/road/{newest}").status_code == 200
        assert camera("road")["video"]
        dead = camera("dead")
        assert dead["status"] in ("connecting", "offline")
        assert (dead["level"], dead["video"]) == ("unknown", None)
    assert program.stop(signal.SIGTERM) == 0
    told = program.err.read_text()
    assert "Traceback" not in told
    assert "s3cret" not in told


def test_from_the_camera_to_the_pages_within_one_process(tmp_path, city):
    with started(tmp_path, "run", city()) as program:
        check_the_whole_path(program)


def test_from_the_camera_to_the_pages_by_way_of_kafka(tmp_path, city, kafka_broker: KafkaBroker):
    with started(tmp_path, "run", city(bus={"kafka": kafka_broker.bootstrap})) as program:
        check_the_whole_path(program)


def test_missing_weights_are_one_line(tmp_path, city):
    with started(tmp_path, "run", city(weights=str(tmp_path / "none.pt"))) as program:
        assert program.process.wait(60) == 2
    line = program.err.read_text()
    assert line.count("\n") == 1
    assert "none.pt" in line
