"""`simpang portal` and `simpang password`."""

import signal
import socket
import subprocess
import sys
from contextlib import closing

import pytest
import yaml

from pipelines.config.settings import Config, UserConfig
from pipelines.worker.child_process import free_port
from portal.auth.users import load_users
from tests.support.programs import started, visiting
from tests.support.sse import listening

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
    assert told.count("password") == 2, "the one that was made, and how to make another"
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


def test_the_hash_of_a_password_is_printed_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "pipelines", "password"]
    answer = subprocess.run(command, input="rahasia\nrahasia\n", capture_output=True, text=True, timeout=60, check=True)
    user = UserConfig(name="rina", roles=("planner",), password_hash=answer.stdout.strip())
    assert load_users(Config(users=(user,), data_dir=tmp_path), pytest.fail).authenticate("rina", "rahasia")
    assert "rahasia" not in answer.stdout + answer.stderr
