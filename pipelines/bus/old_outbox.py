"""Events in the SQLite file that was the outbox of version 0.1.0, for the first start after an update."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import structlog

from pipelines.errors import UserError

log = structlog.get_logger()

_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
"""Errors while another process writes. [source: SQLite result codes]"""
_NOT_READ = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM)
"""Errors of the disk, not of the content. [source: SQLite result codes]"""


def old_events(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield kind and body of the events, oldest first, up to the first damage. No file has no events.

    Raises UserError where another process uses the file, and OSError where the disk fails: the file has to stay.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            yield from database.execute("SELECT kind, body FROM outbox ORDER BY seq")
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
        if code in _IN_USE:
            raise UserError(f"{path}: in use by another Simpang; stop it first") from error
        if code in _NOT_READ:
            raise OSError(f"{path}: {error}") from error
        log.error("the old outbox cannot be read to its end", path=str(path), error=error)


def remove_old(path: Path) -> None:
    """Rename the file, with its journal, so that it is not read again."""
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(f"{path.name}.imported{suffix}"))
