"""The portal lists the cameras of the registry on a real broker, and follows its changes without a restart."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg_pool import ConnectionPool

from analytics.camera import Visibility
from analytics.facts import Level
from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.config.bus_settings import BusConfig
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import Config
from pipelines.events.registered_camera import RegisteredCamera
from tests.support.browser import city
from tests.support.kafka.brokers import KafkaBroker
from tests.support.portal import client_of, serving
from tests.support.portal_events import ago, level, online
from tests.support.servers import wait_until
from tests.support.sse import listening

pytestmark = pytest.mark.integration
DRAWN = CameraGeometry.model_validate(
    {"image_size": [640, 360], "gates": [{"id": "G1", "p1": [0, 100], "p2": [640, 100]}]}
)


@pytest.fixture
def registry(kafka_broker: KafkaBroker) -> CameraTopic:
    topic = CameraTopic(kafka_broker.bootstrap)
    assert topic.read() == {}, "the topic is created"
    return topic


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str, kafka_broker: KafkaBroker) -> Config:
    bus = BusConfig(kafka=kafka_broker.bootstrap, worker_group="simpang-workers")
    return city(tmp_path, postgres_dsn).model_copy(update={"bus": bus})


@pytest.fixture
def client(registry: CameraTopic, config: Config, pool: ConnectionPool) -> Iterator[httpx.Client]:
    with serving(config, pool) as address, client_of(address) as client:
        yield client


def camera(camera_id: str, name: str, **more: Any) -> RegisteredCamera:
    return RegisteredCamera(
        id=camera_id, name=name, url="rtsp://${dishub}@10.0.0.7/1", **{"visibility": Visibility.PUBLIC, **more}
    )


def listed(client: httpx.Client) -> dict[str, str]:
    """Names of the public cameras by id, in their order."""
    return {found["id"]: found["name"] for found in client.get("/api/cameras").json()["cameras"]}


OWN = ["laluan-1", "laluan-2", "kabil-1", "jam-1", "barelang"]
"""Public cameras of the configuration."""


def test_cameras_are_listed_changed_and_removed_as_in_the_registry(registry: CameraTopic, client: httpx.Client) -> None:
    assert list(listed(client)) == OWN
    registry.put(
        [camera("zamrud", "Zamrud", site="kabil"), camera("batu", "Batu", geometry=DRAWN), camera("jam-1", "Jam")]
    )
    wait_until(lambda: list(listed(client)) == [*OWN, "batu", "zamrud"], "the cameras to be listed")
    assert listed(client)["jam-1"] == "Jam", "where an id is in both, the registry counts"
    detail = client.get("/api/cameras/batu").json()
    assert [gate["id"] for gate in detail["gates"]] == ["G1"]
    assert client.get("/api/cameras/zamrud").json()["site"]["name"] == "Simpang Kabil"
    assert client.get("/api/uptime").json()["cameras"][-1]["id"] == "zamrud"

    registry.put([camera("batu", "Batu Aji", visibility=Visibility.OPERATORS)])
    registry.remove("jam-1")
    wait_until(lambda: list(listed(client)) == [*OWN, "zamrud"], "the camera to be hidden")
    wait_until(lambda: listed(client)["jam-1"] == "Jam arah selatan", "that of the configuration to be listed again")
    assert client.get("/api/cameras/batu").status_code == 404
    assert "dishub" not in client.get("/api/cameras").text


def test_open_pages_follow_the_registry(
    registry: CameraTopic, client: httpx.Client, store: Callable[..., None]
) -> None:
    with listening(client) as stream:
        registry.put([camera("batu", "Batu")])
        stream.until(lambda name, data: name == "camera" and data["id"] == "batu")
        store(online("batu", ago(1)), level("batu", "view", ago(1), Level.JAMMED, Level.FREE))
        stream.until(lambda name, data: name == "camera" and (data["id"], data["level"]) == ("batu", "jammed"))
        registry.put([camera("batu", "Batu", visibility=Visibility.OPERATORS)])
        gone = stream.until(lambda name, data: name == "camera" and (data["id"], data["level"]) == ("batu", "unknown"))
        assert gone["status"] == "offline", "no page goes on with a state that it receives no more"


def test_a_portal_without_brokers_serves_its_own_cameras(
    config: Config, pool: ConnectionPool, kafka_broker: KafkaBroker
) -> None:
    kafka_broker.kill()
    with serving(config, pool) as address, client_of(address) as client:
        assert list(listed(client)) == OWN
