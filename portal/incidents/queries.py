"""SQL of incidents: a filtered list, newest first, one by id, and the recent ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row
from pydantic import TypeAdapter

from analytics.facts import IncidentEvidence

MAX_RECENT = 500
"""Most incidents that are compared for changes in one round. [assumption]"""
_EVIDENCE = TypeAdapter(IncidentEvidence)
"""Reader of the column `evidence`."""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as stored. (u, v): pixel in the frame."""

    incident_id: str
    camera_id: str
    type: str
    zone: str | None
    start_at: datetime
    detected_at: datetime
    end_at: datetime | None
    u: float
    v: float
    lat: float | None
    lon: float | None
    confidence: float
    evidence: IncidentEvidence | None
    reason: str
    snapshot: str | None

    def __post_init__(self) -> None:
        if self.evidence is not None:
            object.__setattr__(self, "evidence", _EVIDENCE.validate_python(self.evidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Conditions of the list; None for no condition.

    from_at, to_at: range of the time of detection. open: True for incidents that last, False for those that ended.
    before: position in the list (time of detection, id); only incidents behind it.
    """

    cameras: Sequence[str]
    type: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    open: bool | None = None
    before: tuple[datetime, str] | None = None


# Columns of an incident.
_COLUMNS = """incident_id, camera_id, type, zone, start_at, detected_at, end_at, u, v, lat, lon, confidence, evidence,
    reason, snapshot"""

_LIST = f"""
SELECT {_COLUMNS} FROM incidents
WHERE camera_id = ANY(%(cameras)s)
  AND (%(type)s::text IS NULL OR type = %(type)s)
  AND (%(from_at)s::timestamptz IS NULL OR detected_at >= %(from_at)s)
  AND (%(to_at)s::timestamptz IS NULL OR detected_at < %(to_at)s)
  AND (%(open)s::boolean IS NULL OR (end_at IS NULL) = %(open)s)
  AND (%(before_at)s::timestamptz IS NULL OR (detected_at, incident_id) < (%(before_at)s, %(before_id)s::text))
ORDER BY detected_at DESC, incident_id DESC
LIMIT %(limit)s
"""  # noqa: S608 (only constants are inserted)

_ONE = f"SELECT {_COLUMNS} FROM incidents WHERE incident_id = %s AND camera_id = ANY(%s)"  # noqa: S608

_RECENT = f"""
SELECT {_COLUMNS} FROM incidents
WHERE camera_id = ANY(%s) AND (detected_at > %s OR end_at > %s)
ORDER BY detected_at DESC LIMIT {MAX_RECENT}
"""  # noqa: S608


def list_incidents(connection: Connection, wanted: IncidentFilter, limit: int) -> list[IncidentRow]:
    """At most `limit` incidents that meet the conditions, the newest first."""
    before_at, before_id = wanted.before or (None, None)
    parameters = {
        "cameras": list(wanted.cameras),
        "type": wanted.type,
        "from_at": wanted.from_at,
        "to_at": wanted.to_at,
        "open": wanted.open,
        "before_at": before_at,
        "before_id": before_id,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return cursor.execute(_LIST, parameters).fetchall()


def find_incident(connection: Connection, incident_id: str, cameras: Sequence[str]) -> IncidentRow | None:
    """The incident with this id, if it is of one of the cameras."""
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return cursor.execute(_ONE, [incident_id, list(cameras)]).fetchone()


def recent_incidents(connection: Connection, cameras: Sequence[str], since: datetime) -> list[IncidentRow]:
    """Incidents that were detected or ended after `since`: the newest MAX_RECENT."""
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return cursor.execute(_RECENT, [list(cameras), since, since]).fetchall()
