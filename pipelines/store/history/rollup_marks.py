"""Marks of the periods whose rows changed since their roll-ups were computed.

A mark is inserted in the transaction of the rows, so that it is visible exactly when they are. No mark is ever updated
by a writer: two writers never wait for each other, and a refresh removes only marks whose rows it has read.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

MARK_S = 300
"""Length of a mark in seconds: the shortest bucket that is rolled up."""

# One mark for each time.
_MARK = """
INSERT INTO rollup_marks (camera_id, interval_s, from_at, to_at)
SELECT camera_id, 0, from_at, from_at + %s FROM unnest(%s::text[], %s::timestamptz[]) AS mark (camera_id, from_at)
"""


def mark_times(connection: psycopg.Connection[Any], times: Iterable[tuple[str, datetime]]) -> None:
    """Mark the five minutes around each time of a camera."""
    marks = sorted({(camera_id, int(at.timestamp()) // MARK_S) for camera_id, at in times})
    if marks:
        cameras = [camera_id for camera_id, _ in marks]
        begins = [datetime.fromtimestamp(number * MARK_S, UTC) for _, number in marks]
        connection.execute(_MARK, [timedelta(seconds=MARK_S), cameras, begins])


def mark_period(connection: psycopg.Connection[Any], camera_id: str, from_at: datetime, to_at: datetime) -> None:
    """Mark a period of a camera whose rows were written past the writer of events."""
    query = "INSERT INTO rollup_marks (camera_id, interval_s, from_at, to_at) VALUES (%s, 0, %s, %s)"
    connection.execute(query, [camera_id, from_at, to_at])
