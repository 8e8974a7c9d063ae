"""SQL of the quality of incidents: each with its verdict and the time of the first step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from analytics.incidents.quality import JudgedIncident

# Incidents of a period with the last verdict and the first step.
_JUDGED = """
SELECT incidents.incident_id, camera_id, type, detected_at, end_at, confidence::float8,
    extract(epoch FROM detected_at - start_at)::float8 AS delay_s, last.confirmed,
    extract(epoch FROM first.at - detected_at)::float8 AS acknowledge_s
FROM incidents
LEFT JOIN LATERAL (
    SELECT step.confirmed FROM incident_steps AS step WHERE step.incident_id = incidents.incident_id
    ORDER BY step.n DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT step.at FROM incident_steps AS step
    WHERE step.incident_id = incidents.incident_id AND step.state <> 'new' ORDER BY step.n LIMIT 1
) AS first ON true
WHERE camera_id = ANY(%(cameras)s) AND detected_at >= %(from_at)s AND detected_at < %(to_at)s
"""
# Users that took a step on an incident of these cameras.
_OPERATORS = """
SELECT count(DISTINCT step.taken_by) FROM incident_steps AS step JOIN incidents USING (incident_id)
WHERE camera_id = ANY(%(cameras)s) AND step.at >= %(from_at)s AND step.at < %(to_at)s
"""
# First record of each camera.
_KNOWN_SINCE = "SELECT camera_id, min(since) FROM camera_service WHERE camera_id = ANY(%s) GROUP BY camera_id"


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """An incident with its verdict. Times in seconds."""

    incident_id: str
    camera_id: str
    type: str
    detected_at: datetime
    end_at: datetime | None
    confidence: float
    delay_s: float
    confirmed: bool | None
    acknowledge_s: float | None

    @property
    def judged(self) -> JudgedIncident:
        return JudgedIncident(
            confidence=round(self.confidence, 4),
            confirmed=self.confirmed,
            delay_s=self.delay_s,
            acknowledge_s=self.acknowledge_s,
        )


def judged_incidents(
    connection: Connection, cameras: Sequence[str], from_at: datetime, to_at: datetime
) -> list[JudgedRow]:
    """Incidents of these cameras that were detected in a period."""
    with connection.cursor(row_factory=class_row(JudgedRow)) as cursor:
        return cursor.execute(_JUDGED, {"cameras": list(cameras), "from_at": from_at, "to_at": to_at}).fetchall()


def count_operators(connection: Connection, cameras: Sequence[str], from_at: datetime, to_at: datetime) -> int:
    """Number of users that took a step in a period on incidents of these cameras."""
    found = connection.execute(_OPERATORS, {"cameras": list(cameras), "from_at": from_at, "to_at": to_at}).fetchone()
    return 0 if found is None else int(found[0])


def known_since(connection: Connection, cameras: Sequence[str]) -> dict[str, datetime]:
    """Time from which each camera is known, of those that are."""
    return dict(connection.execute(_KNOWN_SINCE, [list(cameras)]).fetchall())
