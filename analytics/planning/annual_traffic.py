"""Annual average daily traffic (AADT) of a place that was observed for most of a year, and its uncertainty.

AADT is the traffic of a year over its days. Where days are missing, the plain mean is biased towards what was observed:
two Sundays without data raise it. Both published methods average within each month and weekday first.
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analytics.planning.local_hours import WEEKDAYS, Floats, LocalHours, dates_of_year, month_of, weekday_of

CONFIDENCE = 0.95
"""Probability of the interval around an estimate [convention]."""
MONTHS = 12
"""Months of a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualTraffic:
    """AADT in vehicles a day, with the interval that contains it with probability `CONFIDENCE`.

    low, high: None where no month and weekday was observed twice. cells: of the 84 pairs of month and weekday, those
    that were observed. days: dates that entered the estimate.
    """

    aadt: float
    low: float | None
    high: float | None
    cells: int
    days: int


def aashto_aadt(hours: LocalHours, year: int) -> AnnualTraffic | None:
    """Return the AADT by the AASHTO method: complete days only, every month and every weekday weighs the same.

    AADT = 1/7 sum over weekdays i (1/12 sum over months j (mean of the days of weekday i in month j))
    [AASHTO Guidelines for Traffic Data Programs; FHWA Traffic Monitoring Guide 2022, appendix L].
    None where one of the 84 pairs of weekday and month has no complete day: the method is not defined then.
    """
    of_year = _of(hours, year)
    days = LocalHours(of_year.dates[of_year.complete], of_year.volume[of_year.complete])
    totals = days.volume.sum(axis=1)
    cells = _cells(days)
    counts = np.bincount(cells, minlength=MONTHS * WEEKDAYS)
    if not counts.all():
        return None
    means = np.bincount(cells, totals, minlength=MONTHS * WEEKDAYS) / counts
    weights = np.full(MONTHS * WEEKDAYS, 1 / (MONTHS * WEEKDAYS))
    share = counts / _days_of_cells(year)
    return _estimate(means, weights, totals - means[cells], cells=cells, counts=counts, share=share)


def fhwa_aadt(hours: LocalHours, year: int) -> AnnualTraffic | None:
    """Return the AADT by the FHWA method of 2016, which uses incomplete days, too.

    MADT of month m = sum over weekdays j of w (sum over hours h of the mean of the volumes of h on j in m) / sum of w,
    where w is the number of days of weekday j in month m; AADT = sum of d MADT / sum of d, where d is the number of
    days of month m [FHWA Traffic Monitoring Guide 2016, 3.2.1; Jessberger et al. 2016, TRR 2593].
    A month is averaged over the weekdays of which all 24 hours were observed at some time in it. None where a month
    has none.
    """
    of_year = _of(hours, year)
    cells = _cells(of_year)
    seen = np.isfinite(of_year.volume)
    counts = _sums(cells, seen.astype(float))
    with np.errstate(invalid="ignore"):
        by_hour = _sums(cells, np.where(seen, of_year.volume, 0)) / counts
    means = by_hour.sum(axis=1)  # NaN where an hour was never observed
    known = np.isfinite(means)
    calendar = dates_of_year(year)
    in_calendar = _days_of_cells(year)
    weights = np.where(known, in_calendar, 0).reshape(MONTHS, WEEKDAYS).astype(float)
    if not weights.any(axis=1).all():
        return None
    days_of_month = in_calendar.reshape(MONTHS, WEEKDAYS).sum(axis=1)
    weights *= (days_of_month / weights.sum(axis=1) / len(calendar))[:, None]
    used = seen.any(axis=1) & known[cells]
    # A day's deviation over the hours that it was observed, as if all 24 had been.
    off = np.where(seen, of_year.volume - by_hour[cells], 0).sum(axis=1) * 24 / np.maximum(seen.sum(axis=1), 1)
    used_counts = np.bincount(cells[used], minlength=MONTHS * WEEKDAYS)
    share = counts.sum(axis=1) / 24 / in_calendar
    known_means = np.where(known, means, 0)
    found = _estimate(known_means, weights.ravel(), off[used], cells=cells[used], counts=used_counts, share=share)
    return _widened(found, _unseen_margin(means, in_calendar / len(calendar)))


def _unseen_margin(means: Floats, shares: Floats) -> float:
    """Return the margin for weekdays of a month without observation, which may differ as its other weekdays do.

    means: (84,), NaN where unseen. shares: of the year, (84,).
    """
    variance = 0.0
    for month, share in zip(means.reshape(MONTHS, WEEKDAYS), shares.reshape(MONTHS, WEEKDAYS), strict=True):
        seen = np.isfinite(month)
        if not seen.all() and seen.sum() > 1:
            variance += float((share[~seen] ** 2).sum() * month[seen].var(ddof=1))
    return float(stdtrit(WEEKDAYS - 1, (1 + CONFIDENCE) / 2)) * sqrt(variance)


def _widened(found: AnnualTraffic, margin: float) -> AnnualTraffic:
    """Return the estimate with a margin added, as the root of the sum of squares."""
    if found.low is None or found.high is None or margin == 0:
        return found
    half = float(np.hypot(found.high - found.aadt, margin))
    return replace(found, low=max(0.0, found.aadt - half), high=found.aadt + half)


def _of(hours: LocalHours, year: int) -> LocalHours:
    """Return the days of one year."""
    mine = hours.dates.astype("datetime64[Y]") == np.datetime64(str(year), "Y")
    return LocalHours(hours.dates[mine], hours.volume[mine])


def _cells(hours: LocalHours) -> NDArray[np.int64]:
    return _cells_of(hours.dates)


def _cells_of(dates: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the number of the pair of month and weekday of each date: 7 * month + weekday."""
    return month_of(dates) * WEEKDAYS + weekday_of(dates)


def _days_of_cells(year: int) -> NDArray[np.int64]:
    """Return the days (84,) of the year in each pair of month and weekday."""
    return np.bincount(_cells_of(dates_of_year(year)), minlength=MONTHS * WEEKDAYS)


def _sums(cells: NDArray[np.int64], values: Floats) -> Floats:
    """Return the sums (84, 24) of the rows of each cell."""
    sums = np.zeros((MONTHS * WEEKDAYS, values.shape[1]))
    np.add.at(sums, cells, values)
    return sums


def _estimate(
    means: Floats,
    weights: Floats,
    deviations: Floats,
    *,
    cells: NDArray[np.int64],
    counts: NDArray[np.int64],
    share: Floats,
) -> AnnualTraffic:
    """Return the weighted mean and its interval by stratified sampling without replacement [Cochran 1977, 5.4].

    The strata are the pairs of month and weekday; they share one variance relative to their mean, as four days each do
    not give one of their own. share: observed hours of each stratum over all; there is no sampling error where it is 1.
    """
    aadt = float(weights @ means)
    seen = counts > 0
    freedom = int((counts[seen] - 1).sum())
    low = high = None
    if freedom > 0:
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(means[cells] > 0, deviations / means[cells], 0.0)
        spread = (relative**2).sum() / freedom
        missing = np.clip(1 - share[seen], 0, 1)
        variance = float((weights[seen] ** 2 * means[seen] ** 2 * spread / counts[seen] * missing).sum())
        margin = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * variance**0.5
        low, high = max(0.0, aadt - margin), aadt + margin
    return AnnualTraffic(aadt=aadt, low=low, high=high, cells=int(seen.sum()), days=len(deviations))
