"""Error of imputed hours and of forecasts on synthetic cameras, whose hidden and future hours are known."""

from collections.abc import Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.planning.forecast import forecast
from analytics.planning.local_hours import HOURS, Dates, Floats, LocalHours
from analytics.planning.usual_day import impute
from bench.planner.synthetic_camera import SyntheticCamera, synthetic_camera
from pipelines.query.holiday_calendar import holiday_dates, holiday_names

FIRST, END = date(2025, 6, 1), date(2027, 1, 1)
"""Period of the cameras: a year and a half, with the Lebaran of 2026."""
GAPS_H = (1, 3, 6, 24)
"""Lengths of the gaps that are made."""
LONG_GAPS_H = (72, 168, 720)
"""Lengths of long gaps, each of them once in a year: three days, a week and 30 days."""
SEED = 19
"""Seed of the first camera; that of no trial while the methods were written."""


def cameras(number: int, *, seed: int = SEED, gates: int = 1) -> Iterator[SyntheticCamera]:
    """Generate cameras, each with weather of its own."""
    dates = np.arange(np.datetime64(FIRST), np.datetime64(END))
    for k in range(number):
        yield synthetic_camera(np.random.default_rng([seed, k]), dates, holidays(), lebaran(), gates=gates)


def holidays() -> Dates:
    return holiday_dates(FIRST, END)


def lebaran() -> Dates:
    """Return the first day of each Lebaran of the period."""
    days = [day for day, name in holiday_names(FIRST, END).items() if name == "Hari Raya Idul Fitri"]
    return np.array(days, "datetime64[D]")


def imputation(number: int = 20) -> dict[str, float]:
    """Hide hours of the last year of cameras; return the error of what is imputed, and how often the interval holds it.

    The error is the mean of |imputed - true| / true over all hidden hours, those of the night, too.
    """
    errors, inside = [], []
    for k, camera in enumerate(cameras(number)):
        error, is_inside = _imputed(camera, _gaps(np.random.default_rng([SEED, k, 1]), 365))
        errors += list(error)
        inside += list(is_inside)
    return {
        "imputed_hours": len(errors),
        "imputed_mape_pct": round(100 * float(np.mean(errors)), 1),
        "imputed_interval_holds_pct": round(100 * float(np.mean(inside)), 1),
    }


def long_gaps(number: int = 24) -> dict[str, float]:
    """Hide one long gap at a time; return how often the interval holds the volume, by length in days."""
    shares: dict[int, list[float]] = {length: [] for length in LONG_GAPS_H}
    for k, camera in enumerate(cameras(number, seed=SEED + 2)):
        rng = np.random.default_rng([SEED, k, 2])
        for length, found in shares.items():
            hidden = np.zeros(365 * HOURS, bool)
            first = int(rng.integers(len(hidden) - length))
            hidden[first : first + length] = True
            found.append(float(_imputed(camera, hidden.reshape(365, HOURS))[1].mean()))
    return {
        f"gap_of_{length // HOURS}_days_interval_holds_pct": round(100 * float(np.mean(found)), 1)
        for length, found in shares.items()
    }


def _imputed(camera: SyntheticCamera, chosen: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Hide hours of the last year; return the relative error of each, and whether its interval holds the volume."""
    known = LocalHours(camera.dates[-365:], camera.hours().volume[-365:])
    hidden = chosen & np.isfinite(known.volume)
    true = known.volume[hidden]
    found = impute(LocalHours(known.dates, np.where(hidden, np.nan, known.volume)), holidays())
    error = np.abs(found.volume[hidden] - true) / np.maximum(true, 1)
    return error, (found.low[hidden] <= true) & (true <= found.high[hidden])


def _gaps(rng: np.random.Generator, days: int) -> NDArray[np.bool_]:
    """Return gaps of each length, one in about nine days; days are whole days."""
    hidden = np.zeros(days * HOURS, bool)
    for first in range(int(rng.integers(HOURS)), len(hidden) - 48, 9 * HOURS + 5):
        length = int(rng.choice(GAPS_H))
        begin = first - first % HOURS if length == HOURS else first
        hidden[begin : begin + length] = True
    return hidden.reshape(days, HOURS)


def forecasts(number: int = 12, *, every: int = 9) -> dict[str, float]:
    """Forecast days of the last year of cameras; return how much smaller the error is than that of the usual day.

    The error is the sum of |forecast - true| over the hours. Rain and visitors of the day are given as they come true.
    """
    of_forecast = of_usual = inside = hours = 0.0
    for camera in cameras(number, seed=SEED + 1):
        known, true = camera.hours(), camera.hours(whole=True)
        for day in range(len(known.dates) - 365, len(known.dates), every):
            past = LocalHours(known.dates[:day], known.volume[:day])
            found = forecast(past, known.dates[day], holidays(), camera.conditions[: day + 1])
            if found is not None:
                of_forecast += np.abs(found.volume - true.volume[day]).sum()
                of_usual += np.abs(found.usual - true.volume[day]).sum()
                inside += ((found.low <= true.volume[day]) & (true.volume[day] <= found.high)).sum()
                hours += HOURS
    return {
        "forecast_gain_pct": round(100 * float(1 - of_forecast / of_usual), 1),
        "forecast_interval_holds_pct": round(100 * float(inside / hours), 1),
    }
