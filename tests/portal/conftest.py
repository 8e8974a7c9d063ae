"""Fixtures: a portal over a real database, which tests fill through the real store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from psycopg_pool import ConnectionPool

from analytics.camera import Position, Visibility
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import (
    CameraConfig,
    CityConfig,
    Config,
    SiteConfig,
    StoreConfig,
    UserConfig,
)
from tests.support.portal import PASSWORDS, ROLES, client_of, pool, quick_hash, serving, sign_in, store

__all__ = ["pool", "store"]

GEOMETRY = """{"image_size": [1280, 720],
 "gates": [{"id": "utara", "p1": [100, 400], "p2": [900, 400]}],
 "zones": [{"id": "masuk", "polygon": [[0, 300], [640, 300], [640, 720], [0, 720]]},
           {"id": "keluar", "polygon": [[640, 300], [1280, 300], [1280, 720], [640, 720]]}]}"""


@pytest.fixture
def config(tmp_path: Path, reused_postgres_dsn: str) -> Config:
    """Two public cameras, one of them with gates and zones, and a hidden camera."""
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
        store=StoreConfig(dsn=reused_postgres_dsn),
        data_dir=tmp_path / "data",
        portal=PortalConfig(port=0),
    )


@pytest.fixture(autouse=True)
def built_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files in place of the built pages, so that these tests need no Node."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Simpang</title>")
    (folder / "assets" / "app-1a2b.js").write_text("'use strict'; // " + "simpang " * 200)
    monkeypatch.setattr("portal.app.STATIC", folder)
    return folder


@pytest.fixture
def address(config: Config, pool: ConnectionPool) -> Iterator[str]:
    with serving(config, pool) as address:
        yield address


@pytest.fixture
def anonymous(address: str) -> Iterator[httpx.Client]:
    """A client without a session."""
    with client_of(address) as client:
        yield client


@pytest.fixture
def signed_in(address: str) -> Iterator[Callable[[str], httpx.Client]]:
    """`signed_in("rina")`: a client with that user's session."""
    clients: list[httpx.Client] = []

    def client_with_session(name: str) -> httpx.Client:
        client = client_of(address)
        clients.append(client)
        answer = sign_in(client, name)
        assert answer.status_code == 200, answer.text
        return client

    yield client_with_session
    for client in clients:
        client.close()
