"""Expansion of a count of a few days to a year, by the pattern of a place that was observed all year."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.planning.annual_traffic import CONFIDENCE, fhwa_aadt
from analytics.planning.local_hours import WEEKDAYS, Dates, Floats, LocalHours, month_of, weekday_of

CELLS = 12 * WEEKDAYS
"""Pairs of month and weekday."""
LEAST_COUNTS = 40
"""Fewest counts of the reference from which the interval is known [assumption: 2.5 % of them is one]."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """AADT from a short count. low, high: 95 % interval, None where the reference is too short. days: of the count."""

    aadt: float
    low: float | None
    high: float | None
    days: int


def expand(dates: Dates, totals: Floats, reference: LocalHours) -> Expansion | None:
    """Return the AADT of a place from the totals of some days: mean of total times factor of the day.

    factor = AADT / volume of that very day at the reference, a place of the same kind and city in the same year, as
    both have the same weather and feasts; where the reference was not observed then, AADT / mean of its complete days
    of that month and weekday [FHWA Traffic Monitoring Guide 2022, chapter 3: monthly and day-of-week factors].
    The interval has the errors that counts of as many days in sequence have at the reference itself with the factors of
    month and weekday, each without its own days: it holds the AADT more often than that, unless the seasons of both
    places differ.
    dates: of one year. totals: NaN where a day was not observed completely. None where no day has a factor.
    """
    year = int(str(dates[0])[:4]) if len(dates) else 0
    annual = fhwa_aadt(reference, year)
    whole = reference.complete & (reference.dates.astype("datetime64[Y]") == np.datetime64(str(year), "Y"))
    if annual is None or not whole.any():
        return None
    volume, cells = reference.volume[whole].sum(axis=1), _cells(reference.dates[whole])
    sums, counts = np.bincount(cells, volume, minlength=CELLS), np.bincount(cells, minlength=CELLS)
    factors = np.divide(annual.aadt * counts, sums, out=np.full(CELLS, np.nan), where=sums > 0)
    of_days = reference.volume.sum(axis=1)
    _, mine, theirs = np.intersect1d(dates, reference.dates, return_indices=True)
    of_reference = np.full(len(dates), np.nan)
    of_reference[mine] = np.where(of_days[theirs] > 0, of_days[theirs], np.nan)
    estimates = totals * np.where(np.isfinite(of_reference), annual.aadt / of_reference, factors[_cells(dates)])
    estimates = estimates[np.isfinite(estimates)]
    if not len(estimates):
        return None
    others = sums[cells] - volume
    own = volume * np.divide(counts[cells] - 1, others, out=np.full(len(volume), np.nan), where=others > 0)
    aadt, bounds = float(estimates.mean()), _bounds(reference.dates[whole], own, len(estimates))
    low, high = (aadt / bounds[1], aadt / bounds[0]) if bounds else (None, None)
    return Expansion(aadt, low, high, len(estimates))


def _cells(dates: Dates) -> NDArray[np.int64]:
    return month_of(dates) * WEEKDAYS + weekday_of(dates)


def _bounds(dates: Dates, ratios: Floats, days: int) -> tuple[float, float] | None:
    """Return the quantiles of the means of ratios of days in sequence: estimate over AADT, for the reference itself."""
    if len(ratios) < days:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(ratios, days)
    follow = (dates[days - 1 :] - dates[: len(dates) - days + 1]).astype(int) == days - 1
    means = windows.mean(axis=1)[follow]
    means = means[np.isfinite(means)]
    if len(means) < LEAST_COUNTS:
        return None
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
