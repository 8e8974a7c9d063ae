"""HTTP server of the portal: its socket, its start, and its end by Ctrl-C or SIGTERM."""

import errno
import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from fastapi import FastAPI

from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.store.pool import open_database
from portal.app import create_app
from portal.http_protocol import LimitedHttpProtocol

log = structlog.get_logger(__name__)

OnUp = Callable[[str], None]
"""Called with the address once requests are answered."""
KEEP_ALIVE_S = 75
"""Seconds for which an idle connection stays open: longer than proxies keep theirs, which would else meet a closed one.
[source: nginx keepalive_timeout, 60 s; AWS load balancers, 60 s]"""
MAX_FILES = 16_384
"""Open files of the portal, one for each stream and more; the usual limit is 1024. [assumption]"""
GRACE_S = 1
"""Seconds that unfinished answers have when the portal stops; streams end at once. [assumption]"""


@contextmanager
def listening_socket(portal: PortalConfig) -> Iterator[socket.socket]:
    """The socket of the portal. Open it first, so that a busy port is reported before other parts start.

    Raises UserError if the address cannot be used.
    """
    try:
        listener = socket.create_server((portal.host, portal.port), family=_family(portal.host))
    except OSError as error:
        raise UserError(f"portal.port: {_reason(portal, error)}") from None
    with listener:
        yield listener


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, which `docker stop` and systemd send, end the program like Ctrl-C: through every `with` block."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def serve_portal(config: Config, on_up: OnUp) -> None:
    """Serve the portal alone, over a database that other processes write, until Ctrl-C or SIGTERM."""
    with sigterm_as_interrupt(), listening_socket(config.portal) as listener, open_database(config) as pool:
        serve(create_app(config, pool), listener, on_up)


def serve(app: FastAPI, listener: socket.socket, on_up: OnUp) -> None:
    """Serve `app` until Ctrl-C or SIGTERM."""
    allow_files(MAX_FILES)
    with _uvicorn_logs(), suppress(KeyboardInterrupt):
        PortalServer(app, listener, on_up).run()


def allow_files(number: int) -> None:
    """Raise the limit of open files of this process to `number`, as far as the system permits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def address_of(listener: socket.socket) -> str:
    """Address of the portal for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (no address to listen on)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class PortalServer(uvicorn.Server):
    """uvicorn server that ends the open streams first: uvicorn would wait for them before it stops the app."""

    def __init__(self, app: FastAPI, listener: socket.socket, on_up: OnUp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=LimitedHttpProtocol,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._app = app
        self._listener = listener
        self._on_up = on_up

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        super().run(sockets or [self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_up(address_of(self._listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.live.broadcaster.close()
        await super().shutdown(sockets)


class _ToStructlog(logging.Handler):
    """Forwards uvicorn's warnings and errors to the log of the program."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


@contextmanager
def _uvicorn_logs() -> Iterator[None]:
    logger, handler = logging.getLogger("uvicorn"), _ToStructlog(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _reason(portal: PortalConfig, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{portal.port} on {portal.host} is taken by another program; stop that one or choose another port"
    return f"cannot listen on {portal.host} port {portal.port} ({error.strerror or error}); correct portal.host or port"
