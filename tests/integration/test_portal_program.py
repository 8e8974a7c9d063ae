"""`simpang portal` and `simpang password`."""

import signal
import socket
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest
import yaml

from pipelines.config.settings import Config, UserConfig
from pipelines.events.schema import CameraStatus, Event, Health
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from pipelines.worker.child_process import free_port
from portal.auth.users import load_users
from tests.support.programs import started, visiting
from tests.support.servers import wait_until
from tests.support.sse import listening
from tests.support.store_config import config_for

pytestmark = pytest.mark.integration


@pytest.fixture
def city(tmp_path, postgres_dsn):
    """Path of a configuration; `city(port=...)`."""

    def write(port=0, dsn=postgres_dsn):
        path = tmp_path / "city.yaml"
        camera = {"id": "a", "name": "A", "url": "rtsp://user:s3cret@127.0.0.1:1/a", "visibility": "public"}
        settings = {
            "cameras": [camera],
            "store": {"dsn": dsn},
            "portal": {"port": port},
            "data_dir": str(tmp_path / "data"),
        }
        path.write_text(yaml.safe_dump(settings))
        return path

    return write


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_stop(tmp_path, city, signal_number):
    with started(tmp_path, "portal", city()) as program, visiting(program.address()) as client:
        assert [camera["id"] for camera in client.get("/api/cameras").json()["cameras"]] == ["a"]
        with listening(client) as stream:
            assert stream.next()[1]["id"] == "a"
            assert program.stop(signal_number) == 0
            assert stream.ended(within_s=20)
    told = program.err.read_text()
    assert told.count("password") == 1, "the one that was made"
    assert "Add accounts with: simpang users add" in told
    assert "Traceback" not in told
    assert "s3cret" not in told


def test_a_port_in_use_is_one_line(tmp_path, city):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with started(tmp_path, "portal", city(port)) as program:
            assert program.process.wait(60) == 2
        assert program.err.read_text() == (
            f"simpang: portal.port: {port} on 127.0.0.1 is taken by another program; "
            "stop that one or choose another port\n"
        )


def test_the_pages_are_served_before_the_database_is_there(tmp_path, city):
    path = city(dsn=f"postgresql://simpang:s3cret@127.0.0.1:{free_port()}/simpang")
    with started(tmp_path, "portal", path) as program, visiting(program.address()) as client:
        (camera,) = client.get("/api/cameras").json()["cameras"]
        assert (camera["status"], camera["level"]) == ("offline", "unknown")
        assert client.get("/api/cameras/a/counts").status_code == 503
        assert program.stop(signal.SIGTERM) == 0
    assert "s3cret" not in program.err.read_text()


def test_a_portal_on_a_standby_serves_and_follows_its_promotion(tmp_path, city, postgres_server):
    dsn = postgres_server.new_database()
    config = config_for(dsn)

    def report(status: CameraStatus) -> None:
        with open_database(config) as pool:
            event = Health(camera_id="a", at=datetime.now(UTC), status=status, analysed_fps=5.0)
            EventWriter(pool).write([Event.wrap(event, datetime.now(UTC))])

    with open_database(config):
        pass
    report(CameraStatus.FROZEN)
    postgres_server.become_standby()
    with started(tmp_path, "portal", city(dsn=dsn)) as program, visiting(program.address()) as client:

        def status() -> str:
            return client.get("/api/cameras").json()["cameras"][0]["status"]

        assert client.get("/api/cameras/a/counts").status_code == 200
        postgres_server.promote()
        wait_until(lambda: not is_standby(dsn), "the promotion")
        report(CameraStatus.DEGRADED)
        wait_until(lambda: status() == "degraded", "the report that the new primary stored", within_s=30)
        assert program.stop(signal.SIGTERM) == 0
    logged = program.err.read_text()
    assert "Traceback" not in logged
    assert "the database cannot be read" not in logged


def is_standby(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)


def test_the_hash_of_a_password_is_printed_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "pipelines", "password"]
    answer = subprocess.run(command, input="rahasia\nrahasia\n", capture_output=True, text=True, timeout=60, check=True)
    user = UserConfig(name="rina", roles=("planner",), password_hash=answer.stdout.strip())
    assert load_users(Config(users=(user,), data_dir=tmp_path), pytest.fail).authenticate("rina", "rahasia")
    assert "rahasia" not in answer.stdout + answer.stderr
