"""Sums of vehicle time, distance and entries by zone and class: the terms of flow, density and space-mean speed.

Edie's generalised definitions (L. C. Edie, "Discussion of traffic stream measurements and definitions", 1963; Daganzo,
Fundamentals of Transportation and Traffic Operations, 1997, ch. 4). Over a road section of length L and a time T,
density is the total time spent over L T, and flow is the total distance travelled over L T. Space-mean speed is
distance over time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS, TYPICAL_LENGTH_M

_LENGTHS_M = np.array([TYPICAL_LENGTH_M[road_user] for road_user in ROAD_USERS])
"""(classes,) typical vehicle lengths in metres [assumption]."""


@dataclass(frozen=True, slots=True)
class EdieTotals:
    """Totals of each zone by class: arrays (Z, classes), classes in the order of `ROAD_USERS`.

    seconds_by_class: vehicle-seconds. metres_by_class: vehicle-metres along the road. entered_by_class: vehicles that
    entered the zone. The same names without `_by_class` are sums over the classes, (Z,).
    """

    seconds_by_class: NDArray[np.float64]
    metres_by_class: NDArray[np.float64]
    entered_by_class: NDArray[np.float64]

    @classmethod
    def zeros(cls, zones: int) -> "EdieTotals":
        return cls(*np.zeros((3, zones, len(ROAD_USERS))))

    def __add__(self, other: "EdieTotals") -> "EdieTotals":
        return EdieTotals(
            self.seconds_by_class + other.seconds_by_class,
            self.metres_by_class + other.metres_by_class,
            self.entered_by_class + other.entered_by_class,
        )

    def add(self, zone: int, class_id: int, seconds: float, metres: float) -> None:
        """Add a vehicle's time and distance in a zone, in place."""
        self.seconds_by_class[zone, class_id] += seconds
        self.metres_by_class[zone, class_id] += metres

    def add_entry(self, zone: int, class_id: int) -> None:
        """Add one vehicle that entered a zone, in place."""
        self.entered_by_class[zone, class_id] += 1

    @property
    def seconds(self) -> NDArray[np.float64]:
        return np.asarray(self.seconds_by_class.sum(axis=1))

    @property
    def metres(self) -> NDArray[np.float64]:
        return np.asarray(self.metres_by_class.sum(axis=1))

    @property
    def entered(self) -> NDArray[np.float64]:
        return np.asarray(self.entered_by_class.sum(axis=1))

    @property
    def length_seconds(self) -> NDArray[np.float64]:
        """(Z,) vehicle length times vehicle time, in m s."""
        return np.asarray(self.seconds_by_class @ _LENGTHS_M)
