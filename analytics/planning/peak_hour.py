"""Peak hour and peak-hour factor of a day of quarters, in which some may be missing."""

from collections.abc import Sequence
from dataclasses import dataclass

QUARTERS = 4
"""Quarters of an hour."""
LEAST_COVERAGE = 0.8
"""Observed share from which a quarter counts; its volume is scaled up to the whole [assumption: 12 of 15 minutes]."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """Volume of a quarter of an hour. volume: as observed, None without observation. coverage: observed share, 0..1."""

    volume: float | None
    coverage: float = 1.0

    @property
    def scaled(self) -> float | None:
        """Volume as if all of the quarter had been observed; None below `LEAST_COVERAGE`."""
        if self.volume is None or self.coverage < LEAST_COVERAGE:
            return None
        return self.volume / min(self.coverage, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakHour:
    """Four consecutive quarters with the largest volume.

    first: number of the first quarter. volume: of the hour, scaled up to the whole of each quarter. factor: peak-hour
    factor, 0.25..1; None for an hour without traffic. examined, hours: of all hours of consecutive quarters, those of
    which every quarter is known. The true peak may lie in one that is not.
    """

    first: int
    volume: float
    factor: float | None
    examined: int
    hours: int

    @property
    def certain(self) -> bool:
        """Whether every hour could be examined."""
        return self.examined == self.hours


def peak_hour(quarters: Sequence[Quarter]) -> PeakHour | None:
    """Return the peak hour: the four consecutive quarters with the largest sum; of equals, the first.

    Peak-hour factor PHF = V / (4 V15), with V15 the largest quarter of the hour [HCM 7, equation 4-1; PKJI 2023 takes
    the hour with the largest flow]. None where no four consecutive quarters are known.

    >>> peak_hour([Quarter(n) for n in (10, 20, 30, 40, 20)])
    PeakHour(first=1, volume=110.0, factor=0.6875, examined=2, hours=2)
    """
    volumes = [quarter.scaled for quarter in quarters]
    known: list[tuple[int, list[float]]] = []
    for first in range(len(volumes) - QUARTERS + 1):
        hour = [volume for volume in volumes[first : first + QUARTERS] if volume is not None]
        if len(hour) == QUARTERS:
            known.append((first, hour))
    if not known:
        return None
    first, hour = max(known, key=lambda one: (sum(one[1]), -one[0]))
    total, largest = float(sum(hour)), max(hour)
    return PeakHour(
        first=first,
        volume=total,
        factor=total / (QUARTERS * largest) if largest else None,
        examined=len(known),
        hours=max(0, len(volumes) - QUARTERS + 1),
    )
