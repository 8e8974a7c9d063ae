"""A portal over a real database, filled through the store with real events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from psycopg_pool import ConnectionPool

from analytics.camera import Position, Visibility
from analytics.facts import Level
from pipelines.config.settings import (
    CameraConfig,
    CityConfig,
    Config,
    PortalConfig,
    SiteConfig,
    StoreConfig,
    UserConfig,
)
from pipelines.events.schema import CameraStatus, Congestion, Event, Health
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from portal.app import create_app
from portal.server import PortalServer, address_of, listening_socket
from tests.support.servers import wait_until

PASSWORDS = {"rina": "planner-password", "budi": "police-password", "sari": "operator-password"}
ROLES = {"rina": "planner", "budi": "police", "sari": "operator"}
GEOMETRY = """{"image_size": [1280, 720],
 "gates": [{"id": "utara", "p1": [100, 400], "p2": [900, 400]}],
 "zones": [{"id": "masuk", "polygon": [[0, 300], [640, 300], [640, 720], [0, 720]]},
           {"id": "keluar", "polygon": [[640, 300], [1280, 300], [1280, 720], [640, 720]]}]}"""


@cache
def quick_hash(password: str) -> str:
    """As `hash_password` makes it, at a cost for tests."""
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(password)


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    """Two public cameras, of which one has gates and zones, and one for operators."""
    (tmp_path / "simpang.json").write_text(GEOMETRY)
    return Config(
        city=CityConfig(name="Batam", timezone="Asia/Jakarta", centre=Position(lat=1.13, lon=104.05)),
        sites=(SiteConfig(id="laluan", name="Simpang Laluan", position=Position(lat=1.12, lon=104.04)),),
        cameras=(
            CameraConfig(
                id="laluan-1",
                name="Laluan utara",
                url="rtsp://user:s3cret@10.0.0.7/1",
                site="laluan",
                owner="Dishub",
                visibility=Visibility.PUBLIC,
                geometry=tmp_path / "simpang.json",
            ),
            CameraConfig(id="barelang", name="Barelang", url="rtsp://10.0.0.8/1", visibility=Visibility.PUBLIC),
            CameraConfig(id="kantor", name="Kantor", url="rtsp://10.0.0.9/1", geometry=tmp_path / "simpang.json"),
        ),
        users=tuple(
            UserConfig(name=name, roles=(ROLES[name],), password_hash=quick_hash(password))
            for name, password in PASSWORDS.items()
        ),
        store=StoreConfig(dsn=postgres_dsn),
        data_dir=tmp_path / "data",
        portal=PortalConfig(port=0),
    )


@pytest.fixture(autouse=True)
def front_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for the built pages, so that these tests need no Node."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Simpang</title>")
    (folder / "assets" / "app-1a2b.js").write_text("'use strict'; // " + "simpang " * 200)
    monkeypatch.setattr("portal.app.STATIC", folder)
    return folder


@pytest.fixture
def pool(config: Config) -> Iterator[ConnectionPool]:
    with open_database(config) as pool:
        yield pool


@pytest.fixture
def keep(pool: ConnectionPool) -> Callable[..., None]:
    """Write events as the store does: `keep(Health(...), Counts(...))`."""
    store = EventWriter(pool)

    def write(*data: Any) -> None:
        store.write([Event.wrap(facts, datetime.now(UTC)) for facts in data])

    return write


@contextmanager
def serving(config: Config, pool: ConnectionPool) -> Iterator[str]:
    """The address of a portal that really serves, in a thread."""
    with listening_socket(config.portal) as listener:
        server = PortalServer(create_app(config, pool), listener, lambda _: None)
        thread = Thread(target=server.run)
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the portal to serve")
            yield address_of(listener)
        finally:
            server.should_exit = True
            thread.join(10)
        assert not thread.is_alive(), "the portal did not stop"


@pytest.fixture
def address(config: Config, pool: ConnectionPool) -> Iterator[str]:
    with serving(config, pool) as address:
        yield address


@pytest.fixture
def anonymous(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False) as client:
        yield client


@pytest.fixture
def signed_in(address: str) -> Iterator[Callable[[str], httpx.Client]]:
    """`signed_in("rina")`: a client with that user's session."""
    clients: list[httpx.Client] = []

    def sign_in(name: str) -> httpx.Client:
        client = httpx.Client(base_url=address, trust_env=False)
        clients.append(client)
        answer = client.post("/api/session", json={"name": name, "password": PASSWORDS[name]})
        assert answer.status_code == 200, answer.text
        return client

    yield sign_in
    for client in clients:
        client.close()


def online(camera_id: str, at: datetime, **more: Any) -> Health:
    return Health(camera_id=camera_id, at=at, status=CameraStatus.ONLINE, analysed_fps=5.0, **more)


def level(camera_id: str, zone: str, at: datetime, now: Level, before: Level | None = None, **more: Any) -> Congestion:
    return Congestion(camera_id=camera_id, zone=zone, at=at, level=now, previous=before or now, **more)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
