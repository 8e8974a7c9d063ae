"""Secrets in every address of a configuration: cameras open with them, and no output of any program shows one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.events.schema import Event, Health, IncidentPhase
from pipelines.ingest.source import Source
from pipelines.recordings.video_reader import VideoReader
from pipelines.worker.child_process import free_port
from portal.auth.passwords import hash_password
from tests.support.events import incident
from tests.support.kafka.brokers import KafkaBroker
from tests.support.odd_rtsp_server import Oddities, OddRtspServer
from tests.support.planted_secrets import found_in, planted, text_of_database, text_of_folder
from tests.support.programs import started, visiting
from tests.support.servers import wait_until, write_clip
from tests.support.tiny_network import save_tiny_network

pytestmark = pytest.mark.integration

PASSWORDS = ["pa#ss", "pa@ss", "pa/ss", "pa?ss", "100%", "pa%ss", "pa ss", "p[a]s]s", "pässwört", "p#@/?% ss"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "road.mp4", seconds=1)


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "digest"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_camera_opens_with_a_password_as_it_is_written(clip: Path, password: str, basic: bool) -> None:
    with OddRtspServer(clip, Oddities(credentials=("ad#min", password), basic=basic)) as server:
        with Source(server.url(credentials=f"ad#min:{password}@"), stop=Flag(), stall_s=10) as source:
            assert source.codec == "h264"
            assert next(iter(source.packets())).size > 0
        assert source.address == f"rtsp://***@127.0.0.1:{server.port}/live"


def test_a_recording_is_read_with_a_password_as_it_is_written(clip: Path) -> None:
    with (
        OddRtspServer(clip, Oddities(credentials=("admin", "p#@/?% ss"))) as server,
        VideoReader(server.url(credentials="admin:p#@/?% ss@")) as video,
    ):
        assert video.image_size == (320, 240)


class Planted:
    """Secrets by the name of their place."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def __call__(self, name: str, *, marks: bool = True) -> str:
        self.secrets[name] = planted(len(self.secrets), marks=marks)
        return self.secrets[name]

    def assert_not_in(self, text: str, what: str) -> None:
        shown = found_in(text, self.secrets)
        assert not shown, f"{what} shows {shown}"


@pytest.fixture
def plant() -> Planted:
    return Planted()


def cameras(plant: Planted, silent: int, guarded: int) -> list[dict[str, Any]]:
    """Cameras that all fail, each in another way, with secrets in user, password, path and query."""

    def camera(camera_id: str, url: str, **more: Any) -> dict[str, Any]:
        return {"id": camera_id, "name": camera_id, "url": url, "visibility": "public", **more}

    closed = free_port()
    token = f"token={plant('camera query', marks=False)}&pwd={plant('camera pwd', marks=False)}"
    in_path = f"/user=admin_password={plant('camera path', marks=False)}_channel=1"
    return [
        camera("refused", f"rtsp://admin:{plant('camera refused')}@127.0.0.1:{closed}/live?{token}"),
        camera("silent", f"rtsp://{plant('camera user')}:{plant('camera silent')}@127.0.0.1:{silent}/live"),
        camera("guarded", f"rtsp://admin:{plant('camera guarded')}@127.0.0.1:{guarded}/live?{token}"),
        camera("unknown", f"rtsp://admin:{plant('camera unknown')}@no-such-host.invalid/live"),
        camera("web", f"http://admin:{plant('camera web')}@127.0.0.1:{closed}{in_path}"),
        camera("key", f"http://127.0.0.1:{closed}/{plant('stream key', marks=False)}/index.m3u8"),
        camera("broken", f"rtsp://admin:{plant('camera broken', marks=False)}"),
        camera("hostless", f"rtsp://admin:{plant('camera hostless')}"),
        camera("typo", f"rtsp:/admin:{plant('camera typo')}@127.0.0.1/live"),
        camera(
            "two",
            f"rtsp://admin:{plant('camera main')}@127.0.0.1:{closed}/main",
            analysis_url=f"rtsp://admin:{plant('camera sub')}@127.0.0.1:{closed}/sub",
        ),
    ]


def with_password(dsn: str, password: str) -> str:
    """DSN of the same database with a password, which the server does not ask for."""
    host, name = conninfo_to_dict(dsn)["host"], conninfo_to_dict(dsn)["dbname"]
    return f"postgresql://postgres:{password}@/{name}?host={host}"


@pytest.fixture
def ports(clip: Path, silent_server: int) -> Iterator[tuple[int, int]]:
    """Ports of a server that sends nothing, and of one that refuses the password."""
    with OddRtspServer(clip, Oddities(credentials=("admin", "other"))) as server:
        yield silent_server, server.port


def test_no_output_of_a_city_shows_a_secret(
    plant: Planted, kafka_broker: KafkaBroker, postgres_dsn: str, ports: tuple[int, int], tmp_path: Path
) -> None:
    webhook = f"http://user:{plant('webhook')}@127.0.0.1:{free_port()}/hook/{plant('webhook key', marks=False)}"
    (tmp_path / "network").mkdir()
    city = tmp_path / "city.yaml"
    settings = {
        "cameras": cameras(plant, *ports),
        "bus": {"kafka": kafka_broker.bootstrap},
        "store": {"dsn": with_password(postgres_dsn, plant("dsn"))},
        "stream": {"stall_s": 2},
        "portal": {"port": 0},
        "users": [{"name": "op", "roles": ["operator"], "password_hash": hash_password("masuk")}],
        "webhooks": [
            {"id": "police", "url": f"{webhook}?token={plant('webhook token')}", "secret": plant("webhook secret")}
        ],
        "weights": str(save_tiny_network(tmp_path / "network")),
        "data_dir": str(tmp_path / "data"),
    }
    city.write_text(yaml.safe_dump(settings, allow_unicode=True))
    names = [camera["id"] for camera in settings["cameras"]]
    events: list[Event] = []
    stop = Flag()
    listener = Thread(target=KafkaSubscriber(kafka_broker.bootstrap, "test").run, args=(events.extend, stop))
    with started(tmp_path, "--verbose", "run", city) as program, visiting(program.address()) as client:
        listener.start()
        assert client.post("/api/session", json={"name": "op", "password": "masuk"}).status_code == 200
        with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
            publisher.publish([incident(IncidentPhase.RAISED, camera_id="refused")])

        def all_reported() -> bool:
            reported = {
                event.data.camera_id for event in events if isinstance(event.data, Health) and event.data.reason
            }
            return reported >= set(names)

        wait_until(all_reported, "the reason of every camera on the bus", within_s=120)
        wait_until(lambda: "ConnectError" in text_of_database(postgres_dsn), "an alert that failed")
        paths = ["/api/cameras", "/openapi.json", "/", "/api/city", "/api/incidents"]
        paths += [f"/api/cameras/{name}{part}" for name in names for part in ("", "/counts", "/counts.csv")]
        pages = "\n".join(f"{path} {client.get(path).text}" for path in paths)
        with client.stream("GET", "/api/stream") as stream:
            for line in stream.iter_lines():
                pages += line
                if len(pages) > 10_000_000 or "typo" in line:
                    break
        program.stop(15)
    stop.set()
    listener.join(20)
    plant.assert_not_in(program.out.read_text() + program.err.read_text(), "the log")
    plant.assert_not_in("\n".join(event.to_json().decode() for event in events), "the bus")
    plant.assert_not_in(text_of_database(postgres_dsn), "the database")
    plant.assert_not_in(pages, "the portal")
    plant.assert_not_in(text_of_folder(tmp_path / "data"), "data_dir")
    assert "Traceback" not in program.err.read_text()


def test_the_doctor_checks_all_and_shows_no_secret(
    plant: Planted, ports: tuple[int, int], clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "network").mkdir()
    city = tmp_path / "city.yaml"
    right = "ri#ght"
    with OddRtspServer(clip, Oddities(credentials=("admin", right))) as server:
        good = {"id": "good", "name": "good", "url": server.url(credentials=f"admin:{right}@")}
        webhooks = [
            {"id": "odd", "url": f"http://u:{plant('webhook')}@h.x/{plant('key')}", "secret": plant("secret")},
            {"id": "bad", "url": f"htp://u:{plant('bad webhook')}@h.x", "secret": "x"},
        ]
        settings = {
            "cameras": [*cameras(plant, *ports), good],
            "bus": {"kafka": f"SASL_SSL://user:{plant('kafka')}@127.0.0.1:9093"},
            "store": {"dsn": f"postgresql://u:{plant('dsn')}@127.0.0.1:{free_port()}/db"},
            "webhooks": webhooks,
            "weights": str(save_tiny_network(tmp_path / "network")),
            "data_dir": str(tmp_path / "data"),
        }
        city.write_text(yaml.safe_dump(settings, allow_unicode=True))
        command = [sys.executable, "-m", "pipelines", "doctor", str(city), "--timeout", "2"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        report = subprocess.run([*command, "--json", "-"], capture_output=True, text=True, timeout=240, check=False)
    checks = {check["subject"]: check for check in json.loads(report.stdout)["checks"]}
    assert checks["good (main)"]["state"] == "advice"
    assert "%23" in checks["good (main)"]["advice"]
    for subject in ("broken (main)", "typo (main)", "bus", "database", "webhook bad"):
        assert checks[subject]["state"] == "problem", subject
    for camera in settings["cameras"]:
        assert f"{camera['id']} (main)" in checks
    assert (
        "write rtsp://user:password@host:port/path"
        in checks["broken (main)"]["message"] + checks["broken (main)"]["advice"]
    )
    assert "TLS and SASL have other keys" in checks["bus"]["message"]
    plant.assert_not_in(text.stdout + text.stderr + report.stdout + report.stderr, "the doctor")
    assert "Traceback" not in text.stderr + report.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["count", "rtsp://admin:{secret}@127.0.0.1:1/live"],
        ["count", "rtsp:/admin:{secret}@127.0.0.1:1/live"],
        ["models", "collect", "pictures", "--from", "rtsp://admin:{secret}@127.0.0.1:1/live"],
        ["worker", "{city}"],
        ["store", "{city}"],
        ["store", "migrate", "{city}"],
        ["run", "{city}"],
    ],
)
def test_a_command_that_fails_prints_one_line_without_the_secret(
    plant: Planted, arguments: list[str], tmp_path: Path
) -> None:
    secret = plant("address")
    city = tmp_path / "city.yaml"
    settings = {
        "bus": {"kafka": f"SASL_SSL://user:{secret}@127.0.0.1:9093"},
        "store": {"dsn": f"postgresql://u:{secret}@127.0.0.1:{free_port()}/db"},
        "weights": str(save_tiny_network(tmp_path)),
        "portal": {"port": 0},
        "data_dir": str(tmp_path / "data"),
    }
    city.write_text(yaml.safe_dump(settings, allow_unicode=True))
    command = [argument.format(secret=secret, city=city) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("simpang: ")]
    assert len(errors) == 1
    assert "write" not in errors[0] or "://" not in errors[0] or "://user:password@host" in errors[0]
    assert "Traceback" not in done.stderr
    plant.assert_not_in(done.stdout + done.stderr, "the command")
