"""Incidents for police: list, single incident, and its image."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, status
from pydantic import AwareDatetime
from starlette.responses import Response

from analytics.facts import IncidentType
from pipelines.evidence.sealing import PACKAGE_SUFFIX
from pipelines.store.pool import transaction
from portal.auth.permissions import Police, get_camera_in_scope
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import ServicesDep
from portal.incidents.cursor import from_cursor, to_cursor
from portal.incidents.queries import IncidentFilter, IncidentRow, find_incident, list_incidents
from portal.incidents.schemas import Incident, Incidents
from portal.incidents.view import as_incident
from portal.schemas import Problem

router = APIRouter(
    prefix="/api/incidents",
    tags=["incidents"],
    responses={code: {"model": Problem} for code in (401, 403, 404)},
)


@router.get("")
def incidents(
    *,
    services: ServicesDep,
    officer: Police,
    camera: str | None = None,
    type: IncidentType | None = None,  # noqa: A002 (name of the query parameter)
    from_at: Annotated[AwareDatetime | None, Query(alias="from", description="Detected at or after.")] = None,
    to_at: Annotated[AwareDatetime | None, Query(alias="to", description="Detected before.")] = None,
    open: Annotated[bool | None, Query(description="Only incidents that last (true) or have ended (false).")] = None,  # noqa: A002
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the previous page.")] = None,
) -> Incidents:
    """Incidents, newest first, page by page."""
    cameras = [get_camera_in_scope(services, officer, camera)] if camera else services.catalogue.within(officer.scope)
    wanted = IncidentFilter(
        cameras=[entry.id for entry in cameras],
        type=type,
        from_at=from_at,
        to_at=to_at,
        open=open,
        before=_position(before),
    )
    with transaction(services.pool) as connection:
        rows = list_incidents(connection, wanted, limit + 1)
    entries = {entry.id: entry for entry in cameras}
    return Incidents(
        incidents=[_shown(row, entries[row.camera_id], services) for row in rows[:limit]],
        next=to_cursor(rows[limit - 1]) if len(rows) > limit else None,
    )


def _shown(row: IncidentRow, entry: CatalogueEntry, services: ServicesDep) -> Incident:
    package = services.config.data_dir / "evidence" / f"{row.incident_id}{PACKAGE_SUFFIX}"
    return as_incident(row, entry, has_package=package.is_file())


def _position(before: str | None) -> tuple[datetime, str] | None:
    try:
        return from_cursor(before) if before else None
    except ValueError:
        raise HTTPException(
            status.HTTP_422_UNPROCESSABLE_CONTENT, "before: not a position in this list; use `next`."
        ) from None


def _found(incident_id: str, services: ServicesDep, officer: Police) -> tuple[IncidentRow, CatalogueEntry]:
    entries = {entry.id: entry for entry in services.catalogue.within(officer.scope)}
    with transaction(services.pool) as connection:
        row = find_incident(connection, incident_id, list(entries))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such incident.")
    return row, entries[row.camera_id]


IncidentDep = Annotated[tuple[IncidentRow, CatalogueEntry], Depends(_found)]


@router.get("/{incident_id}")
def incident(found: IncidentDep, services: ServicesDep) -> Incident:
    """One incident."""
    return _shown(*found, services)


@router.get("/{incident_id}/snapshot.jpg", response_class=Response)
def snapshot(found: IncidentDep, services: ServicesDep) -> Response:
    """JPEG image that was stored when the incident was raised."""
    row, _ = found
    name = row.snapshot or ""
    try:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise FileNotFoundError(name)
        image = (services.config.data_dir / "snapshots" / f"{name}.jpg").read_bytes()
    except OSError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No image of this incident was stored.") from None
    return Response(image, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})
