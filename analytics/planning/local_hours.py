"""Hourly volumes of a place by the clock of its city, with NaN where an hour was not observed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Dates = NDArray[np.datetime64]
"""Local dates, datetime64[D]."""
Floats = NDArray[np.float64]
"""Numbers; NaN where nothing was observed."""

HOURS = 24
"""Hours of a day."""
WEEKDAYS = 7
"""Days of a week; Monday is 0."""


@dataclass(frozen=True, slots=True)
class LocalHours:
    """Volumes of whole days: `volume[d, h]` in the hour that begins at h o'clock of `dates[d]`.

    dates: (n,) datetime64[D], each once, in order. volume: (n, 24), NaN where the hour was not observed. An hour that
    the clock skips is not observed; one that it repeats is given as the mean of both.
    Raises ValueError for other shapes, dates out of order, and negative volumes.
    """

    dates: Dates
    volume: Floats

    def __post_init__(self) -> None:
        if self.volume.shape != (len(self.dates), HOURS):
            raise ValueError(f"volume has shape {self.volume.shape}, expected ({len(self.dates)}, {HOURS})")
        if np.any(np.diff(self.dates) <= np.timedelta64(0, "D")):
            raise ValueError("dates must be in order, each once")
        if np.any(self.volume < 0):
            raise ValueError("volumes cannot be negative")

    @property
    def weekday(self) -> NDArray[np.int64]:
        """Weekday of each date, (n,): Monday is 0."""
        return weekday_of(self.dates)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Whether all 24 hours of a date were observed, (n,)."""
        return np.asarray(np.isfinite(self.volume).all(axis=1))


def weekday_of(dates: Dates) -> NDArray[np.int64]:
    """Return the weekday of dates; Monday is 0.

    >>> int(weekday_of(np.array(["2026-11-30"], "datetime64[D]"))[0])
    0
    """
    days: NDArray[np.int64] = (dates.astype("datetime64[D]").astype(np.int64) + 3) % WEEKDAYS
    return days


def month_of(dates: Dates) -> NDArray[np.int64]:
    """Return the month of dates, 0 for January.

    >>> int(month_of(np.array(["2026-11-30"], "datetime64[D]"))[0])
    10
    """
    months: NDArray[np.int64] = dates.astype("datetime64[M]").astype(np.int64) % 12
    return months


def dates_of_year(year: int) -> Dates:
    """Return all dates of a year.

    >>> len(dates_of_year(2024))
    366
    """
    return np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
