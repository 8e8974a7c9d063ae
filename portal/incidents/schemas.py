"""JSON of incidents."""

from pydantic import Field

from analytics.camera import Position
from analytics.facts import IncidentEvidence, IncidentType
from portal.public_root import PortalAddress
from portal.schemas import ApiModel, Utc


class Incident(ApiModel):
    """An incident with the names and the position of its camera."""

    id: str
    camera_id: str
    camera_name: str
    site_name: str | None
    type: IncidentType
    zone: str | None
    start_at: Utc
    detected_at: Utc
    end_at: Utc | None = Field(description="Null while it lasts.")
    pixel: tuple[float, float]
    position: Position | None
    confidence: float
    evidence: IncidentEvidence | None = Field(description="Figures; null for incidents from older workers.")
    reason: str = Field(description="The evidence as a sentence in English.")
    snapshot: PortalAddress | None = Field(description="Address of a JPEG image, null if none was stored.")
    evidence_sheet: PortalAddress | None = Field(
        description="Address of the page of its package of evidence; null without one, and in the event stream."
    )


class Incidents(ApiModel):
    """One page of the list of incidents."""

    incidents: list[Incident]
    next: str | None = Field(description="Pass this as `before` to get older incidents; null at the end.")
