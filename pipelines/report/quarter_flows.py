"""Flows of a month by quarter of an hour: observed counts of each stream, and the mean day of some dates.

A stream is what one column of the sheet counts: a direction of a gate, or a movement of a junction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.planning.peak_hour import LEAST_COVERAGE, Quarter
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.query.history_rows import HistoryInterval

QUARTERS = 96
"""Quarters of a day."""
QUARTER_S = 900
"""Seconds of a quarter."""
_CLASS = {road_user: number for number, road_user in enumerate(ROAD_USERS)}
"""Column of each class."""

Counts = NDArray[np.float64]
"""Counts (..., 6) by class, in the order of `ROAD_USERS`."""


@dataclass(frozen=True)
class Month:
    """Quarters of a month.

    coverage: (n,). is_known: whether counts are known, (n,). dates: local date of each. numbers: quarter of its day.
    """

    coverage: NDArray[np.float64]
    is_known: NDArray[np.bool_]
    dates: list[date]
    numbers: NDArray[np.int64]

    @classmethod
    def of(cls, rows: list[HistoryInterval], zone: ZoneInfo) -> "Month":
        """Return the quarters of a gate's history."""
        local = [row.start_at.astimezone(zone) for row in rows]
        return cls(
            np.array([row.coverage for row in rows]),
            np.array([row.counts is not None for row in rows]),
            [at.date() for at in local],
            np.array([at.hour * 4 + at.minute // 15 for at in local]),
        )

    @property
    def is_used(self) -> NDArray[np.bool_]:
        """Whether a quarter enters means, (n,): enough of it was observed to scale it up."""
        return self.is_known & (self.coverage >= LEAST_COVERAGE)

    def mean_day(self, counts: Counts, dates: Collection[date]) -> Counts:
        """Return the mean counts (96, 6) of each quarter over those of the dates on which it was observed; else NaN."""
        chosen = self.is_used & np.array([day in dates for day in self.dates])
        sums, days = np.zeros((QUARTERS, counts.shape[1])), np.zeros(QUARTERS)
        np.add.at(sums, self.numbers[chosen], counts[chosen] / self.coverage[chosen, None])
        np.add.at(days, self.numbers[chosen], 1)
        return np.divide(sums, days[:, None], out=np.full_like(sums, np.nan), where=days[:, None] > 0)

    def quarters_of(self, counts: Counts, day: date) -> list[Quarter]:
        """Return the quarters of a date, as volumes of vehicles."""
        of_day = [number for number, when in enumerate(self.dates) if when == day]
        volume = vehicles(counts)
        return [Quarter(float(volume[k]) if self.is_known[k] else None, float(self.coverage[k])) for k in of_day]


def vehicles(counts: Counts) -> NDArray[np.float64]:
    """Return the counts without persons, (...)."""
    total: NDArray[np.float64] = counts.sum(axis=-1) - counts[..., _CLASS[RoadUser.PERSON]]
    return total


def by_class(counts: Counts) -> Mapping[RoadUser, float]:
    """Return one row of counts by class."""
    return {road_user: float(counts[number]) for road_user, number in _CLASS.items()}


def stream_counts(found: Mapping[tuple[int, RoadUser], int], buckets: int) -> Counts:
    """Return counts by bucket and class as an array (buckets, 6)."""
    counts = np.zeros((buckets, len(ROAD_USERS)))
    for (bucket, road_user), n in found.items():
        counts[bucket, _CLASS[road_user]] += n
    return counts
