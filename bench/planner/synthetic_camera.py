"""Synthetic counts of a camera over months: weeks, seasons, holidays, rain, events, jams, gaps and chance.

Nothing here is taken from the methods that are scored with it. All shares and factors are arbitrary, of the order that
surveys of Indonesian arterials report, unless a source is named.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.planning.local_hours import WEEKDAYS, Dates, Floats, LocalHours, month_of, weekday_of

QUARTERS_OF_DAY = 96
"""Intervals of 15 minutes of a day."""
SHARES = {"motorcycle": 0.66, "car": 0.27, "truck": 0.045, "bus": 0.01, "bicycle": 0.015}
"""Class -> share of the traffic of a working day."""
RAIN, VISITORS = range(2)
"""Columns of the conditions: rain in mm/h, and thousands of visitors on their way to or from an event."""
_WEEK = np.array([1.0, 1.01, 1.02, 1.02, 1.06, 0.9, 0.74])
"""Traffic of each weekday over that of Monday."""
_SUNDAY = 6
"""Number of Sunday."""
_QUARTERS = np.arange(QUARTERS_OF_DAY) / 4
"""Hour at which each quarter begins."""


@dataclass(frozen=True, slots=True)
class SyntheticCamera:
    """Counts of a camera and what they depend on.

    counts: (days, 96, gates, classes), NaN in gaps. conditions: (days, 24, 2), see `RAIN` and `VISITORS`. whole: the
    counts without gaps.
    """

    dates: Dates
    counts: Floats
    conditions: Floats
    whole: Floats

    def hours(self, gate: int = 0, *, whole: bool = False) -> LocalHours:
        """Return the hourly vehicles of a gate; an hour with a gap is NaN."""
        counts = (self.whole if whole else self.counts)[:, :, gate].sum(axis=2)
        return LocalHours(self.dates, counts.reshape(len(self.dates), 24, 4).sum(axis=2))


def synthetic_camera(
    rng: np.random.Generator,
    dates: Dates,
    holidays: Dates,
    lebaran: Dates,
    *,
    gates: int = 2,
    city: "Conditions | None" = None,
) -> SyntheticCamera:
    """Generate a camera. lebaran: the first day of each. city: what all cameras share; by default its own."""
    shared = city or conditions(rng, dates, holidays, lebaran)
    mean = np.stack([_mean(rng, dates, shared) for _ in range(gates)], axis=2)
    mean *= _jams(rng, len(dates))[:, :, None, None]
    # Signals, platoons and chance: more spread than that of Poisson.
    mean *= rng.gamma(200, 1 / 200, mean.shape[:3])[..., None]
    whole = rng.poisson(mean).astype(float)
    counts = np.where(_outages(rng, len(dates))[:, :, None, None], np.nan, whole)
    return SyntheticCamera(dates, counts, shared.columns, whole)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the cameras of a city share.

    columns: (days, 24, 2). level: traffic of each date over the usual. is_off: dates with the hours of a Sunday.
    schools: whether they are open.
    """

    columns: Floats
    level: Floats
    is_off: NDArray[np.bool_]
    schools: NDArray[np.bool_]


def conditions(rng: np.random.Generator, dates: Dates, holidays: Dates, lebaran: Dates) -> Conditions:
    """Generate rain and events, and the level of each day."""
    days = len(dates)
    wet = np.isin(month_of(dates), [10, 11, 0, 1, 2, 3])
    rain = np.zeros((days, 24))
    starts = rng.random((days, 24)) < np.where(wet, 0.05, 0.012)[:, None] * np.where(np.arange(24) >= 12, 1.6, 0.4)
    for day, hour in np.argwhere(starts):
        length = 1 + rng.poisson(1.2)
        rain[day, hour : hour + length] += rng.gamma(1.0, 6.0)
    visitors = np.zeros((days, 24))
    for day in np.flatnonzero(rng.random(days) < 0.07):
        begin, size = rng.integers(15, 20), rng.uniform(3, 30)
        visitors[day, begin - 2 : begin] = size
        visitors[day, begin + 2 : begin + 4] = size
    is_off = np.isin(dates, holidays)
    level = np.exp(rng.normal(0, 0.03, days)) * np.where(is_off, rng.uniform(0.6, 0.85, days), 1)
    for first in lebaran:  # trips home before, empty streets from the second day of the feast
        away = (dates - first).astype(int)
        level *= np.select([(away >= -7) & (away < 0), (away >= 0) & (away < 9)], [1.08, 0.8], 1.0)
    drift = np.zeros(days)
    for day in range(1, days):
        drift[day] = 0.8 * drift[day - 1] + rng.normal(0, 0.025)
    month = month_of(dates) + 1
    of_month = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    closed = ((month == 6) & (of_month > 20)) | ((month == 7) & (of_month < 12)) | ((month == 12) & (of_month > 18))
    season = 1 + 0.04 * np.sin(2 * np.pi * (month - 3) / 12)
    return Conditions(np.stack([rain, visitors], axis=2), level * season * np.exp(drift), is_off, ~closed)


def _mean(rng: np.random.Generator, dates: Dates, shared: Conditions) -> Floats:
    """Return the mean counts (days, 96, classes) of a gate."""
    tide = rng.uniform(-0.45, 0.45)
    morning, evening = rng.normal(7.0, 0.3), rng.normal(17.2, 0.4)
    working = (
        (1 + tide) * _hump(morning, 1.0)
        + (1 - tide) * _hump(evening, 1.5)
        + 0.75 * _hump(12.5, 3.6)
        + 0.12 * _hump(21, 2)
        + 0.09
    )
    sunday = 0.9 * _hump(rng.normal(10.5, 0.4), 2.5) + 0.9 * _hump(rng.normal(17, 0.4), 2.6) + 0.1 * _hump(21, 2) + 0.1
    weekday = weekday_of(dates)
    is_sunday = shared.is_off | (weekday == _SUNDAY)
    shape = np.where(is_sunday[:, None], sunday / sunday.sum(), working / working.sum())
    shape = np.where(
        (weekday == WEEKDAYS - 2)[:, None] & ~is_sunday[:, None], (shape + sunday / sunday.sum()) / 2, shape
    )
    schools = np.where(shared.schools, 1, 0.93)[:, None] * np.where(
        shared.schools[:, None], 1, 1 - 0.15 * _hump(7, 0.8)
    )
    own = np.exp(rng.normal(0, 0.025, len(dates)) + np.linspace(0, rng.normal(0, 0.03), len(dates)))
    total = rng.choice([1, 1.4]) * np.exp(rng.uniform(np.log(4000), np.log(30_000)))
    level = total * own * shared.level * np.where(is_sunday & (weekday != _SUNDAY), 0.9, _WEEK[weekday])
    rain, visitors = (np.repeat(shared.columns[:, :, k], 4, axis=1) for k in (RAIN, VISITORS))
    near = rng.uniform(0, 0.03)  # share of a venue's crowd
    whole = shape * schools * level[:, None] * (1 + near * visitors)
    wet = np.minimum(rain, 15) / 15
    by_class = []
    for name, share in SHARES.items():
        fewer = {"motorcycle": -0.35, "bicycle": -0.7, "car": 0.06}.get(name, 0.0)
        at_night = 1 + 1.5 * (_QUARTERS < 5) if name == "truck" else 1.0
        off = np.where(is_sunday, {"truck": 0.4, "bus": 0.8, "bicycle": 2.0}.get(name, 1.0), 1.0)[:, None]
        by_class.append(whole * share * np.exp(rng.normal(0, 0.25)) * at_night * off * (1 + fewer * wet))
    return np.stack(by_class, axis=2)


def _hump(hour: float, width: float) -> Floats:
    away = np.abs(_QUARTERS + 0.125 - hour)
    hump: Floats = np.exp(-0.5 * (np.minimum(away, 24 - away) / width) ** 2)
    return hump


def _jams(rng: np.random.Generator, days: int) -> Floats:
    """Return the share of the demand that passes: an accident a month holds a part back, of which some comes later."""
    passes = np.ones((days, QUARTERS_OF_DAY))
    for day in np.flatnonzero(rng.random(days) < 1 / 30):
        first, length, left = rng.integers(24, 84), rng.integers(2, 7), rng.uniform(0.3, 0.7)
        passes[day, first : first + length] = left
        passes[day, first + length : first + length + 2] = 1.25
    return passes


def _outages(rng: np.random.Generator, days: int) -> NDArray[np.bool_]:
    """Return the quarters without observation: one outage in ten days, of minutes to a day and more."""
    out = np.zeros(days * QUARTERS_OF_DAY, bool)
    for first in np.flatnonzero(rng.random(len(out)) < 1 / (10 * QUARTERS_OF_DAY)):
        out[first : first + 1 + int(rng.lognormal(1.8, 1.2))] = True
    return out.reshape(days, QUARTERS_OF_DAY)
