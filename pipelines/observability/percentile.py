"""Percentiles of every report: health events, load reports, capacity results, faults."""

import math
from collections.abc import Collection


def nearest_rank(values: Collection[float], share: float) -> float | None:
    """Return the smallest value that a share of the values, 0..1, does not exceed; None without values.

    >>> nearest_rank([1, 2, 3, 4], 0.5), nearest_rank([1, 2], 0.0), nearest_rank([], 0.5)
    (2, 1, None)
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


def p95(values: Collection[float]) -> float | None:
    """Return the 95th percentile by nearest rank; None without values.

    >>> p95(range(1, 101)), p95([3.0, 1.0]), p95([])
    (95, 3.0, None)
    """
    return nearest_rank(values, 0.95)
