"""SQL of incidents: a filtered list, newest first, one by id, and the recent ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from psycopg.rows import class_row
from pydantic import TypeAdapter

from analytics.facts import IncidentEvidence
from analytics.incidents.handling import CLOSED, OPEN, Handling, HandlingState

PENDING_FOR = timedelta(days=1)
"""Age after which an incident without any step is no longer to be handled. [assumption: the scene is empty]"""
MAX_RECENT = 500
"""Most incidents that are compared for changes in one round. [assumption]"""
_EVIDENCE = TypeAdapter(IncidentEvidence)
"""Reader of the column `evidence`."""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as stored, with its handling. (u, v): pixel in the frame."""

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
    state: HandlingState = HandlingState.NEW
    assignee: str | None = None
    confirmed: bool | None = None
    merged_into: str | None = None
    steps: int = 0

    def __post_init__(self) -> None:
        if self.evidence is not None:
            object.__setattr__(self, "evidence", _EVIDENCE.validate_python(self.evidence))
        object.__setattr__(self, "state", HandlingState(self.state))

    @property
    def handling(self) -> Handling:
        return Handling(
            state=self.state,
            assignee=self.assignee,
            confirmed=self.confirmed,
            merged_into=self.merged_into,
            steps=self.steps,
        )

    def is_pending(self, now: datetime) -> bool:
        """Whether it is still to be handled. The condition `_PENDING` is the same in SQL."""
        return self.state in OPEN and (self.steps > 0 or self.detected_at > now - PENDING_FOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Conditions of the list; None for no condition.

    from_at, to_at: range of the time of detection. open: True for incidents that last, False for those that ended.
    pending: True for incidents that are still to be handled, False for all others.
    visible: ids of the cameras whose incidents may be named as those that remain after a merger.
    before: position in the list (time of detection, id); only incidents behind it.
    """

    cameras: Sequence[str]
    type: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    open: bool | None = None
    pending: bool | None = None
    visible: Sequence[str] = ()
    before: tuple[datetime, str] | None = None


# An incident, and the handling after its last step.
_INCIDENTS = """
SELECT incident_id, camera_id, type, zone, start_at, detected_at, end_at, u, v, lat, lon, confidence, evidence, reason,
    snapshot, coalesce(last.state, 'new') AS state, last.assignee, last.confirmed, (
        SELECT other.incident_id FROM incidents AS other
        WHERE other.incident_id = last.merged_into AND other.camera_id = ANY(%(visible)s)) AS merged_into,
    coalesce(last.n, 0) AS steps
FROM incidents LEFT JOIN LATERAL (
    SELECT step.n, step.state, step.assignee, step.confirmed, step.merged_into FROM incident_steps AS step
    WHERE step.incident_id = incidents.incident_id ORDER BY step.n DESC LIMIT 1
) AS last ON true
"""
# The same as IncidentRow.is_pending.
_PENDING = f"""(coalesce(last.state <> ALL('{{{",".join(sorted(CLOSED))}}}'), true)
    AND (last.n IS NOT NULL OR detected_at > %(pending_since)s))"""

# Among these are all pending incidents. They are few, while all others grow for years.
_MAY_BE_PENDING = f"""incident_id = ANY(ARRAY(
    SELECT fresh.incident_id FROM incidents AS fresh WHERE fresh.detected_at > %(pending_since)s
    UNION
    SELECT step.incident_id FROM incident_steps AS step
    WHERE step.state = ANY('{{{",".join(sorted(OPEN))}}}') AND NOT EXISTS (
        SELECT FROM incident_steps AS later WHERE later.incident_id = step.incident_id AND later.n = step.n + 1)))
"""  # noqa: S608

# A page of the list.
_LIST = f"""
{_INCIDENTS}
WHERE camera_id = ANY(%(cameras)s)
  AND (%(type)s::text IS NULL OR type = %(type)s)
  AND (%(from_at)s::timestamptz IS NULL OR detected_at >= %(from_at)s)
  AND (%(to_at)s::timestamptz IS NULL OR detected_at < %(to_at)s)
  AND (%(open)s::boolean IS NULL OR (end_at IS NULL) = %(open)s)
  AND (%(pending)s::boolean IS NULL OR {_PENDING} = %(pending)s)
  AND (%(before_at)s::timestamptz IS NULL OR (detected_at, incident_id) < (%(before_at)s, %(before_id)s::text))
"""
# The newest first.
_ORDER = " ORDER BY detected_at DESC, incident_id DESC LIMIT %(limit)s"
# Without a search for pending incidents, which finds a page soon.
_LIST_OF_ALL = _LIST + _ORDER
# Pending incidents, which would be searched among all.
_LIST_OF_PENDING = f"{_LIST} AND {_MAY_BE_PENDING} {_ORDER}"

# One incident.
_ONE = f"{_INCIDENTS} WHERE incident_id = %(id)s AND camera_id = ANY(%(visible)s)"

# What changed since a time.
_RECENT = f"""
{_INCIDENTS}
WHERE camera_id = ANY(%(cameras)s) AND (detected_at > %(since)s OR end_at > %(since)s OR incident_id = ANY(ARRAY(
    SELECT step.incident_id FROM incident_steps AS step WHERE step.at > %(since)s)))
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
        "pending": wanted.pending,
        "pending_since": datetime.now(UTC) - PENDING_FOR,
        "before_at": before_at,
        "before_id": before_id,
        "visible": list(wanted.visible),
        "limit": limit,
    }
    query = _LIST_OF_PENDING if wanted.pending else _LIST_OF_ALL
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def find_incident(connection: Connection, incident_id: str, cameras: Sequence[str]) -> IncidentRow | None:
    """The incident with this id, if it is of one of the cameras."""
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return cursor.execute(_ONE, {"id": incident_id, "visible": list(cameras)}).fetchone()


def recent_incidents(connection: Connection, cameras: Sequence[str], since: datetime) -> list[IncidentRow]:
    """Incidents that were detected, ended or handled after `since`: the newest MAX_RECENT.

    They go to clients with any rights, so none names the incident that it was merged into.
    """
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return cursor.execute(_RECENT, {"cameras": list(cameras), "since": since, "visible": []}).fetchall()
