"""Refresh of roll-ups: buckets that marks touch are computed again from their rows.

A bucket is computed once it is over. A refresh of a camera is one transaction in one snapshot: it reads the rows,
stores the buckets, and removes the marks that it sees. A row that is committed later brings a mark that stays. Several
programs may refresh one database.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import structlog
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from pipelines.store.database_errors import DatabaseUnavailable, StatementTooSlow
from pipelines.store.history.bucket_edges import DAY_S, bucket_edges
from pipelines.store.history.bucket_queries import Bucket, BucketRange, Run, buckets_from_rows
from pipelines.store.history.rollups import ROLLED_UP_S
from pipelines.store.pool import transaction

log = structlog.get_logger()

SETTLE = timedelta(minutes=2)
"""Time after the end of a bucket before it is computed: its events arrive meanwhile. [assumption]"""
QUIET = timedelta(minutes=1)
"""Time without a new mark before past buckets of a camera are computed: a backlog is coming in. [assumption]"""
LONGEST_WAIT = timedelta(minutes=15)
"""Time after which they are computed all the same. [assumption]"""
SLICE = timedelta(seconds=DAY_S)
"""Longest period that one transaction computes, however many marks there are."""
LOCK = int.from_bytes(b"roll")
"""First key of the advisory lock of a camera's refresh; the second is a hash of its id. [arbitrary]"""

BUCKETS_PER_STATEMENT = 20
"""Roll-ups of one INSERT, about 40 KB: larger messages crash PGlite, the TimescaleDB of the tests. [measured]"""

_EMPTY: Bucket = {"observed_s": 0.0, "gates": {}, "zones": {}}
"""Bucket without any row."""

# Cameras with marks of past times, those that have waited for longest first.
_DUE = """
SELECT camera_id FROM rollup_marks WHERE to_at <= now() - %(settle)s GROUP BY camera_id
HAVING max(made_at) <= now() - %(quiet)s OR min(made_at) <= now() - %(longest)s
ORDER BY min(made_at)
"""
# Marks of one camera and of past times.
_MARKS = """
SELECT id, interval_s, from_at, to_at FROM rollup_marks
WHERE camera_id = %(camera)s AND to_at <= now() - %(settle)s ORDER BY id
"""
# Buckets that are not over yet, each once.
_REMEMBER = """
INSERT INTO rollup_marks (camera_id, interval_s, from_at, to_at)
SELECT %(camera)s, %(interval)s, from_at, to_at
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS later (from_at, to_at)
WHERE NOT EXISTS (
    SELECT FROM rollup_marks AS m WHERE m.camera_id = %(camera)s AND m.interval_s = %(interval)s
        AND m.from_at = later.from_at AND m.to_at = later.to_at
)
"""
# Roll-ups between other edges are those of a city that changed its time zone.
_REMOVE = """
DELETE FROM rollups USING unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS computed (start_at, end_at)
WHERE camera_id = %(camera)s AND interval_s = %(interval)s
    AND rollups.start_at < computed.end_at AND rollups.end_at > computed.start_at
    AND rollups.start_at > computed.start_at - interval '2 days'
"""
# Computed buckets.
_INSERT = """
INSERT INTO rollups (camera_id, interval_s, start_at, end_at, found)
SELECT %(camera)s, %(interval)s, * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[], %(found)s::jsonb[])
"""

Connection = psycopg.Connection[Any]
_Mark = tuple[int, int, datetime, datetime]
"""Id, length of the buckets or 0 for all, beginning, end."""


def refresh(
    pool: ConnectionPool,
    zone: ZoneInfo,
    *,
    at_once: bool = False,
    is_stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Compute the buckets that are due, of one camera after the other; return the number of cameras.

    zone: time zone of the city. at_once: also buckets that just ended or whose rows are still coming in.
    A camera with a long period is due again. Raises DatabaseUnavailable.
    """
    none = timedelta(0)
    settle, quiet = (none, none) if at_once else (SETTLE, QUIET)
    with transaction(pool) as connection:
        due = connection.execute(_DUE, {"settle": settle, "quiet": quiet, "longest": LONGEST_WAIT}).fetchall()
    count = 0
    for (camera_id,) in due:
        if is_stopped():
            break
        try:
            with transaction(pool) as connection:
                count += _refresh_unless_taken(connection, camera_id, zone, settle)
        except StatementTooSlow as error:
            log.warning("roll-ups of a camera take too long; they are tried again", camera=camera_id, error=error)
        except DatabaseUnavailable:
            raise
        except Exception:  # a fault in one camera's rows must not end the refresh of the others
            log.exception("roll-ups of a camera were not computed", camera=camera_id)
    return count


def _refresh_unless_taken(connection: Connection, camera_id: str, zone: ZoneInfo, settle: timedelta) -> bool:
    """Refresh a camera; False where another program refreshes it or has just done so."""
    try:
        return refresh_camera(connection, camera_id, zone, settle)
    except psycopg.errors.SerializationFailure:
        connection.rollback()
        return False


def refresh_camera(connection: Connection, camera_id: str, zone: ZoneInfo, settle: timedelta) -> bool:
    """Compute the buckets of a camera that are due, in one transaction that this must begin.

    Return False where another program holds the camera.
    """
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    query = "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s)), now()"
    is_free, now = connection.execute(query, [LOCK, camera_id]).fetchall()[0]
    if not is_free:
        return False
    marks: list[_Mark] = connection.execute(_MARKS, {"camera": camera_id, "settle": settle}).fetchall()
    periods = _take(connection, marks)
    for interval_s in ROLLED_UP_S:
        touched = _buckets_in([*periods[0], *periods[interval_s]], interval_s, zone)
        over = [bucket for bucket in touched if bucket[1] <= now - settle]
        _remember(connection, camera_id, interval_s, touched[len(over) :])
        _compute(connection, camera_id, interval_s, over)
    return True


def _take(connection: Connection, marks: Sequence[_Mark]) -> dict[int, list[Run]]:
    """Remove the marks of the newest marked day, and return their periods by interval; the rest stays marked."""
    periods: dict[int, list[Run]] = defaultdict(list)
    done = []
    if not marks:
        return periods
    earliest = max(to_at for *_, to_at in marks) - SLICE
    for number, interval_s, from_at, to_at in marks:
        if to_at <= earliest:
            continue
        begin = max(from_at, earliest)
        periods[interval_s].append((begin, to_at))
        if begin == from_at:
            done.append(number)
        else:
            connection.execute("UPDATE rollup_marks SET to_at = %s WHERE id = %s", [begin, number])
    connection.execute("DELETE FROM rollup_marks WHERE id = ANY(%s)", [done])
    return periods


def _buckets_in(periods: Iterable[Run], interval_s: int, zone: ZoneInfo) -> list[Run]:
    """Return the buckets that periods touch, in order."""
    found = {
        bucket for start, end in _joined(periods) for bucket in pairwise(bucket_edges(start, end, interval_s, zone))
    }
    return sorted(found)


def _joined(periods: Iterable[Run]) -> list[Run]:
    """Return the union of periods as runs."""
    runs: list[Run] = []
    for start, end in sorted(periods):
        if runs and start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        else:
            runs.append((start, end))
    return runs


def _remember(connection: Connection, camera_id: str, interval_s: int, buckets: Sequence[Run]) -> None:
    """Mark buckets that are not over yet."""
    if buckets:
        connection.execute(_REMEMBER, _parameters(camera_id, interval_s, buckets))


def _compute(connection: Connection, camera_id: str, interval_s: int, buckets: Sequence[Run]) -> None:
    """Store buckets as their rows are now; an empty one where there is none."""
    if not buckets:
        return
    edges = sorted({edge for bucket in buckets for edge in bucket})
    span = BucketRange(camera_id=camera_id, edges=edges, interval_s=interval_s, runs=_joined(buckets))
    found = {edges[number]: bucket for number, bucket in buckets_from_rows(connection, span).items()}
    connection.execute(_REMOVE, _parameters(camera_id, interval_s, buckets))
    for first in range(0, len(buckets), BUCKETS_PER_STATEMENT):
        some = buckets[first : first + BUCKETS_PER_STATEMENT]
        rolled_up = [Jsonb(found.get(start, _EMPTY)) for start, _ in some]
        connection.execute(_INSERT, {**_parameters(camera_id, interval_s, some), "found": rolled_up})


def _parameters(camera_id: str, interval_s: int, buckets: Sequence[Run]) -> dict[str, Any]:
    return {
        "camera": camera_id,
        "interval": interval_s,
        "starts": [start for start, _ in buckets],
        "ends": [end for _, end in buckets],
    }
