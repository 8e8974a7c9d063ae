"""History for planners: counts and measures of a gate or a zone over time."""

import re
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, status
from pydantic import AwareDatetime
from starlette.responses import StreamingResponse

from pipelines.store.history.bucket_edges import bucket_edges
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.pool import transaction
from portal.auth.permissions import Planner, get_camera_in_scope
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import ServicesDep
from portal.history.csv_table import Separator, as_csv
from portal.history.rows import gate_history, zone_history
from portal.history.schemas import History
from portal.schemas import Problem

router = APIRouter(
    prefix="/api",
    tags=["history"],
    responses={code: {"model": Problem} for code in (401, 403, 404, 422)},
)


class Interval(IntEnum):
    """Length of a bucket in seconds."""

    MINUTE = 60
    FIVE_MINUTES = 300
    QUARTER = 900
    HOUR = 3600
    DAY = 86_400


def _history(
    *,
    services: ServicesDep,
    planner: Planner,
    camera: str,
    gate: str | None = None,
    zone: str | None = None,
    from_at: Annotated[AwareDatetime | None, Query(alias="from", description="By default a day before `to`.")] = None,
    to_at: Annotated[AwareDatetime | None, Query(alias="to", description="By default now.")] = None,
    interval: Annotated[
        Interval, Query(description="Seconds; hours and days (86400) are the city's own.")
    ] = Interval.QUARTER,
) -> History:
    entry = get_camera_in_scope(services, planner, camera)
    _check_place(entry, gate, zone)
    end = to_at or datetime.now(UTC)
    try:
        edges = bucket_edges(from_at or end - timedelta(days=1), end, interval, services.zone)
    except ValueError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None
    span = BucketRange(camera_id=entry.id, edges=edges, interval_s=interval)
    with transaction(services.pool) as connection:
        rows = gate_history(connection, span, gate) if gate else zone_history(connection, span, zone or "")
    return History(camera_id=entry.id, gate=gate, zone=zone, interval_s=interval, rows=rows)


def _check_place(entry: CatalogueEntry, gate: str | None, zone: str | None) -> None:
    """Refuse an unknown gate or zone, which would otherwise seem to be one without traffic."""
    if (gate is None) == (zone is None):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "Give either a gate or a zone.")
    kind, wanted, known = ("gate", gate, entry.gates) if gate is not None else ("zone", zone, entry.zones)
    if wanted not in known:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"Camera {entry.id} has no such {kind}.")


HistoryDep = Annotated[History, Depends(_history)]


@router.get("/history")
def history(found: HistoryDep) -> History:
    """Measures of every bucket of the period. Buckets without observation have null, not zero."""
    return found


@router.get("/history.csv", response_class=StreamingResponse)
def history_csv(
    found: HistoryDep,
    services: ServicesDep,
    separator: Annotated[
        Separator,
        Query(
            description="`semicolon`: decimals with a comma, for a spreadsheet in Indonesian. `comma`: for programs."
        ),
    ] = Separator.COMMA,
) -> StreamingResponse:
    """The same as CSV, with times in UTC and in the city's zone, and empty cells in place of null."""
    place = re.sub(r"[^A-Za-z0-9_-]+", "-", found.gate or found.zone or "")
    days = "_".join(f"{at.astimezone(services.zone):%Y%m%d-%H%M}" for at in _period(found))
    name = f"simpang_{found.camera_id}_{place}_{days}_{found.interval_s}s.csv"
    return StreamingResponse(
        as_csv(found.rows, services.zone, separator),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _period(found: History) -> tuple[datetime, datetime]:
    return found.rows[0].start_at, found.rows[-1].end_at
