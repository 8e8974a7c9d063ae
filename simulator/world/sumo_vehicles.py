"""Who drives out along an arm of a running simulation, and who follows whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import numpy as np

from simulator.world.sites import ARM_M, Arm
from simulator.world.vehicle_types import ALL_BODIES, BODY_INDEX

FOLLOWS_M, BESIDE_M, STRAIGHT = 40.0, 1.0, 0.97
"""Who follows another is no further behind and no further to the side; along the arm is within 14 degrees."""


@dataclass(frozen=True, slots=True)
class Driver:
    """along, left: of the front bumper, metres from the point along the arm and to the left of its middle."""

    name: str
    along: float
    left: float
    speed: float
    length: float


def drivers_along(sumo: Any, arm: Arm) -> list[Driver]:
    """All who drive straight out along the arm or towards it through the junction, the foremost first."""
    c = sumo.constants
    found = []
    for name, facts in sumo.vehicle.getAllSubscriptionResults().items():
        position = np.array(facts[c.VAR_POSITION][:2])
        heading = radians(90 - facts[c.VAR_ANGLE])
        along, left = float(position @ arm.outward), float(position @ arm.left)
        straight = float(np.array([cos(heading), sin(heading)]) @ arm.outward) > STRAIGHT
        if straight and left > 0 and -ARM_M / 4 < along < ARM_M / 2:
            length = ALL_BODIES[BODY_INDEX[facts[c.VAR_TYPE].split("@")[0]]].length_m
            found.append(Driver(name, along, left, facts[c.VAR_SPEED], length))
    return sorted(found, key=lambda driver: -driver.along)


def following_pairs(drivers: Sequence[Driver]) -> Iterator[tuple[Driver, Driver]]:
    """Who drives ahead, and who right behind. drivers: the foremost first."""
    for k, ahead in enumerate(drivers):
        behind = next((one for one in drivers[k + 1 :] if abs(one.left - ahead.left) < BESIDE_M), None)
        if behind is not None and 1 < room_between(ahead, behind) < FOLLOWS_M:
            yield ahead, behind


def room_between(ahead: Driver, behind: Driver) -> float:
    return ahead.along - ahead.length - behind.along
