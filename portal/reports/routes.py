"""Reports of viewers: viewers of a camera make them; operators read and handle them."""

import math
import time
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, status

from pipelines.store.pool import transaction
from portal.auth.permissions import Operator, VisibleCamera, get_camera_in_scope
from portal.auth.routes import ClientAddress
from portal.dependencies import ServicesDep
from portal.reports.queries import add_report, handle_reports, open_reports
from portal.reports.schemas import CameraReport, CameraReports, NewReport, ReportKind
from portal.schemas import Problem

REPORTS_PER_ADDRESS = 20
"""Reports from one address within five minutes; a whole office may share one. [assumption]"""

router = APIRouter(tags=["reports"])


@router.post(
    "/api/cameras/{camera_id}/reports",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: {"model": Problem}, 429: {"model": Problem}},
)
def report(given: NewReport, entry: VisibleCamera, services: ServicesDep, address: ClientAddress) -> None:
    """Report that something is wrong with a camera.

    The same report from the same address counts once in five minutes. The address is not stored.
    """
    now = time.monotonic()
    wait_s = services.report_limiter.attempt({("address", address): REPORTS_PER_ADDRESS}, now)
    if wait_s > 0:
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many reports; please wait a few minutes.",
            {"Retry-After": f"{math.ceil(wait_s)}"},
        )
    same = ("report", address, entry.id, given.kind)
    if services.report_limiter.attempt({same: 1}, now) > 0:
        return
    try:
        with transaction(services.pool) as connection:
            add_report(connection, entry.id, given.kind, datetime.now(UTC))
    except Exception:
        services.report_limiter.refund(same)  # the next try is stored
        raise


@router.get("/api/camera-reports", responses={code: {"model": Problem} for code in (401, 403)})
def reports(services: ServicesDep, operator: Operator) -> CameraReports:
    """Reports of viewers that no operator has handled, by camera and kind, the newest first."""
    entries = services.catalogue.visible(operator.scope)
    names = {entry.id: entry.camera.name for entry in entries if entry.is_within(operator.scope)}
    with transaction(services.pool) as connection:
        rows = open_reports(connection, list(names))
    return CameraReports(
        reports=[
            CameraReport(
                camera_id=row.camera_id,
                camera_name=names[row.camera_id],
                kind=ReportKind(row.kind),
                n=row.n,
                first_at=row.first_at,
                last_at=row.last_at,
            )
            for row in rows
        ]
    )


@router.delete(
    "/api/camera-reports/{camera_id}/{kind}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={code: {"model": Problem} for code in (401, 403, 404)},
)
def handle(camera_id: str, kind: ReportKind, services: ServicesDep, operator: Operator) -> None:
    """Mark the reports of a kind about a camera as handled. They stay in the database."""
    entry = get_camera_in_scope(services, operator, camera_id)
    with transaction(services.pool) as connection:
        handle_reports(connection, entry.id, kind, by=operator.name, at=datetime.now(UTC))
