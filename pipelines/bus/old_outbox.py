"""Events in the SQLite file that was the outbox of version 0.1.0, for the first start after an update."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import structlog

log = structlog.get_logger()


def old_events(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield kind and body of the events, oldest first, up to the first damage. No file has no events."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            yield from database.execute("SELECT kind, body FROM outbox ORDER BY seq")
    except sqlite3.Error as error:
        log.error("the old outbox cannot be read to its end", path=str(path), error=error)


def remove_old(path: Path) -> None:
    """Rename the file, with its journal, so that it is not read again."""
    for part in (path, path.with_name(f"{path.name}-wal")):
        if part.exists():
            part.rename(part.with_name(f"{part.name}.imported"))
