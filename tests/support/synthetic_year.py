"""Synthetic hourly volumes of a year: pattern of the day, of the week and of the season, with chance."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from analytics.planning.local_hours import LocalHours

DAY_SHAPE = np.array(
    [12, 8, 6, 6, 10, 30, 80, 140, 120, 90, 85, 88, 92, 90, 88, 95, 120, 150, 130, 90, 60, 45, 30, 18], float
)
"""Usual vehicles an hour on a working day [arbitrary: two peaks]."""
WEEK_SHAPE = np.array([1.0, 1.02, 1.01, 1.03, 1.1, 0.8, 0.65])
"""Traffic of each weekday over that of Monday [arbitrary]."""


def dates_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def synthetic_year(
    rng: np.random.Generator,
    year: int = 2026,
    *,
    scale: float = 10.0,
    day_sigma: float = 0.05,
    is_seen: Callable[[date, int], bool] | None = None,
) -> LocalHours:
    """Poisson volumes of a year whose days vary by `day_sigma`; NaN where `is_seen(date, hour)` is false."""
    days = dates_of(year)
    season = 1 + 0.15 * np.sin(np.array([2 * np.pi * day.month / 12 for day in days]))
    mean = (
        scale
        * np.outer(season * np.array([WEEK_SHAPE[day.weekday()] for day in days]), DAY_SHAPE)
        * rng.lognormal(0, day_sigma, (len(days), 1))
    )
    volume = rng.poisson(mean).astype(float)
    for number, day in enumerate(days if is_seen else ()):
        for hour in range(24):
            if not is_seen(day, hour):
                volume[number, hour] = np.nan
    return LocalHours(np.array(days, "datetime64[D]"), volume)
