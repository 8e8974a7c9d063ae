"""The usual day: median volume of each hour by weekday and on holidays, the heat map, and imputation that is marked."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analytics.planning.annual_traffic import CONFIDENCE
from analytics.planning.local_hours import HOURS, WEEKDAYS, Dates, Floats, LocalHours, weekday_of

HOLIDAY = WEEKDAYS
"""Number of the day type of holidays, after the seven weekdays."""
DAY_TYPES = WEEKDAYS + 1
"""Day types: Monday to Sunday, and holidays."""
SUNDAY = 6
"""Day type that stands for holidays while fewer than `LEAST_DAYS` of them were observed."""
LEAST_DAYS = 3
"""Fewest observed days of an hour and day type that have a usual volume [assumption: a median of two is a mean]."""
LEAST_RATIOS = 20
"""Fewest observations of an hour from which the interval of imputed volumes is known [assumption]."""
GAP_LENGTHS_H = (1, 2, 3, 5, 8, 12, 18, 24, 48, 96, 168, 336, 1 << 30)
"""Lengths of gaps from which the interval of imputed hours is another."""
OWN_SPREAD = 0.08
"""Spread of the log ratio of observed to usual volume of an hour beside chance [assumption: hours of one day]."""
PRIOR_WEIGHT = 0.1
"""Weight of the usual volume itself, as that of a busy hour at a kernel of 1 [assumption]."""
_LAGS_H = np.arange(-14 * HOURS, 14 * HOURS + 1)
"""Lags in hours of the hours that show how busy an hour is: two weeks each way."""
_KERNEL = np.exp(-np.abs(_LAGS_H) / 3) + 0.1 * np.exp(-np.abs(_LAGS_H) / 72)
"""Weight of an hour by its lag: how busy hours are lasts for hours, and how busy days are for days [assumption]."""


@dataclass(frozen=True, slots=True)
class UsualDay:
    """Usual volumes. median: (8, 24) by day type and hour, NaN where unknown. days: (8, 24), observations of each."""

    median: Floats
    days: NDArray[np.int64]

    def of(self, dates: Dates, holidays: Dates) -> Floats:
        """Return the usual volumes of dates, (n, 24). On a holiday of which little is known, those of Sundays."""
        usual = self.median[day_types(dates, holidays)]
        unknown_holiday = np.isin(dates, holidays)[:, None] & np.isnan(usual)
        return np.where(unknown_holiday, self.median[SUNDAY], usual)


@dataclass(frozen=True, slots=True)
class Imputed:
    """Volumes with estimates in the place of missing hours; all arrays are (n, 24).

    volume: observed or estimated, NaN where neither is known. is_imputed: whether it is an estimate. low, high:
    contain the missing volume with probability `CONFIDENCE`; equal to the volume where it was observed.
    """

    volume: Floats
    is_imputed: NDArray[np.bool_]
    low: Floats
    high: Floats


def day_types(dates: Dates, holidays: Dates) -> NDArray[np.int64]:
    """Return the day type of dates: 0 for Monday to 6 for Sunday, 7 on holidays."""
    return np.where(np.isin(dates, holidays), HOLIDAY, weekday_of(dates))


def usual_day(hours: LocalHours, holidays: Dates) -> UsualDay:
    """Return the median of each hour by weekday, and of all holidays together.

    A median stays right while up to half of the days are wrong, as after an outage that was not noticed. Hours that
    were not observed are left out. holidays: dates with the traffic of a holiday, such as those of Lebaran, which
    moves.
    """
    types = day_types(hours.dates, holidays)
    median = np.full((DAY_TYPES, HOURS), np.nan)
    days = np.zeros((DAY_TYPES, HOURS), np.int64)
    for day_type in range(DAY_TYPES):
        volume = hours.volume[types == day_type]
        days[day_type] = np.isfinite(volume).sum(axis=0)
        known = days[day_type] >= LEAST_DAYS
        if known.any():
            median[day_type, known] = np.nanmedian(volume[:, known], axis=0)
    return UsualDay(median, days)


def heat_map(hours: LocalHours) -> Floats:
    """Return the mean volume (7, 24) by weekday and hour; NaN where it was never observed."""
    sums = np.zeros((WEEKDAYS, HOURS))
    counts = np.zeros((WEEKDAYS, HOURS))
    seen = np.isfinite(hours.volume)
    np.add.at(sums, hours.weekday, np.where(seen, hours.volume, 0))
    np.add.at(counts, hours.weekday, seen.astype(float))
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def impute(hours: LocalHours, holidays: Dates) -> Imputed:
    """Fill the hours that were not observed with the usual volume, times how busy the hours around them were.

    The interval holds the ratios of observed to estimated volume that occur when observed hours are estimated in the
    same way, without the hours on both sides of it that are fewer away than the gap is long [conformal prediction,
    Vovk et al. 2005]. Observed values are never changed.
    """
    missing = np.isnan(hours.volume)
    blind = medians_without_itself(hours, holidays)
    estimate = usual_day(hours, holidays).of(hours.dates, holidays) * _business(hours.volume, blind, 1)
    gap = _gap_lengths(missing)
    low, high = np.full_like(estimate, np.nan), np.full_like(estimate, np.nan)
    for length, end in pairwise(GAP_LENGTHS_H):
        chosen = missing & (gap >= length) & (gap < end)
        if chosen.any():
            bounds = _ratio_bounds(hours.volume, blind * _business(hours.volume, blind, length))
            low[chosen], high[chosen] = ((estimate * bound)[chosen] for bound in bounds)
    is_imputed = missing & np.isfinite(estimate)
    return Imputed(
        np.where(missing, estimate, hours.volume),
        is_imputed,
        np.where(is_imputed, low, hours.volume),
        np.where(is_imputed, high, hours.volume),
    )


def medians_without_itself(hours: LocalHours, holidays: Dates) -> Floats:
    """Return the usual volume (n, 24) of each date and hour from the other days of its type alone."""
    types = day_types(hours.dates, holidays)
    usual = usual_day(hours, holidays).of(hours.dates, holidays)
    for day_type in range(DAY_TYPES):
        rows = np.flatnonzero(types == day_type)
        for hour in range(HOURS):
            seen = rows[np.isfinite(hours.volume[rows, hour])]
            if len(seen) > LEAST_DAYS:
                usual[seen, hour] = medians_of_others(hours.volume[seen, hour])
    return usual


def medians_of_others(values: Floats) -> Floats:
    """Return, for each of n > 1 values, the median of the other n - 1.

    >>> medians_of_others(np.array([1.0, 2.0, 4.0])).tolist()
    [3.0, 2.5, 1.5]
    """
    order = np.argsort(values)
    ordered, rank = values[order], np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    left = len(values) - 1
    middles = [ordered[np.where(rank <= k, k + 1, k)] for k in ((left - 1) // 2, left // 2)]
    median: Floats = (middles[0] + middles[1]) / 2
    return median


def _gap_lengths(missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the length (n, 24) of the gap that each hour is in; 0 where it was observed."""
    flat = missing.ravel().astype(np.int8)
    edges = np.flatnonzero(np.diff(flat, prepend=0, append=0))
    lengths = np.zeros(len(flat), np.int64)
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        lengths[first:end] = end - first
    return lengths.reshape(missing.shape)


def _business(volume: Floats, usual: Floats, nearest: int) -> Floats:
    """Return the observed over the usual volume (n, 24) around each hour, without hours nearer than `nearest`.

    The geometric mean of the ratios, weighted by `_KERNEL` and by what chance leaves of them: the variance of a log
    ratio is 1 / volume, and that of traffic [delta method for Poisson counts]. Pulled towards 1 by `PRIOR_WEIGHT`.
    """
    seen = np.isfinite(volume) & np.isfinite(usual)
    expected = np.where(seen, usual, 0) + 0.5
    ratio = np.log((np.where(seen, volume, 0) + 0.5) / expected)
    weight = np.where(seen, 1 / (1 / expected + OWN_SPREAD**2), 0)
    kernel = np.where(np.abs(_LAGS_H) < nearest, 0, _KERNEL)
    total = _convolved(weight, kernel)
    return np.exp(_convolved(weight * ratio, kernel) / (total + PRIOR_WEIGHT / OWN_SPREAD**2))


def _convolved(values: Floats, kernel: Floats) -> Floats:
    """Return the sum over the hours around each, (n, 24), weighted by the kernel."""
    padded = np.pad(values.ravel(), len(kernel) // 2)
    around = np.convolve(padded, kernel, "valid")
    return around.reshape(values.shape)


def _ratio_bounds(volume: Floats, estimate: Floats) -> Floats:
    """Return the quantiles (2, 24) of observed over estimated volume by hour; NaN where too few are known."""
    ratio = np.divide(volume, estimate, out=np.full_like(volume, np.nan), where=estimate > 0)
    bounds = np.full((2, HOURS), np.nan)
    for hour in range(HOURS):
        known = ratio[np.isfinite(ratio[:, hour]), hour]
        if len(known) >= LEAST_RATIOS:
            bounds[:, hour] = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return bounds
