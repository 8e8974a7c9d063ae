"""States of the simulated traffic with road users at given positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2

import numpy as np

from analytics.facts import IncidentType
from simulator.world.sites import Site
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPE_INDEX


@dataclass(frozen=True)
class PlacedUser:
    """One road user on the observed arm. along, left: metres. inward: it drives towards the junction."""

    vehicle_type: str
    along: float
    left: float
    key: int = 1
    speed: float = 0.0
    inward: bool = False
    braking: bool = False


def traffic_state_with(
    site: Site,
    users: Sequence[PlacedUser],
    t: float = 0.0,
    active_incidents: Sequence[tuple[IncidentType, tuple[int, ...]]] = (),
) -> TrafficState:
    arm = site.observed_arm
    directions = [arm.outward * (-1 if user.inward else 1) for user in users]
    return TrafficState(
        t=t,
        keys=np.array([user.key for user in users], dtype=np.int64),
        type_index=np.array([VEHICLE_TYPE_INDEX[user.vehicle_type] for user in users], dtype=np.int64),
        xy=np.array([arm.position(user.along, user.left) for user in users]).reshape(-1, 2),
        heading=np.array([atan2(direction[1], direction[0]) for direction in directions]),
        speed=np.array([user.speed for user in users]),
        braking=np.array([user.braking for user in users], dtype=bool),
        hazard=np.zeros(len(users), dtype=bool),
        active_incidents=tuple(active_incidents),
    )
