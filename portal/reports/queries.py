"""SQL of the reports of viewers: one row for each camera, kind and hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class ReportRow:
    """Reports of one kind about one camera. first_at, last_at: hours."""

    camera_id: str
    kind: str
    n: int
    first_at: datetime
    last_at: datetime


# Adds a report to those of its hour; handled ones are open again with this one alone.
_ADD = """
INSERT INTO camera_reports (camera_id, kind, hour_at, n) VALUES (%s, %s, date_trunc('hour', %s::timestamptz), 1)
ON CONFLICT (camera_id, kind, hour_at) DO UPDATE SET
    n = CASE WHEN camera_reports.handled_at IS NULL THEN camera_reports.n + 1 ELSE 1 END,
    handled_at = NULL, handled_by = NULL
"""

# Reports that no operator has handled.
_OPEN = """
SELECT camera_id, kind, sum(n)::int AS n, min(hour_at) AS first_at, max(hour_at) AS last_at FROM camera_reports
WHERE handled_at IS NULL AND camera_id = ANY(%s)
GROUP BY camera_id, kind ORDER BY last_at DESC, n DESC, camera_id, kind
"""

# Marks reports as handled.
_HANDLE = """
UPDATE camera_reports SET handled_at = %s, handled_by = %s
WHERE camera_id = %s AND kind = %s AND handled_at IS NULL
"""


def add_report(connection: Connection, camera_id: str, kind: str, at: datetime) -> None:
    """Count a report. A kind that was handled within the hour is open again."""
    connection.execute(_ADD, [camera_id, kind, at])


def open_reports(connection: Connection, cameras: Sequence[str]) -> list[ReportRow]:
    """Reports of these cameras that no operator has handled, the newest first."""
    with connection.cursor(row_factory=class_row(ReportRow)) as cursor:
        return cursor.execute(_OPEN, [list(cameras)]).fetchall()


def handle_reports(connection: Connection, camera_id: str, kind: str, *, by: str, at: datetime) -> int:
    """Mark all reports of a kind about a camera as handled by an operator; return the number of rows."""
    return connection.execute(_HANDLE, [at, by, camera_id, kind]).rowcount
