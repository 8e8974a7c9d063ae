"""An incident as people read it: the row with the names and the place of its camera."""

import base64
from datetime import datetime

from analytics.camera import Position
from analytics.facts import IncidentType
from portal.cameras.catalogue import CatalogueEntry
from portal.incidents.queries import IncidentRow
from portal.incidents.schemas import Incident


def as_incident(row: IncidentRow, entry: CatalogueEntry) -> Incident:
    place = entry.position if row.lat is None or row.lon is None else Position(lat=row.lat, lon=row.lon)
    return Incident(
        id=row.incident_id,
        camera_id=row.camera_id,
        camera_name=entry.camera.name,
        site_name=entry.site.name if entry.site else None,
        type=IncidentType(row.type),
        zone=row.zone,
        start_at=row.start_at,
        detected_at=row.detected_at,
        end_at=row.end_at,
        pixel=(row.u, row.v),
        position=place,
        confidence=row.confidence,
        evidence=row.evidence,
        reason=row.reason,
        snapshot=f"/api/incidents/{row.incident_id}/snapshot.jpg" if row.snapshot else None,
    )


def to_cursor(row: IncidentRow) -> str:
    """Where the next page begins, opaque to the client."""
    return base64.urlsafe_b64encode(f"{row.detected_at.isoformat()} {row.incident_id}".encode()).decode()


def from_cursor(cursor: str) -> tuple[datetime, str]:
    """Raises ValueError for anything that `to_cursor` did not make."""
    at, _, incident_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
    detected_at = datetime.fromisoformat(at)
    if detected_at.tzinfo is None or not incident_id:
        raise ValueError(f"not a cursor: {cursor!r}")
    return detected_at, incident_id
