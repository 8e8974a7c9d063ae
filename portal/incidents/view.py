"""An incident as the API shows it: its row with the names and the position of its camera."""

from datetime import UTC, datetime

from analytics.camera import Position
from analytics.facts import IncidentType
from portal.cameras.catalogue import CatalogueEntry
from portal.incidents.queries import IncidentRow
from portal.incidents.schemas import Incident, IncidentHandling


def as_incident(row: IncidentRow, entry: CatalogueEntry, *, has_package: bool = False) -> Incident:
    """The incident of a row; without a position of its own it has that of the camera. has_package: of evidence."""
    position = entry.position if row.lat is None or row.lon is None else Position(lat=row.lat, lon=row.lon)
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
        position=position,
        confidence=row.confidence,
        evidence=row.evidence,
        reason=row.reason,
        snapshot=f"/api/incidents/{row.incident_id}/snapshot.jpg" if row.snapshot else None,
        evidence_sheet=f"/api/incidents/{row.incident_id}/evidence.html" if has_package else None,
        handling=_handling(row),
    )


def _handling(row: IncidentRow) -> IncidentHandling:
    return IncidentHandling(
        state=row.state,
        assignee=row.assignee,
        confirmed=row.confirmed,
        merged_into=row.merged_into,
        steps=row.steps,
        next=list(row.handling.next_steps),
        pending=row.is_pending(datetime.now(UTC)),
    )
