"""Hours of a gate beside its usual day, imputed hours, and the forecast of a day, as frames (extra `planner`)."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics.planning.forecast import LEAST_DAYS, forecast
from analytics.planning.local_hours import HOURS, Dates, Floats
from analytics.planning.usual_day import impute, usual_day
from models.text.csv_rows import read_csv, with_decimal_points
from pipelines.errors import UserError
from pipelines.query.city import City
from pipelines.query.holiday_calendar import holiday_dates

HISTORY_DAYS = 365
"""Days before a period that show what is usual: every holiday is in them once."""


def usual_hours(city: City, camera_id: str, gate: str, from_at: date, to_at: date) -> pl.DataFrame:
    """Return the hours of a gate with usual volumes; missing hours are imputed, and marked.

    What is usual is that of the period and the year before it. Columns: see `pipelines.query.city.COLUMNS`.
    """
    begin = from_at - timedelta(days=HISTORY_DAYS)
    hours = city.hours(camera_id, gate, begin, to_at)
    holidays = holiday_dates(begin, to_at)
    filled = impute(hours, holidays)
    kept = hours.dates >= np.datetime64(from_at)
    columns = {
        "observed": hours.volume,
        "usual": usual_day(hours, holidays).of(hours.dates, holidays),
        "volume": filled.volume,
        "low": filled.low,
        "high": filled.high,
    }
    frame = _frame(city, camera_id, gate, hours.dates[kept], {name: each[kept] for name, each in columns.items()})
    return frame.with_columns(pl.Series("is_imputed", filled.is_imputed[kept].ravel()))


def forecast_hours(city: City, camera_id: str, gate: str, day: date, conditions: Path | None = None) -> pl.DataFrame:
    """Return the forecast of a day and its usual volumes, from the year before it.

    conditions: a CSV file, see `read_conditions`. Raises UserError where too few days were observed.
    """
    begin = day - timedelta(days=HISTORY_DAYS)
    hours = city.hours(camera_id, gate, begin, day)
    dates = np.append(hours.dates, np.datetime64(day))
    known = read_conditions(conditions, dates) if conditions else None
    found = forecast(hours, np.datetime64(day), holiday_dates(begin, day + timedelta(days=1)), known)
    if found is None:
        raise UserError(f"fewer than {LEAST_DAYS} days of gate {gate} were observed before {day}: forecast a later day")
    columns = {"usual": found.usual, "volume": found.volume, "low": found.low, "high": found.high}
    return _frame(city, camera_id, gate, dates[-1:], {name: each[None] for name, each in columns.items()})


def read_conditions(path: Path, dates: Dates) -> Floats:
    """Return the columns of numbers of a CSV file by date and hour, (n, 24, k); 0 for hours that it lacks.

    The column `hour` has local hours such as 2026-11-30T06:00; any other is a number, such as rain in mm or visitors.
    The last date must occur. Raises UserError.
    """
    values, found = np.zeros((len(dates), HOURS, 0)), set()
    number = {day: n for n, day in enumerate(dates.tolist())}
    try:
        table = read_csv(path.read_text(encoding="utf-8-sig"))
        hours = [datetime.fromisoformat(row.cells["hour"]) for row in table.rows]
        for name in table.columns:
            if name != "hour":
                column = np.zeros((len(dates), HOURS, 1))
                texts = with_decimal_points([row.cells[name] for row in table.rows])
                for at, value in zip(hours, map(float, texts), strict=True):
                    if at.date() in number:
                        column[number[at.date()], at.hour] = value
                values = np.concatenate([values, column], axis=2)
        found = {at.date() for at in hours}
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: {error}; give hours such as 2026-11-30T06:00 and numbers in each row") from None
    if not np.isfinite(values).all():
        raise UserError(f"{path}: a value is not finite; give numbers")
    if not values.shape[2]:
        raise UserError(f"{path}: there is no column of numbers beside hour; give one such as rain_mm")
    if dates[-1].item() not in found:
        raise UserError(f"{path}: no hour of {dates[-1]}; give what is forecast for it")
    return values


def _frame(city: City, camera_id: str, gate: str, dates: Dates, columns: dict[str, Floats]) -> pl.DataFrame:
    """Return whole days as rows of hours; null where a value is unknown."""
    starts = [
        datetime.combine(day, time(hour), city.zone).astimezone(UTC) for day in dates.tolist() for hour in range(HOURS)
    ]
    data: dict[str, Any] = {
        "camera_id": [camera_id] * len(starts),
        "gate": [gate] * len(starts),
        "start_at": starts,
        "end_at": [at + timedelta(hours=1) for at in starts],
        **{name: np.round(each, 1).ravel() for name, each in columns.items()},
    }
    frame = pl.DataFrame(data, schema_overrides=dict.fromkeys(("start_at", "end_at"), pl.Datetime("us", "UTC")))
    in_zone = pl.col("start_at", "end_at").dt.convert_time_zone(city.zone.key)
    return frame.with_columns(in_zone, pl.col(*columns).fill_nan(None))
