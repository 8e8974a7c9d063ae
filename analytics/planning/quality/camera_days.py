"""Counts of a camera by day, quarter, gate and class, and what earlier days lead to expect."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.planning.local_hours import Dates, Floats, weekday_of

Mask = NDArray[np.bool_]
"""Choice of rows or quarters."""
QUARTERS_OF_DAY = 96
"""Intervals of 15 minutes of a day."""
HISTORY_DAYS = 56
"""Days before that show what is usual: eight of each weekday [assumption: a month of faults moves their median]."""
HOLIDAY_HISTORY_DAYS = 400
"""Days before that show what is usual on holidays: a year of them, with Lebaran, which moves by 11 days."""
LEAST_ROWS = 4
"""Fewest earlier days of a kind that show what is usual [assumption]."""
LATEST_DAYS = 14
"""Days before that show the level of the season, such as school holidays; a shift is one for half of them."""
MOST_OF_DAY = 0.9
"""Observed share of a day that shows its level [assumption]."""
SUNDAY = 6
"""Weekday that a holiday may resemble."""


@dataclass(frozen=True, slots=True)
class CameraDays:
    """Counts (n, 96, gates, classes) of quarters of whole days, NaN where a quarter was not observed.

    dates: (n,) datetime64[D], each once, in order. gates, classes: names of the axes.
    Raises ValueError for other shapes.
    """

    dates: Dates
    counts: Floats
    gates: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        expected = (len(self.dates), QUARTERS_OF_DAY, len(self.gates), len(self.classes))
        if self.counts.shape != expected:
            raise ValueError(f"counts have shape {self.counts.shape}, expected {expected}")


@dataclass(frozen=True, slots=True)
class Usual:
    """What is expected of a day, over the quarters of it that were observed.

    quarters: (96, gates), vehicles, NaN where unknown. classes: (gates, classes), of the day. level: (gates,), log of
    the traffic of the latest days over that of their weekdays. spread: (gates,), robust standard deviation of that log.
    """

    quarters: Floats
    classes: Floats
    level: Floats
    spread: Floats


def usual_of(days: CameraDays, number: int, holidays: Dates) -> Iterator[Usual]:
    """Yield what is expected of a day: by its weekday, and on a holiday also by Sundays and by holidays.

    A finding has to hold against each of them. Nothing where fewer than `LEAST_ROWS` earlier days are known.
    """
    day = days.dates[number]
    is_holiday = np.isin(days.dates, holidays)
    before = np.arange(len(days.dates)) < number
    recent = before & ~is_holiday & (days.dates >= day - HISTORY_DAYS)
    weekday = weekday_of(days.dates)
    kinds = [recent & (weekday == weekday[number])]
    if is_holiday[number]:
        kinds.append(recent & (weekday == SUNDAY))
        kinds.append(before & is_holiday & (days.dates >= day - HOLIDAY_HISTORY_DAYS))
    levels = _log_levels(days, recent, weekday)
    latest = levels[recent & (days.dates >= day - LATEST_DAYS)]
    known = np.isfinite(latest).all(axis=1)
    level = np.median(latest[known], axis=0) if known.sum() >= LEAST_ROWS else np.zeros(len(days.gates))
    levels = levels[np.isfinite(levels).all(axis=1)]
    spread = 1.4826 * np.median(np.abs(levels), axis=0) if len(levels) else np.full(len(days.gates), np.inf)
    for kind in kinds:
        rows = np.flatnonzero(kind)[-HISTORY_DAYS // 7 :]
        enough = np.isfinite(days.counts[rows, :, 0, 0]).sum(axis=0) >= LEAST_ROWS
        if enough.mean() > 0.5:
            quarters, classes = _expected(days, rows, np.isfinite(days.counts[number, :, 0, 0]) & enough)
            yield Usual(quarters, classes, level, spread)


def _expected(days: CameraDays, rows: NDArray[np.int64], seen: Mask) -> tuple[Floats, Floats]:
    """Return the medians of rows of days: vehicles (96, gates) of the quarters, and (gates, classes) of the day."""
    counts = days.counts[rows][:, seen]
    quarters = np.full((QUARTERS_OF_DAY, len(days.gates)), np.nan)
    quarters[seen] = np.nanmedian(counts.sum(axis=3), axis=0)
    expected = np.nansum(quarters[seen], axis=0)
    # Class totals of each row, as if all of these quarters had been observed in it.
    observed = np.isfinite(counts[:, :, 0, 0])
    part = np.where(observed[:, :, None], quarters[seen], 0).sum(axis=1)
    share = np.divide(part, expected, out=np.zeros_like(part), where=expected > 0)
    enough = share[:, :, None] > 0.5
    totals = np.where(enough, np.nansum(counts, axis=1) / np.where(share > 0, share, 1)[:, :, None], np.nan)
    with np.errstate(all="ignore"):
        classes = np.nan_to_num(np.nanmedian(np.where(enough.any(axis=0), totals, 0.0), axis=0))
    return quarters, classes


def _log_levels(days: CameraDays, recent: Mask, weekday: NDArray[np.int64]) -> Floats:
    """Return the log (n, gates) of the traffic of recent days over the median of their weekday; NaN where unknown."""
    rows = np.flatnonzero(recent)
    counts = days.counts[rows].sum(axis=3)
    seen = np.isfinite(counts)
    means = np.where(seen, counts, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    means[seen[:, :, 0].mean(axis=1) < MOST_OF_DAY] = np.nan
    levels = np.full((len(days.dates), len(days.gates)), np.nan)
    for day in range(SUNDAY + 1):
        mine = weekday[rows] == day
        known = np.isfinite(means[mine]).all(axis=1)
        if known.sum() >= LEAST_ROWS:
            middle = np.median(means[mine][known], axis=0)
            levels[rows[mine][known]] = np.log((means[mine][known] + 0.1) / (middle + 0.1))
    return levels
