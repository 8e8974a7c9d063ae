"""Uptime of cameras, sites and owners, by cause of what was not observed."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response, status

from portal.auth.permissions import CurrentScope
from portal.auth.route_rules import VISIBLE_CAMERAS
from portal.dependencies import ServicesDep
from portal.schemas import Problem
from portal.uptime.daily_uptime import DailyUptime
from portal.uptime.report import LAST_DAYS, uptime_report
from portal.uptime.schemas import UptimeReport

router = APIRouter(prefix="/api", tags=["uptime"])


@router.get("/uptime", response_model=UptimeReport, responses={404: {"model": Problem}}, dependencies=[VISIBLE_CAMERAS])
async def uptime(
    services: ServicesDep,
    scope: CurrentScope,
    period: Annotated[
        str,
        Query(
            pattern=r"^(30d|12m|\d{4}-\d{2})$",
            description="`30d` or a month such as `2026-11`: by day. `12m`: by month.",
        ),
    ] = LAST_DAYS,
) -> Response:
    """Observed and unobserved time of every visible camera, of sites and owners, since each camera was first known.

    The report is renewed every five minutes.
    """

    def make(daily: DailyUptime) -> bytes | None:
        entries = services.catalogue.visible(scope)
        report = uptime_report(daily, entries, period, services.config.city.name, services.zone)
        return None if report is None else report.model_dump_json().encode()

    body = await services.uptime.answer((scope, services.catalogue.version, period), make)
    if body is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Uptime is published of the last 12 months only.")
    return Response(body, media_type="application/json")
