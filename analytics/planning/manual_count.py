"""Comparison of counts with those of a person at the road: GEH and error."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

GOOD_GEH = 5.0
"""GEH below which counts of an hour agree [source: DMRB 12.2.1; Transport Analysis Guidance unit M3.1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCheck:
    """Agreement of counts. error: (counted - manual) / manual, None without manual vehicles.

    good: share of the periods with a GEH below `GOOD_GEH`; 85 % are wanted [same source].
    """

    manual: float
    counted: float
    geh: tuple[float, ...]
    good: float
    error: float | None


def geh(first_veh_h: float, second_veh_h: float) -> float:
    """Return the GEH statistic of two hourly volumes: sqrt(2 (a - b)^2 / (a + b)); 0 where both are 0.

    >>> round(geh(1000, 900), 2)
    3.24
    """
    total = first_veh_h + second_veh_h
    return sqrt(2 * (first_veh_h - second_veh_h) ** 2 / total) if total > 0 else 0.0


def check_counts(manual: Sequence[float], counted: Sequence[float], hours: Sequence[float]) -> CountCheck:
    """Compare periods, of which `hours` are the lengths. Raises ValueError without periods or for lengths of 0."""
    if not manual or min(hours) <= 0:
        raise ValueError("give at least one period, and periods longer than 0")
    each = tuple(geh(a / h, b / h) for a, b, h in zip(manual, counted, hours, strict=True))
    return CountCheck(
        manual=sum(manual),
        counted=sum(counted),
        geh=each,
        good=sum(value < GOOD_GEH for value in each) / len(each),
        error=sum(counted) / sum(manual) - 1 if sum(manual) else None,
    )
