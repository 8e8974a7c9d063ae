"""Marks of minutes whose records arrived late, so that their gaps are assessed again."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from analytics.uptime.minute_gap import REPORT_HOLDS_S
from pipelines.events.schema import LONGEST_LOSS, CountsReport, Event, GapReport, Health

MINUTE = timedelta(minutes=1)
"""Length of a minute."""
LATE_AFTER = timedelta(seconds=30)
"""Time after the end of a minute from which on its records are late. [assumption: live ones take a few seconds]"""
ASSESS_AFTER = timedelta(seconds=90)
"""Time after the end of a minute at which its gaps are assessed: a transaction that set no mark, because its records
were not late, has ended by then. [3 statements at `pipelines.store.pool.STATEMENT_TIMEOUT_MS`, 1 follows the marks]"""

_MARK = """
INSERT INTO gap_marks (camera_id, start_at)
SELECT * FROM unnest(%s::text[], %s::timestamptz[]) AS late (camera_id, start_at)
WHERE start_at < clock_timestamp() - %s AND start_at >= coalesce(now() - %s::interval, '-infinity')
"""
"""Marks the minutes that are late at present by the clock of the database. now() is the start of the transaction, which
may have waited for locks since, so that the minutes were assessed meanwhile."""
_MARK_ALL = """
INSERT INTO gap_marks (camera_id, start_at)
SELECT %s, minute FROM generate_series(%s::timestamptz, %s::timestamptz - interval '1 second', %s) AS minute
"""
"""Marks all minutes of a time."""


def mark_late(connection: psycopg.Connection[Any], events: Sequence[Event], kept: timedelta | None = None) -> None:
    """Mark the minutes that the events report, where they are late by the clock of the database.

    kept: time for which the records of minutes are kept; older minutes keep their gaps. None for ever.
    """
    minutes = sorted({minute for event in events for minute in _minutes(event)})
    if minutes:
        cameras, starts = zip(*minutes, strict=True)
        connection.execute(_MARK, [list(cameras), list(starts), MINUTE + LATE_AFTER, kept])


def mark_minutes(connection: psycopg.Connection[Any], camera: str, start: datetime, end: datetime) -> None:
    """Mark all minutes of a camera from one to another, without the latter."""
    connection.execute(_MARK_ALL, [camera, start, end, MINUTE])


def minute_of(at: datetime) -> datetime:
    """Return the start of the minute of a time."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _minutes(event: Event) -> Iterator[tuple[str, datetime]]:
    match event.data:
        case CountsReport() as counts:
            yield counts.camera_id, minute_of(counts.start_at)
        case Health() as health:
            yield health.camera_id, minute_of(health.at)
            yield health.camera_id, minute_of(health.at + timedelta(seconds=REPORT_HOLDS_S))
        case GapReport(lost="counts") as gap:
            minute, end = minute_of(gap.start_at), min(gap.end_at, gap.start_at + LONGEST_LOSS)
            while minute < end:
                yield gap.camera_id, minute
                minute += MINUTE
