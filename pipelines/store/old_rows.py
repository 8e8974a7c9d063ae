"""Old rows: compressed, and deleted after the time for which the configuration keeps them.

The same job serves every server: TimescaleDB with its licence compresses and drops chunks, the build without it drops
them, and PostgreSQL deletes rows. Rows from which history or gaps are still to be computed stay. Each step is a
transaction of its own. Several stores may run it at once: one of them does the next step. See
docs/adr/0177-writes-and-old-rows.md.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Flag
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from pipelines.config.retention_settings import DROPPED_AFTER, RetentionConfig
from pipelines.retry import Backoff
from pipelines.store.polling_thread import PollingThread
from pipelines.store.pool import transaction
from pipelines.store.tables import TIME_SERIES
from pipelines.store.timescale import compress_next, drop_next, has_hypertables, may_compress

log = structlog.get_logger()

EVERY_S = 3600.0
"""Seconds between two passes. [assumption]"""
BACKOFF = Backoff(first_s=10.0, longest_s=600.0)
"""Delays after a failure, in seconds. [assumption]"""
STEP_MS = 600_000
"""Longest time of a step in milliseconds: a chunk of a day of 300 cameras. [assumption]"""
ROWS_PER_STEP = 20_000
"""Most rows that one statement deletes. [assumption: some seconds]"""
ROWS_PER_CAMERA = 1_000
"""Most rows of a camera among them, so that all cameras grow old alike. [assumption]"""
NEEDED_BEFORE = timedelta(days=1)
"""Time before a mark whose rows its buckets may need. [a day of the city, the longest bucket]"""
LOCK = int.from_bytes(b"old")
"""Key of the advisory lock of a step. [arbitrary]"""

# Time before which no pending computation needs a row. least() ignores NULL.
_UNNEEDED = """
SELECT least(
    now() - %(age)s,
    (SELECT min(from_at) FROM rollup_marks) - %(needed)s,
    (SELECT min(start_at) FROM gap_marks) - %(needed)s,
    (SELECT min(assessed_until) FROM gap_progress) - %(needed)s
)
"""
# The primary key begins with camera and time: the oldest rows of each camera are found without the others.
_DELETE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    WITH RECURSIVE camera (id) AS (
        SELECT min(camera_id) FROM {table}
        UNION ALL
        SELECT (SELECT min(camera_id) FROM {table} WHERE camera_id > id) FROM camera WHERE id IS NOT NULL
    )
    SELECT old.ctid FROM camera CROSS JOIN LATERAL (
        SELECT ctid FROM {table} WHERE camera_id = id AND {time} < %(before)s ORDER BY {time} LIMIT %(of_camera)s
    ) AS old LIMIT %(rows)s
))
"""

Connection = psycopg.Connection[Any]


def old_rows(pool: ConnectionPool, retention: RetentionConfig) -> PollingThread:
    """Return the thread that compresses and deletes."""
    steps = _Steps(pool, retention)

    def take(stop: Flag) -> bool:
        began = monotonic()
        has_more = steps.take()
        stop.wait(monotonic() - began)  # half of the database's time is left to writers and readers
        return has_more

    return PollingThread(
        "old rows",
        take,
        every_s=EVERY_S,
        backoff=BACKOFF,
        failure="old rows cannot be compressed or deleted; retrying",
    )


def tidy(pool: ConnectionPool, retention: RetentionConfig, stop: Flag | None = None) -> int:
    """Take all steps that are due; return their number."""
    steps, count = _Steps(pool, retention), 0
    while not (stop and stop.is_set()) and steps.take():
        count += 1
    return count


class _Steps:
    def __init__(self, pool: ConnectionPool, retention: RetentionConfig) -> None:
        self._pool, self._retention = pool, retention
        self._jobs: dict[str, Callable[[Connection], bool]] = {"deleted": self._delete, "compressed": self._compress}

    def take(self) -> bool:
        """Take the next step; return whether there was one. What the database refuses is not tried again."""
        return any(self._take(done, job) for done, job in tuple(self._jobs.items()))

    def _take(self, done: str, job: Callable[[Connection], bool]) -> bool:
        with transaction(self._pool, STEP_MS) as connection:
            (is_free,) = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchall()[0]
            try:
                return is_free and job(connection)
            except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege) as error:
                del self._jobs[done]
                advice = "let the owner of the tables run the store; or set the days in `retention` to null"
                log.warning(f"old rows are not {done}", error=str(error).splitlines()[0], advice=advice)
                connection.rollback()
                return False

    def _delete(self, connection: Connection) -> bool:
        delete = drop_next if has_hypertables(connection) else _delete_rows
        for table in TIME_SERIES:
            days = self._retention.days_of(table)
            if days is None:
                continue
            parameters = {"age": timedelta(days=days) + DROPPED_AFTER, "needed": NEEDED_BEFORE}
            (before,) = connection.execute(_UNNEEDED, parameters).fetchall()[0]
            if delete(connection, table, before):
                return True
        return False

    def _compress(self, connection: Connection) -> bool:
        after_days = self._retention.compress_after_days
        if after_days is None or not may_compress(connection):
            return False
        (before,) = connection.execute("SELECT now() - %s", [timedelta(days=after_days)]).fetchall()[0]
        return any(compress_next(connection, table, before) for table in TIME_SERIES)


def _delete_rows(connection: Connection, table: str, before: datetime) -> bool:
    query = _DELETE.format(table=table, time=TIME_SERIES[table])
    parameters = {"before": before, "of_camera": ROWS_PER_CAMERA, "rows": ROWS_PER_STEP}
    return connection.execute(query, parameters).rowcount > 0
