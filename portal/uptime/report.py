"""Report of uptime over a month, the last 30 days or the last 12 months, for the cameras that a user may see."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from analytics.uptime.uptime import Uptime, sum_of
from portal.cameras.catalogue import CatalogueEntry
from portal.uptime.daily_uptime import DailyUptime, month_name
from portal.uptime.schemas import CameraUptime, OwnerUptime, PeriodUptime, SiteUptime, UptimeReport, UptimeRow

LAST_DAYS = "30d"
"""Period of the last 30 days, by day."""
YEAR = "12m"
"""Period of the last 12 months, by month."""
DAYS = 30
"""Days of LAST_DAYS, with the present one."""

_Uptimes = Sequence[Uptime | None]


def uptime_report(
    daily: DailyUptime, entries: Iterable[CatalogueEntry], period: str, city: str, zone: ZoneInfo
) -> UptimeReport | None:
    """Return the report of a period: LAST_DAYS, YEAR, or a month such as 2026-11. None for a month out of range.

    city: name of the city, the owner of cameras without another.
    """
    periods = _periods(daily.days, period, zone)
    if not periods:
        return None
    cameras, sites, owners = [], defaultdict(list), defaultdict(list)
    everything: list[_Uptimes] = []
    for entry in entries:
        of_camera = daily.of_camera.get(entry.id)
        of_period = [None if of_camera is None else sum_of(of_camera[day] for day in days) for days in periods]
        owner = entry.camera.owner or city
        site = entry.site.name if entry.site else None
        cameras.append(CameraUptime(id=entry.id, name=entry.camera.name, site=site, owner=owner, **_row(of_period)))
        everything.append(of_period)
        owners[owner].append(of_period)
        if entry.site:
            sites[entry.site.id, entry.site.name].append(of_period)
    return UptimeReport(
        assessed_until=daily.assessed_until,
        months=_months_in_service(daily, {camera.id for camera in cameras}, zone),
        periods=[daily.days[days[0]].astimezone(zone).date() for days in periods],
        city=UptimeRow(**_row(_together(everything, len(periods)))),
        cameras=cameras,
        sites=[
            SiteUptime(id=site_id, name=name, **_row(_together(rows, len(periods))))
            for (site_id, name), rows in sites.items()
        ],
        owners=[OwnerUptime(name=name, **_row(_together(rows, len(periods)))) for name, rows in owners.items()],
    )


def _periods(days: Sequence[datetime], period: str, zone: ZoneInfo) -> list[list[int]]:
    """Return the numbers of the days of each period."""
    if period == LAST_DAYS:
        return [[number] for number in range(len(days))][-DAYS:]
    if period == YEAR:
        return [list(of_month) for _, of_month in groupby(range(len(days)), lambda day: month_name(days[day], zone))]
    return [[number] for number, day in enumerate(days) if month_name(day, zone) == period]


def _together(rows: Sequence[_Uptimes], periods: int) -> _Uptimes:
    """Return the uptime of several cameras in each period."""
    return [sum_of(row[number] for row in rows) for number in range(periods)]


def _row(of_period: _Uptimes) -> dict[str, Any]:
    return {"total": _rounded(sum_of(of_period)), "periods": [_rounded(uptime) for uptime in of_period]}


def _rounded(uptime: Uptime | None) -> PeriodUptime | None:
    if uptime is None:
        return None
    unobserved_s = {cause: round(seconds) for cause, seconds in sorted(uptime.unobserved_s.items())}
    return PeriodUptime(observed_s=round(uptime.observed_s), unobserved_s=unobserved_s)


def _months_in_service(daily: DailyUptime, cameras: set[str], zone: ZoneInfo) -> list[str]:
    """Return the months in which any of the cameras was in service."""
    found = {
        month_name(daily.days[day], zone)
        for camera in cameras & daily.of_camera.keys()
        for day, uptime in enumerate(daily.of_camera[camera])
        if uptime is not None
    }
    return sorted(found)
