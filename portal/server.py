"""Serving the portal until someone asks it to stop."""

import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from fastapi import FastAPI

from pipelines.config.settings import Config, PortalConfig
from pipelines.errors import UserError
from pipelines.store.pool import open_database
from portal.app import create_app

log = structlog.get_logger(__name__)

Up = Callable[[str], None]
"""Is given the address once requests are answered."""
GRACE_S = 1
"""Answers that are under way when the portal stops have this long; streams are ended at once."""


@contextmanager
def listening_socket(portal: PortalConfig) -> Iterator[socket.socket]:
    """The socket of the portal, taken first of all, so that a busy port is told before anything else has started.

    Raises UserError where the address cannot be used.
    """
    try:
        listener = socket.create_server((portal.host, portal.port), family=_family(portal.host))
    except OSError as error:
        raise UserError(f"portal.port: {_why_not(portal, error)}") from None
    with listener:
        yield listener


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """`docker stop` and systemd then end as Ctrl-C does: through every `with` block."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def serve_portal(config: Config, up: Up) -> None:
    """The portal alone, on the database that others fill, until Ctrl-C or SIGTERM."""
    with sigterm_as_interrupt(), listening_socket(config.portal) as listener, open_database(config) as pool:
        serve(create_app(config, pool), listener, up)


def serve(app: FastAPI, listener: socket.socket, up: Up) -> None:
    """Serves until Ctrl-C or SIGTERM."""
    with _uvicorn_logs(), suppress(KeyboardInterrupt):
        PortalServer(app, listener, up).run()


def address_of(listener: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (a comparison)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class PortalServer(uvicorn.Server):
    """uvicorn waits for open answers before it ends the app; ours must end the streams first, or it waits in vain."""

    def __init__(self, app: FastAPI, listener: socket.socket, up: Up) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_S
            )
        )
        self._app = app
        self._listener = listener
        self._up = up

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        super().run(sockets or [self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._up(address_of(self._listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.live.broadcaster.close()
        await super().shutdown(sockets)


class _ToStructlog(logging.Handler):
    """What uvicorn has to complain about, in our own logs."""

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


def _why_not(portal: PortalConfig, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{portal.port} on {portal.host} is taken by another program; stop that one or choose another port"
    return f"cannot listen on {portal.host} port {portal.port} ({error.strerror or error}); correct portal.host or port"
