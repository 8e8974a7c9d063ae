"""Hours of a gate beside its usual day, imputed hours, and the forecast of a day, as frames (extra `planner`)."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from analytics.planning.forecast import LEAST_DAYS, forecast
from analytics.planning.local_hours import HOURS, Dates, Floats
from analytics.planning.usual_day import impute, usual_day
from models.text.csv_rows import read_csv, with_decimal_points
from pipelines.errors import UserError
from pipelines.query.city import City
from pipelines.query.holiday_calendar import holiday_dates

HISTORY_DAYS = 365
"""Days before a period that show what is usual: every holiday is in them once."""


def usual_hours(
    city: City, camera_id: str, gate: str, from_at: date, to_at: date, *, now: datetime | None = None
) -> pl.DataFrame:
    """Return the hours of a gate with usual volumes; missing hours are imputed, and marked.

    What is usual is that of the period and the year before it. Hours that end after `now`, by default the present, are
    not imputed. Columns: see `pipelines.query.city.COLUMNS`.
    """
    begin = from_at - timedelta(days=HISTORY_DAYS)
    hours = city.hours(camera_id, gate, begin, to_at)
    holidays = holiday_dates(begin, to_at)
    filled = impute(hours, holidays)
    kept = hours.dates >= np.datetime64(from_at)
    columns: dict[str, Floats | NDArray[np.bool_]] = {
        "observed": hours.volume,
        "usual": usual_day(hours, holidays).of(hours.dates, holidays),
        "volume": filled.volume,
        "low": filled.low,
        "high": filled.high,
        "is_imputed": filled.is_imputed,
    }
    frame = _frame(city, camera_id, gate, hours.dates[kept], {name: columns[name][kept] for name in columns})
    is_to_come = (pl.col("end_at") > (now or datetime.now(UTC)).astimezone(city.zone)) & pl.col("observed").is_null()
    return frame.with_columns(
        pl.when(~is_to_come).then(pl.col("volume", "low", "high")), pl.col("is_imputed") & ~is_to_come
    )


def forecast_hours(city: City, camera_id: str, gate: str, day: date, conditions: Path | None = None) -> pl.DataFrame:
    """Return the forecast of a day and its usual volumes, from the year before it.

    conditions: a CSV file, see `read_conditions`. Raises UserError where too few days were observed.
    """
    begin = day - timedelta(days=HISTORY_DAYS)
    hours = city.hours(camera_id, gate, begin, day)
    dates = np.append(hours.dates, np.datetime64(day))
    known = read_conditions(conditions, dates, city.zone) if conditions else None
    found = forecast(hours, np.datetime64(day), holiday_dates(begin, day + timedelta(days=1)), known)
    if found is None:
        with_conditions = " with conditions" if conditions else ""
        raise UserError(
            f"fewer than {LEAST_DAYS} days of gate {gate}, or too few like {day}, were observed{with_conditions} in "
            "the year before it: forecast a later day"
        )
    columns = {"usual": found.usual, "volume": found.volume, "low": found.low, "high": found.high}
    return _frame(city, camera_id, gate, dates[-1:], {name: each[None] for name, each in columns.items()})


def read_conditions(path: Path, dates: Dates, zone: ZoneInfo) -> Floats:
    """Return the columns of numbers of a CSV file by date and hour, (n, 24, k); NaN for hours that it lacks.

    The column `hour` has hours such as 2026-11-30T06:00, of `zone` or with an offset; any other is a number, such as
    rain in mm or visitors. An hour that the clock repeats is the mean of both. Each hour of the last date must occur.
    Raises UserError.
    """
    try:
        table = read_csv(path.read_text(encoding="utf-8-sig"))
        hours = [_local_hour(row.cells["hour"], zone) for row in table.rows]
        names = [name for name in table.columns if name != "hour"]
        columns = [list(map(float, with_decimal_points([row.cells[name] for row in table.rows]))) for name in names]
    except (ValueError, KeyError, OverflowError) as error:
        raise UserError(f"{path}: {error}; give hours such as 2026-11-30T06:00 and numbers in each row") from None
    if not names:
        raise UserError(f"{path}: there is no column of numbers beside hour; give one such as rain_mm")
    if not np.isfinite(columns).all():
        raise UserError(f"{path}: a value is not finite; give numbers")
    repeated = [at for (at, _), times in Counter(hours).items() if times > 1]
    if repeated:
        raise UserError(f"{path}: {repeated[0]:%Y-%m-%dT%H:%M} occurs more than once; give each hour once")
    number = {day: n for n, day in enumerate(dates.tolist())}
    sums, rows = np.zeros((len(dates), HOURS, len(names))), np.zeros((len(dates), HOURS, 1))
    for (at, _), *row in zip(hours, *columns, strict=True):
        if at.date() in number:
            sums[number[at.date()], at.hour] += row
            rows[number[at.date()], at.hour] += 1
    values = sums / np.where(rows, rows, np.nan)
    for hour, start_at in enumerate(_starts(dates[-1].item(), zone)):
        if start_at is not None and np.isnan(values[-1, hour, 0]):
            raise UserError(
                f"{path}: no hour {dates[-1]}T{hour:02}:00; give what is forecast for each hour of that day"
            )
    return values


def _local_hour(text: str, zone: ZoneInfo) -> tuple[datetime, int]:
    """Return an hour of the local clock, and 1 where it is the second one of that name, else 0."""
    given = datetime.fromisoformat(text)
    local = given.astimezone(zone) if given.tzinfo else given
    if local != local.replace(minute=0, second=0, microsecond=0):
        raise ValueError(f"{text} is no full hour in {zone.key}")
    return local.replace(tzinfo=None, fold=0), local.fold


def _starts(day: date, zone: ZoneInfo) -> list[datetime | None]:
    """Return the beginning of each hour of a day; None for an hour that the clock skips."""
    local = [datetime.combine(day, time(hour)) for hour in range(HOURS)]
    starts = [at.replace(tzinfo=zone).astimezone(UTC) for at in local]
    return [
        start if start.astimezone(zone).replace(tzinfo=None) == at else None
        for at, start in zip(local, starts, strict=True)
    ]


def _frame(
    city: City, camera_id: str, gate: str, dates: Dates, columns: dict[str, Floats | NDArray[np.bool_]]
) -> pl.DataFrame:
    """Return whole days as rows of hours, without those that the clock skips; null where a value is unknown."""
    starts = [at for day in dates.tolist() for at in _starts(day, city.zone)]
    data: dict[str, Any] = {
        "camera_id": [camera_id] * len(starts),
        "gate": [gate] * len(starts),
        "start_at": starts,
        "end_at": [at and at + timedelta(hours=1) for at in starts],
        **{name: each.ravel() for name, each in columns.items()},
    }
    frame = pl.DataFrame(data, schema_overrides=dict.fromkeys(("start_at", "end_at"), pl.Datetime("us", "UTC")))
    in_zone = pl.col("start_at", "end_at").dt.convert_time_zone(city.zone.key)
    return frame.drop_nulls("start_at").with_columns(in_zone, cs.float().round(1).fill_nan(None))
