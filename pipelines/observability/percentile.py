"""The 95th percentile of every report: health events, load reports, capacity results."""

import math
from collections.abc import Collection


def p95(values: Collection[float]) -> float | None:
    """Return the 95th percentile by nearest rank: the smallest value that 95 % of the values do not exceed.

    None without values.

    >>> p95(range(1, 101)), p95([3.0, 1.0]), p95([])
    (95, 3.0, None)
    """
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else None
