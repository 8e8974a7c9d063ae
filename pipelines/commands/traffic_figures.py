"""`simpang aadt`, `simpang compare` and `simpang check-count`: figures of a gate with their uncertainty."""

from datetime import date, datetime, timedelta
from pathlib import Path

import click
import numpy as np

from analytics.planning.annual_traffic import AnnualTraffic, aashto_aadt, fhwa_aadt
from analytics.planning.before_after import compare as compare_days
from analytics.planning.manual_count import GOOD_GEH, check_counts, geh
from analytics.planning.short_count import expand
from pipelines.commands.planner_city import DAY, planner_city
from pipelines.errors import UserError

GATE = [
    click.option("--camera", required=True, help="Id of the camera."),
    click.option("--gate", required=True, help="Id of the gate."),
]
"""Options of the place."""


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@GATE[0]
@GATE[1]
@click.option("--year", type=click.IntRange(1970, 9998), required=True, help="Calendar year.")
@click.option("--reference", metavar="CAMERA/GATE", help="Expand a short count by the pattern of this gate.")
def aadt(config: Path, camera: str, gate: str, year: int, reference: str | None) -> None:
    """Print the annual average daily traffic of a gate in vehicles a day, with its 95 % interval.

    By the methods of FHWA and AASHTO for a gate that was observed most of the year; with --reference by the factors of
    month and weekday of another gate, for one that was observed some days. Needs the extra `planner`.
    """
    period = date(year, 1, 1), date(year + 1, 1, 1)
    with planner_city(config) as city:
        hours = city.hours(camera, gate, *period)
        if reference is not None:
            other_camera, _, other_gate = reference.partition("/")
            pattern = city.hours(other_camera, other_gate, *period)
            found = expand(hours.dates, hours.volume.sum(axis=1), pattern)
            if found is None:
                raise UserError(f"no complete day of gate {gate} has a like day of {reference} in {year}")
            click.echo(_interval(f"AADT from {found.days} days by {reference}", found.aadt, found.low, found.high))
            return
        for name, annual in (("FHWA", fhwa_aadt(hours, year)), ("AASHTO", aashto_aadt(hours, year))):
            click.echo(_annual(name, annual))


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@GATE[0]
@GATE[1]
@click.option("--before", nargs=2, type=DAY, required=True, help="First and last day before the change.")
@click.option("--after", nargs=2, type=DAY, required=True, help="First and last day after it.")
def compare(
    config: Path, camera: str, gate: str, before: tuple[datetime, datetime], after: tuple[datetime, datetime]
) -> None:
    """Print how the daily vehicles of a gate changed, at equal weekdays, with a 95 % interval and the p-value.

    Holidays and days that were not observed completely are left out. A trend or season between the periods is part of
    the change. Needs the extra `planner`.
    """
    first, last = min(before[0], after[0]).date(), max(before[1], after[1]).date() + timedelta(days=1)
    with planner_city(config) as city:
        from pipelines.query.holiday_calendar import holiday_dates  # noqa: PLC0415 - needs the extra

        hours = city.hours(camera, gate, first, last)
        ordinary = ~np.isin(hours.dates, holiday_dates(first, last))
    early, late = (
        hours.dates[
            ordinary & (hours.dates >= np.datetime64(begin.date())) & (hours.dates <= np.datetime64(end.date()))
        ]
        for begin, end in (before, after)
    )
    if np.intersect1d(early, late).size:
        raise UserError("the periods before and after overlap; give days apart")
    found = compare_days(hours.dates, hours.volume.sum(axis=1), late, before=early)
    if found is None:
        raise UserError("too few complete days of the same weekdays in both periods; give longer ones")
    share = "" if found.relative is None else f" ({100 * found.relative:+.1f} %)"
    click.echo(f"before: {found.before:.0f} vehicles a day on {found.days_before} days; after: {found.days_after} days")
    click.echo(_interval(f"change{share}", found.change, found.low, found.high, sign="+"))
    verdict = "significant" if found.significant else "within chance"
    p_value = "p < 0.001" if found.p_value < 0.001 else f"p = {found.p_value:.3f}"
    click.echo(f"{p_value}: {verdict}")


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("manual", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@GATE[0]
@GATE[1]
def check_count(config: Path, manual: Path, camera: str, gate: str) -> None:
    """Print GEH and error of a gate beside MANUAL, a CSV file with the columns start, end and vehicles.

    start and end are local times such as 2026-11-30T06:00. Periods that were not observed completely are not compared.
    Needs the extra `planner`.
    """
    with planner_city(config) as city:
        from pipelines.query.manual_counts import manual_periods  # noqa: PLC0415 - needs the extra

        periods = manual_periods(city, camera, gate, manual)
    for period in periods:
        when = f"{period.begin:%Y-%m-%d %H:%M}-{period.end:%H:%M}"
        if period.counted is None:
            click.echo(f"{when}: {period.manual} by hand; not observed completely")
        else:
            value = geh(period.manual / period.hours, period.counted / period.hours)
            click.echo(f"{when}: {period.manual} by hand, {period.counted} counted, GEH {value:.1f}")
    known = [period for period in periods if period.counted is not None]
    if not known:
        raise UserError("no period was observed completely; count again while the camera is online")
    total = check_counts([p.manual for p in known], [p.counted or 0 for p in known], [p.hours for p in known])
    error = "unknown" if total.error is None else f"{100 * total.error:+.1f} %"
    click.echo(f"error {error}; GEH below {GOOD_GEH:.0f} in {100 * total.good:.0f} % of {len(known)} periods")


def _day(at: datetime) -> np.datetime64:
    return np.datetime64(at.date())


def _annual(name: str, found: AnnualTraffic | None) -> str:
    if found is None:
        return f"AADT by {name}: unknown, as a month or weekday lacks observed days"
    interval = _interval(f"AADT by {name}", found.aadt, found.low, found.high)
    return f"{interval}, {found.days} days, {found.cells} of 84 cells"


def _interval(name: str, value: float, low: float | None, high: float | None, *, sign: str = "") -> str:
    between = "" if low is None or high is None else f" ({round(low):{sign}} to {round(high):{sign}})"
    return f"{name}: {round(value):{sign}} vehicles a day{between}"
