"""History for planners: counts and measures of a gate or a zone over time."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from portal.auth.permissions import Planner, get_camera_in_scope
from portal.dependencies import ServicesDep
from portal.history.csv_table import Separator, as_csv
from portal.history.read_history import HistoryQuery, file_name, read_history
from portal.history.schemas import History
from portal.schemas import Problem

router = APIRouter(
    prefix="/api",
    tags=["history"],
    responses={code: {"model": Problem} for code in (401, 403, 404, 422)},
)


def _history(services: ServicesDep, planner: Planner, query: Annotated[HistoryQuery, Depends()]) -> History:
    return read_history(services, get_camera_in_scope(services, planner, query.camera), query)


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
    return StreamingResponse(
        as_csv(found.rows, services.zone, separator),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name(found, services.zone, "csv")}"'},
    )
