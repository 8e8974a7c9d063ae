"""Percentile of speeds, and reliability of travel times."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.special import bdtr, bdtrik

from analytics.planning.annual_traffic import CONFIDENCE

LATE_SHARE = 0.95
"""Share of the trips that arrive in the planned time: all but one of 20 [FHWA-HOP-06-070]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentile:
    """Percentile of a sample of n values.

    low, high: contain that of all vehicles with probability `CONFIDENCE` or more; None where the
    sample is too small for such a bound.
    """

    value: float
    low: float | None
    high: float | None
    n: int


def speed_percentile(speeds_kmh: Sequence[float], share: float = 0.85) -> Percentile | None:
    """Return the speed that a share of the vehicles do not exceed; by default V85, the 85th percentile.

    The value interpolates between the order statistics [Hyndman and Fan 1996, type 7]. The bounds are order
    statistics, free of assumptions on the distribution [Conover 1999, 3.2]. NaN is left out. None without speeds.
    Raises ValueError for a share outside 0..1.

    >>> speed_percentile(range(1, 101)).value
    85.15
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share:g}; give a number between 0 and 1")
    speeds = np.asarray(speeds_kmh, float)
    ordered = np.sort(speeds[np.isfinite(speeds)])
    n = len(ordered)
    if n == 0:
        return None
    # Number of values below the percentile is binomial: order statistic r is below it with probability P(B >= r).
    below = _binomial_quantile((1 - CONFIDENCE) / 2, n, share)
    above = _binomial_quantile((1 + CONFIDENCE) / 2, n, share) + 1
    return Percentile(
        value=round(float(np.quantile(ordered, share)), 10),
        low=float(ordered[below - 1]) if below >= 1 else None,
        high=float(ordered[above - 1]) if above <= n else None,
        n=n,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Reliability of travel over a stretch, from its space-mean speeds over equal intervals.

    buffer_index: (T95 - mean T) / mean T, the extra time to plan for, as a share of the mean. planning_time_index:
    T95 / T at free flow. travel_time_index: mean T / T at free flow. Both are None without a free-flow speed. n:
    intervals.
    """

    buffer_index: float
    planning_time_index: float | None
    travel_time_index: float | None
    n: int


def reliability(
    speeds_kmh: Sequence[float], free_flow_kmh: float | None = None, *, weights: Sequence[float] | None = None
) -> Reliability | None:
    """Return the indices of FHWA-HOP-06-070; travel time T of a stretch is its length over the speed.

    weights: of the intervals, such as their vehicles; by default all weigh the same. T95 is the smallest travel time
    that 95 % of the weight do not exceed. Intervals whose speed or weight is NaN are left out. None without an interval
    of positive speed and weight. An interval at a standstill has no travel time, so it must be given as a small
    positive speed. Raises ValueError for speeds that are not positive.
    """
    speeds = np.asarray(speeds_kmh, float)
    weight = np.ones(len(speeds)) if weights is None else np.asarray(weights, float)
    known = np.isfinite(speeds) & np.isfinite(weight)
    speeds, weight = speeds[known], weight[known]
    if np.any(speeds <= 0):
        raise ValueError("speeds must be positive: a standstill has no travel time")
    if not weight.sum() > 0:
        return None
    order = np.argsort(-speeds)
    times, weight = 1 / speeds[order], weight[order]
    mean = float(np.average(times, weights=weight))
    late = float(times[np.searchsorted(np.cumsum(weight), LATE_SHARE * weight.sum() * (1 - 1e-12))])
    free = free_flow_kmh if free_flow_kmh else None
    return Reliability(
        buffer_index=(late - mean) / mean,
        planning_time_index=late * free if free else None,
        travel_time_index=mean * free if free else None,
        n=len(speeds),
    )


def _binomial_quantile(probability: float, n: int, share: float) -> int:
    """Smallest number of successes among `n` trials, each with probability `share`, that is exceeded no more often."""
    successes = max(0, ceil(float(bdtrik(probability, n, share))))
    is_less_enough = successes > 0 and float(bdtr(successes - 1, n, share)) >= probability
    return successes - 1 if is_less_enough else successes
