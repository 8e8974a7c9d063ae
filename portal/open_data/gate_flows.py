"""SQL of the flow at gates over the last whole minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

# Persons are no vehicles. Minutes in which the detector was blind are not observed.
_FLOWS = """
WITH of_minutes AS (
    SELECT camera_id, gate, direction, sum(coverage * extract(epoch FROM end_at - start_at))::float8 AS observed_s
    FROM gate_intervals
    WHERE camera_id = ANY(%(cameras)s) AND start_at >= %(from_at)s AND start_at < %(to_at)s
      AND coverage > 0 AND sight IS DISTINCT FROM 'blind'
    GROUP BY camera_id, gate, direction
), of_vehicles AS (
    SELECT camera_id, gate, direction, count(*)::int AS vehicles,
        count(*) FILTER (WHERE speed_kmh > 0) / sum(1 / speed_kmh) FILTER (WHERE speed_kmh > 0) AS speed_kmh
    FROM crossings
    WHERE camera_id = ANY(%(cameras)s) AND at >= %(from_at)s AND at < %(to_at)s AND road_user <> 'person'
    GROUP BY camera_id, gate, direction
)
SELECT camera_id, gate, direction, observed_s, coalesce(vehicles, 0) AS vehicles, speed_kmh::float8 AS speed_kmh
FROM of_minutes LEFT JOIN of_vehicles USING (camera_id, gate, direction)
"""


@dataclass(frozen=True, slots=True)
class GateFlow:
    """Vehicles that crossed one direction of a gate. speed_kmh: their space-mean speed; None without calibration."""

    camera_id: str
    gate: str
    direction: str
    observed_s: float
    vehicles: int
    speed_kmh: float | None


def gate_flows(
    connection: Connection, cameras: Sequence[str], from_at: datetime, to_at: datetime
) -> dict[tuple[str, str, str], GateFlow]:
    """Flow by camera, gate and direction, of those that were observed in the period."""
    with connection.cursor(row_factory=class_row(GateFlow)) as cursor:
        parameters = {"cameras": list(cameras), "from_at": from_at, "to_at": to_at}
        rows = cursor.execute(_FLOWS, parameters).fetchall()
    return {(row.camera_id, row.gate, row.direction): row for row in rows}
