"""SQL of the last minutes: gate crossings, observed time, and minutes in which the detector was blind."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from analytics.facts import Sight


@dataclass(frozen=True, slots=True)
class CrossingCount:
    """Number of crossings of one gate, direction and class within a UTC minute."""

    minute: datetime
    gate: str
    direction: str
    road_user: str
    n: int


@dataclass(frozen=True, slots=True)
class ObservedMinute:
    """Analysed seconds of a UTC minute."""

    minute: datetime
    observed_s: float


def crossing_counts(connection: Connection, camera_id: str, from_at: datetime, to_at: datetime) -> list[CrossingCount]:
    """Crossings of every gate by UTC minute, direction and class."""
    with connection.cursor(row_factory=class_row(CrossingCount)) as cursor:
        return cursor.execute(
            """SELECT date_trunc('minute', at) AS minute, gate, direction, road_user, count(*) AS n FROM crossings
            WHERE camera_id = %s AND at >= %s AND at < %s
            GROUP BY 1, 2, 3, 4""",
            [camera_id, from_at, to_at],
        ).fetchall()


def observed_minutes(
    connection: Connection, camera_id: str, from_at: datetime, to_at: datetime
) -> list[ObservedMinute]:
    """Analysed seconds of every UTC minute with any."""
    with connection.cursor(row_factory=class_row(ObservedMinute)) as cursor:
        return cursor.execute(
            """SELECT date_trunc('minute', start_at) AS minute, sum(observed_s)::float8 AS observed_s FROM observed
            WHERE camera_id = %s AND start_at >= %s AND start_at < %s
            GROUP BY 1 HAVING sum(observed_s) > 0""",
            [camera_id, from_at, to_at],
        ).fetchall()


def blind_minutes(connection: Connection, camera_id: str, from_at: datetime, to_at: datetime) -> set[datetime]:
    """UTC minutes in which the detector could not see the gates."""
    rows = connection.execute(
        """SELECT DISTINCT start_at FROM gate_intervals
        WHERE camera_id = %s AND start_at >= %s AND start_at < %s AND sight = %s""",
        [camera_id, from_at, to_at, Sight.BLIND.value],
    )
    return {start_at for (start_at,) in rows}
