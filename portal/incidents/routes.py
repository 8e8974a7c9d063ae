"""Incidents for police: list, single incident, its image, and its handling."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, status
from pydantic import AwareDatetime
from starlette.responses import Response

from analytics.facts import IncidentType
from analytics.incidents.handling import HandlingState, Step, StepRefused
from pipelines.evidence.sealing import PACKAGE_SUFFIX
from pipelines.store.pool import transaction
from portal.auth.permissions import Police, get_camera_in_scope
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import ServicesDep
from portal.incidents.alarms import incident_alarms, outage_alarms
from portal.incidents.cursor import from_cursor, to_cursor
from portal.incidents.judged import count_operators, judged_incidents, known_since
from portal.incidents.outages import present_outages
from portal.incidents.quality_report import quality_report
from portal.incidents.queries import IncidentFilter, IncidentRow, find_incident, list_incidents
from portal.incidents.schemas import Alarms, Incident, IncidentLog, Incidents, LoggedStep, QualityReport, StepRequest
from portal.incidents.steps import NewStep, StepConflict, add_step, alert_times, list_steps
from portal.incidents.view import as_incident
from portal.schemas import Problem

MAX_ALARM_MEMBERS = 1000
"""Most incidents to be handled that are grouped into alarms, the newest. [assumption: a day of a flood]"""

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
    pending: Annotated[
        bool | None, Query(description="Only incidents that are still to be handled (true), or all others (false).")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the previous page.")] = None,
) -> Incidents:
    """Incidents, newest first, page by page."""
    visible = services.catalogue.within(officer.scope)
    cameras = [get_camera_in_scope(services, officer, camera)] if camera else visible
    wanted = IncidentFilter(
        cameras=[entry.id for entry in cameras],
        type=type,
        from_at=from_at,
        to_at=to_at,
        open=open,
        pending=pending,
        visible=[entry.id for entry in visible],
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


@router.get("/alarms")
def alarms(services: ServicesDep, officer: Police) -> Alarms:
    """Present alarms: incidents to be handled, and cameras without pictures, grouped by what has one cause.

    Repetitions at one site, cameras that failed together, and floods are one alarm with members.
    """
    entries = {entry.id: entry for entry in services.catalogue.within(officer.scope)}
    wanted = IncidentFilter(cameras=list(entries), pending=True)
    with transaction(services.pool) as connection:
        rows = list_incidents(connection, wanted, MAX_ALARM_MEMBERS)
        outages = present_outages(connection, list(entries))
    return Alarms(incidents=incident_alarms(rows, entries), outages=outage_alarms(outages, entries))


@router.get("/quality")
def quality(
    services: ServicesDep,
    officer: Police,
    days: Annotated[int, Query(ge=1, le=92, description="Length of the period that ends now.")] = 30,
) -> QualityReport:
    """Precision, false alarms and delays by site and type, from the verdicts of operators."""
    to_at = datetime.now(UTC)
    from_at = to_at - timedelta(days=days)
    entries = {entry.id: entry for entry in services.catalogue.within(officer.scope)}
    with transaction(services.pool) as connection:
        rows = judged_incidents(connection, list(entries), from_at, to_at)
        since = known_since(connection, list(entries))
        operators = count_operators(connection, list(entries), from_at, to_at)
    return quality_report(rows, entries, since, (from_at, to_at), operators)


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


@router.get("/{incident_id}/steps")
def steps(found: IncidentDep, services: ServicesDep, officer: Police) -> IncidentLog:
    """Steps on an incident in order, each with its time and user."""
    row, _ = found
    visible = [entry.id for entry in services.catalogue.within(officer.scope)]
    with transaction(services.pool) as connection:
        taken = list_steps(connection, row.incident_id, visible)
        alerted_at, escalated_at = alert_times(connection, row.incident_id)
    return IncidentLog(
        seen_at=row.detected_at,
        alerted_at=alerted_at,
        escalated_at=escalated_at,
        steps=[
            LoggedStep(
                n=step.n,
                at=step.at,
                by=step.taken_by,
                step=Step(step.step),
                note=step.note,
                state=HandlingState(step.state),
                assignee=step.assignee,
                merged_into=step.merged_into,
            )
            for step in taken
        ],
    )


@router.post("/{incident_id}/steps", responses={409: {"model": Problem}})
def take_step(asked: StepRequest, found: IncidentDep, services: ServicesDep, officer: Police) -> Incident:
    """Add a step to the handling of an incident, and return the incident after it.

    409: another step came first; load the incident again. 422: the step is malformed, or not possible in the present
    state. The same request with the same `request_id` adds one step, however often it is sent.
    """
    row, _ = found
    cameras = [entry.id for entry in services.catalogue.within(officer.scope)]
    webhooks = [webhook.id for webhook in services.config.webhooks if webhook.steps]
    new = NewStep(
        incident_id=row.incident_id,
        camera_id=row.camera_id,
        taken_by=officer.name,
        content=asked.content,
        known_steps=asked.known_steps,
        request_id=asked.request_id,
    )
    try:
        with transaction(services.pool) as connection:
            add_step(connection, new, cameras, webhooks)
    except StepConflict as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from None
    except StepRefused as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None
    return _shown(*_found(row.incident_id, services, officer), services)
