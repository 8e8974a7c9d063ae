"""Serving the portal until someone asks it to stop."""

import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from pipelines.config import PortalConfig
from pipelines.errors import BadInput

GRACE_S = 1
"""Answers that are under way when the portal stops have this long; streams are ended at once."""


@contextmanager
def listening_socket(portal: PortalConfig) -> Iterator[socket.socket]:
    """The socket of the portal, taken first of all, so that a busy port is told before anything else has started.

    Raises BadInput where the address cannot be used.
    """
    try:
        listener = socket.create_server((portal.host, portal.port), family=_family(portal.host))
    except OSError as error:
        raise BadInput(f"portal.port: {_why_not(portal, error)}") from None
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


def serve(app: FastAPI, listener: socket.socket, up: Callable[[str], None]) -> None:
    """Serves until Ctrl-C or SIGTERM. up: is given the address once requests are answered."""
    with suppress(KeyboardInterrupt):
        PortalServer(app, listener, up).run()


def address_of(listener: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (a comparison)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class PortalServer(uvicorn.Server):
    """uvicorn waits for open answers before it ends the app; ours must end the streams first, or it waits in vain."""

    def __init__(self, app: FastAPI, listener: socket.socket, up: Callable[[str], None]) -> None:
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
        self._app.state.live.hub.close()
        await super().shutdown(sockets)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _why_not(portal: PortalConfig, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{portal.port} on {portal.host} is taken by another program; stop that one or choose another port"
    return f"cannot listen on {portal.host} port {portal.port} ({error.strerror or error}); correct portal.host or port"
