"""Vehicles that drive out along an arm of the running SUMO simulation, and pairs of leader and follower."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import numpy as np

from simulator.world.sites import ARM_M, Arm
from simulator.world.vehicle_types import VEHICLE_TYPE_INDEX, VEHICLE_TYPES

MAX_FOLLOWING_GAP_M, MAX_LATERAL_OFFSET_M, MIN_HEADING_COSINE = 40.0, 1.0, 0.97
"""Largest gap and lateral offset of a follower, metres; smallest cosine between its heading and the arm.

0.97 is the cosine of 14 degrees [assumption].
"""


@dataclass(frozen=True, slots=True)
class VehicleOnArm:
    """A vehicle on an arm. speed: m/s. length: metres.

    along, left: front bumper, metres from the junction centre along the arm and left of its centre line.
    """

    name: str
    along: float
    left: float
    speed: float
    length: float


def vehicles_on_arm(sumo: Any, arm: Arm) -> list[VehicleOnArm]:
    """Vehicles that drive straight out along the arm, or through the junction towards it, the foremost first."""
    c = sumo.constants
    found = []
    for name, facts in sumo.vehicle.getAllSubscriptionResults().items():
        position = np.array(facts[c.VAR_POSITION][:2])
        heading = radians(90 - facts[c.VAR_ANGLE])
        along, left = float(position @ arm.outward), float(position @ arm.left)
        straight = float(np.array([cos(heading), sin(heading)]) @ arm.outward) > MIN_HEADING_COSINE
        if straight and left > 0 and -ARM_M / 4 < along < ARM_M / 2:
            length = VEHICLE_TYPES[VEHICLE_TYPE_INDEX[facts[c.VAR_TYPE].split("@")[0]]].length_m
            found.append(VehicleOnArm(name, along, left, facts[c.VAR_SPEED], length))
    return sorted(found, key=lambda vehicle: -vehicle.along)


def following_pairs(vehicles: Sequence[VehicleOnArm]) -> Iterator[tuple[VehicleOnArm, VehicleOnArm]]:
    """Pairs of a vehicle and its follower in the same lateral position. vehicles: the foremost first."""
    for k, ahead in enumerate(vehicles):
        behind = next((v for v in vehicles[k + 1 :] if abs(v.left - ahead.left) < MAX_LATERAL_OFFSET_M), None)
        if behind is not None and 1 < gap_between(ahead, behind) < MAX_FOLLOWING_GAP_M:
            yield ahead, behind


def gap_between(ahead: VehicleOnArm, behind: VehicleOnArm) -> float:
    """Distance from the front bumper of `behind` to the rear bumper of `ahead`, metres."""
    return ahead.along - ahead.length - behind.along
