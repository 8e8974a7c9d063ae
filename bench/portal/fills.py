"""Requests that reach the portal for one new object, while a crowd asks nginx for it at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from psycopg_pool import ConnectionPool
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.portal.http_client import Connection
from bench.portal.nginx_process import shipped_nginx
from pipelines.config.settings import Config
from pipelines.errors import UserError
from portal.app import create_app
from portal.server import PortalServer, address_of, listening_socket

START_S = 30.0
"""Longest start of the portal, s. [assumption]"""


class CountedRequests:
    """ASGI middleware that counts the requests that reach the portal by path."""

    def __init__(self, app: ASGIApp, counts: Counter[str]) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._counts[scope["path"]] += 1
        await self._app(scope, receive, send)


def fills_per_object(folder: Path, config: Config, pool: ConnectionPool, paths: list[str], crowd: int) -> int:
    """The most requests at the portal for one of the paths, each asked for by a crowd at once.

    config: of a portal at a free port. Raises UserError where an answer is not 200.
    """
    counts: Counter[str] = Counter()
    with _portal(config, pool, counts) as portal, shipped_nginx(folder, portal, config.data_dir) as address:
        most = 0
        for path in paths:
            counts.clear()
            statuses = asyncio.run(_ask_at_once(address, path, crowd))
            if statuses != {200}:
                raise UserError(f"{path}: answers {sorted(statuses)}")
            most = max(most, counts.total())
        return most


@contextmanager
def _portal(config: Config, pool: ConnectionPool, counts: Counter[str]) -> Iterator[str]:
    with listening_socket(config.portal) as listener:
        app = create_app(config, pool)
        app.add_middleware(CountedRequests, counts=counts)
        server = PortalServer(app, listener, lambda _: None)
        thread = Thread(target=server.run)
        thread.start()
        deadline = time.monotonic() + START_S
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            yield address_of(listener)
        finally:
            server.should_exit = True
            thread.join()


async def _ask_at_once(address: str, path: str, crowd: int) -> set[int]:
    connections = [Connection(address) for _ in range(crowd)]
    await asyncio.gather(*(connection.open() for connection in connections))
    replies = await asyncio.gather(*(connection.get(path) for connection in connections))
    for connection in connections:
        connection.close()
    return {reply.status for reply in replies}
