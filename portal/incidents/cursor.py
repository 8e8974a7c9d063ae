"""Cursor of the list of incidents: where the next page begins."""

import base64
from datetime import datetime

from portal.incidents.queries import IncidentRow


def to_cursor(row: IncidentRow) -> str:
    """Cursor behind this incident, opaque to the client."""
    return base64.urlsafe_b64encode(f"{row.detected_at.isoformat()} {row.incident_id}".encode()).decode()


def from_cursor(cursor: str) -> tuple[datetime, str]:
    """Time of detection and id. Raises ValueError for text that is no cursor."""
    at, _, incident_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
    detected_at = datetime.fromisoformat(at)
    if detected_at.tzinfo is None or not incident_id:
        raise ValueError(f"not a cursor: {cursor!r}")
    return detected_at, incident_id
