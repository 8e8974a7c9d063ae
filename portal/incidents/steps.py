"""SQL of the steps on incidents: the log of one, and a new step that depends on those before it.

The number of a step is part of the primary key, so that of two steps added at once one is refused.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from analytics.incidents.handling import CLOSED, Handling, HandlingState, StepContent, StepRefused, after
from pipelines.alerts.queue import utc_text
from pipelines.store.writer import CHANNEL

MERGE_LOCK = int.from_bytes(b"merge")
"""Key of the advisory lock under which incidents are merged, so that two never merge into each other. [arbitrary]"""

# The log of an incident.
_STEPS = """
SELECT n, at, taken_by, step, note, request_id, state, assignee, confirmed, (
    SELECT other.incident_id FROM incidents AS other
    WHERE other.incident_id = taken.merged_into AND other.camera_id = ANY(%s)) AS merged_into
FROM incident_steps AS taken WHERE taken.incident_id = %s ORDER BY n
"""
# The handling after the last step.
_LAST = """
SELECT state, assignee, confirmed, merged_into, n FROM incident_steps WHERE incident_id = %s ORDER BY n DESC LIMIT 1
"""
# The step that a request added.
_OF_REQUEST = """
SELECT incident_id, step, note, CASE step WHEN 'assigned' THEN assignee END,
    CASE step WHEN 'merged' THEN merged_into END, taken_by
FROM incident_steps WHERE request_id = %s
"""
# A new step. No row is added where its number or its request is taken.
_INSERT = """
INSERT INTO incident_steps
    (incident_id, n, taken_by, step, note, request_id, state, assignee, confirmed, merged_into)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
# When the first receiver had the alert.
_ALERTED = "SELECT min(delivered_at) FROM webhook_deliveries WHERE incident_id = %s AND phase = 'raised'"
# When it was escalated.
_ESCALATED = "SELECT min(created_at) FROM webhook_deliveries WHERE incident_id = %s AND phase = 'escalated'"
# A receiver that never had the alert of an incident is sent no step on it.
_QUEUE_ALERTS = f"""
INSERT INTO webhook_deliveries (webhook_id, incident_id, phase, payload)
SELECT webhook_id, incident_id, 'handled-' || taken.n, raised.payload || jsonb_build_object(
    'phase', 'handled', 'step', taken.step, 'n', taken.n, 'at', {utc_text("taken.at")},
    'end_at', {utc_text("incidents.end_at")})
FROM webhook_deliveries AS raised JOIN incident_steps AS taken USING (incident_id) JOIN incidents USING (incident_id)
WHERE incident_id = %(incident)s AND taken.n = %(n)s AND raised.phase = 'raised' AND webhook_id = ANY(%(webhooks)s)
"""  # noqa: S608
# Open pages read again what changed.
_NOTIFY = "SELECT pg_notify(%s, %s)"


class StepConflict(Exception):
    """Another step came first, or the id of the request belongs to another one. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as stored, with the handling after it."""

    n: int
    at: datetime
    taken_by: str
    step: str
    note: str
    request_id: UUID
    state: str
    assignee: str | None
    confirmed: bool | None
    merged_into: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """A step to add. known_steps: how many steps the operator knew of. request_id: the same for a repetition."""

    incident_id: str
    camera_id: str
    taken_by: str
    content: StepContent
    known_steps: int
    request_id: UUID


def list_steps(connection: Connection, incident_id: str, visible: Collection[str] = ()) -> list[StepRow]:
    """All steps on an incident, in order. visible: ids of the cameras whose incidents may be named as remaining."""
    with connection.cursor(row_factory=class_row(StepRow)) as cursor:
        return cursor.execute(_STEPS, [list(visible), incident_id]).fetchall()


def alert_times(connection: Connection, incident_id: str) -> tuple[datetime | None, datetime | None]:
    """When the first receiver had the alert, and when it was escalated; None for what did not happen."""
    times = [connection.execute(query, [incident_id]).fetchone() for query in (_ALERTED, _ESCALATED)]
    alerted, escalated = (None if found is None else found[0] for found in times)
    return alerted, escalated


def add_step(connection: Connection, new: NewStep, mergeable: Collection[str], webhooks: Collection[str]) -> None:
    """Add a step; the repetition of a request adds none.

    mergeable: ids of cameras whose incidents may remain. webhooks: ids of those that are sent each step.

    Raises StepRefused for a step that is not possible, and StepConflict where another step came first.
    """
    if new.content.merged_into is not None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MERGE_LOCK])
    if _is_repetition(connection, new):
        return
    if new.content.merged_into is not None:
        _require_mergeable(connection, new.incident_id, new.content.merged_into, mergeable)
    handling = _handling(connection, new.incident_id)
    if handling.steps != new.known_steps:
        _require_repetition(connection, new)
        return
    changed = after(handling, new.content)
    values = [
        new.incident_id,
        changed.steps,
        new.taken_by,
        new.content.step.value,
        new.content.note.strip(),
        new.request_id,
        changed.state.value,
        changed.assignee,
        changed.confirmed,
        changed.merged_into,
    ]
    if connection.execute(_INSERT, values).rowcount == 0:
        _require_repetition(connection, new)
        return
    if webhooks:  # without any, the role of the portal needs no right to queue alerts
        queued = {"n": changed.steps, "incident": new.incident_id, "webhooks": list(webhooks)}
        connection.execute(_QUEUE_ALERTS, queued)
    connection.execute(_NOTIFY, [CHANNEL, json.dumps({"kinds": ["incident"], "camera_ids": [new.camera_id]})])


def _handling(connection: Connection, incident_id: str) -> Handling:
    last = connection.execute(_LAST, [incident_id]).fetchone()
    if last is None:
        return Handling()
    state, assignee, confirmed, merged_into, n = last
    return Handling(
        state=HandlingState(state), assignee=assignee, confirmed=confirmed, merged_into=merged_into, steps=n
    )


def _is_repetition(connection: Connection, new: NewStep) -> bool:
    known = connection.execute(_OF_REQUEST, [new.request_id]).fetchone()
    if known is None:
        return False
    content = new.content
    asked = (new.incident_id, content.step, content.note.strip(), content.assignee, content.merged_into, new.taken_by)
    if known != asked:
        raise StepConflict("This request_id belongs to another step; give each step its own.")
    return True


def _require_repetition(connection: Connection, new: NewStep) -> None:
    """Raise StepConflict unless the step that came first is this request, which was still under way before."""
    if not _is_repetition(connection, new):
        raise _conflict(connection, new)


def _conflict(connection: Connection, new: NewStep) -> StepConflict:
    steps = list_steps(connection, new.incident_id)
    if not steps:
        return StepConflict("No step on this incident is stored, so the given number is wrong; load it again.")
    last = steps[-1]
    return StepConflict(
        f"Meanwhile {last.taken_by} changed this incident: {last.step} at {last.at:%H:%M:%S} UTC. Load it again, and"
        " repeat the step if it still applies."
    )


def _require_mergeable(connection: Connection, incident_id: str, remaining: str, cameras: Collection[str]) -> None:
    query = "SELECT 1 FROM incidents WHERE incident_id = %s AND camera_id = ANY(%s)"
    if remaining == incident_id or connection.execute(query, [remaining, list(cameras)]).fetchone() is None:
        raise StepRefused("merged_into: there is no other incident with this id.")
    handling = _handling(connection, remaining)
    if handling.state is HandlingState.MERGED:
        raise StepRefused("merged_into: that incident is itself merged into another; give the one that remains.")
    if handling.state in CLOSED:
        raise StepRefused(f"merged_into: that incident is {handling.state}; reopen it first, or give an open one.")
