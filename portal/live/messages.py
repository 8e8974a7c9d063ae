"""Messages of the stream: the state of a camera, the clock, an incident, and an event of the simulation."""

from datetime import datetime

from portal.cameras.catalogue import CatalogueEntry
from portal.incidents.queries import IncidentRow
from portal.incidents.view import as_incident
from portal.live.broadcaster import Message
from portal.live.camera_state import redact
from portal.live.schemas import CameraState, Clock
from portal.live.update import Update
from portal.simulation.schemas import NarratedEvent


def camera_message(entry: CatalogueEntry, state: CameraState) -> Message:
    """Message of a camera's state; operators receive it in full, other clients redacted."""
    public = redact(entry, state)
    return Message(
        coalesce_key=("camera", entry.id),
        event=Update("camera", public),
        camera=entry,
        operator_event=None if state == public else Update("camera", state),
    )


def narration_message(event: NarratedEvent, entry: CatalogueEntry | None) -> Message:
    """Message of an event of the simulation at a camera, or in the whole city."""
    return Message(coalesce_key=("narration", event.camera_id or ""), event=Update("narration", event), camera=entry)


def clock_message(now: datetime) -> Message:
    """Message that all states are current at `now`."""
    return Message(coalesce_key=("clock", ""), event=Update("clock", Clock(at=now)), camera=None)


def incident_message(entry: CatalogueEntry, row: IncidentRow) -> Message:
    """Message of an incident that was raised, changed or ended."""
    incident = as_incident(row, entry)
    return Message(coalesce_key=("incident", incident.id), event=Update("incident", incident), camera=entry)
