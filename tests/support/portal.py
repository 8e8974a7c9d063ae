"""A portal that serves over HTTP, and fixtures for a database that it reads. They need a fixture `config`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.cookiejar import Cookie
from threading import Thread
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config
from pipelines.events.schema import Event
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from portal.app import create_app
from portal.auth.sessions import COOKIE
from portal.server import PortalServer, address_of, listening_socket
from tests.support.servers import wait_until

PASSWORDS = {"rina": "planner-password", "budi": "police-password", "sari": "operator-password"}
"""Password by user name."""
ROLES = {"rina": "planner", "budi": "police", "sari": "operator"}
"""Role by user name."""


@cache
def quick_hash(password: str) -> str:
    """A hash as of `hash_password`, with parameters that make it fast."""
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(password)


@contextmanager
def serving(
    config: Config, pool: ConnectionPool, prepare: Callable[[FastAPI], None] = lambda app: None
) -> Iterator[str]:
    """The address of a portal that serves in a thread. prepare: changes the application before it starts."""
    with listening_socket(config.portal) as listener:
        app = create_app(config, pool)
        prepare(app)
        server = PortalServer(app, listener, lambda _: None)
        thread = Thread(target=server.run)
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the portal to serve")
            yield address_of(listener)
        finally:
            server.should_exit = True
            thread.join(10)
        assert not thread.is_alive(), "the portal did not stop"


def client_of(address: str, *, cookie: tuple[str, str] | None = None) -> httpx.Client:
    """A client of the portal. cookie: name and value of its session cookie."""
    cookies = None if cookie is None else dict([cookie])
    return httpx.Client(base_url=address, trust_env=False, timeout=20, cookies=cookies)


def session_cookie(client: httpx.Client) -> Cookie:
    """The only cookie of a client that has signed in."""
    (cookie,) = client.cookies.jar
    assert cookie.name.startswith(COOKIE)
    return cookie


def session_of(client: httpx.Client) -> tuple[str, str]:
    """Name and value of the session cookie of a client."""
    cookie = session_cookie(client)
    assert cookie.value is not None
    return cookie.name, cookie.value


def sign_in(client: httpx.Client, name: str = "rina", password: str | None = None) -> httpx.Response:
    """Sign in, by default with the right password."""
    credentials = {"name": name, "password": PASSWORDS[name] if password is None else password}
    return client.post("/api/session", json=credentials)


@pytest.fixture
def pool(config: Config) -> Iterator[ConnectionPool]:
    with open_database(config) as pool:
        yield pool


@pytest.fixture
def store(pool: ConnectionPool) -> Callable[..., None]:
    """Writes events as the store does: `store(Health(...), CountsReport(...))`."""
    writer = EventWriter(pool)

    def write(*data: Any) -> None:
        writer.write([Event.wrap(facts, datetime.now(UTC)) for facts in data])

    return write
