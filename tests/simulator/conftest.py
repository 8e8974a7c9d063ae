"""A small stage for the tests of the simulated city: road users placed by hand, seen by a real camera of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import atan2

import numpy as np
import pytest

from analytics.facts import IncidentType
from simulator.render.scenery import Scenery
from simulator.world.sites import Point, point_of
from simulator.world.traffic_state import Moment
from simulator.world.vehicle_types import BODY_INDEX


@pytest.fixture(scope="session")
def point() -> Point:
    return point_of("simpang-kuda")


@pytest.fixture(scope="session")
def scenery(point: Point) -> Scenery:
    return Scenery(point, 1)


@pytest.fixture
def sumo() -> None:
    if find_spec("libsumo") is None:
        pytest.skip("needs Eclipse SUMO, which the extra `demo` installs")


@dataclass(frozen=True)
class Placed:
    """On the watched arm, driving away from the point (or, inward, towards it)."""

    body: str
    along: float
    left: float
    key: int = 1
    speed: float = 0.0
    inward: bool = False
    braking: bool = False


def moment_with(
    point: Point, users: Sequence[Placed], t: float = 0.0, staged: Sequence[tuple[IncidentType, tuple[int, ...]]] = ()
) -> Moment:
    arm = point.watched
    ways = [arm.outward * (-1 if user.inward else 1) for user in users]
    return Moment(
        t=t,
        keys=np.array([user.key for user in users], dtype=np.int64),
        body=np.array([BODY_INDEX[user.body] for user in users], dtype=np.int64),
        xy=np.array([arm.place(user.along, user.left) for user in users]).reshape(-1, 2),
        heading=np.array([atan2(way[1], way[0]) for way in ways]),
        speed=np.array([user.speed for user in users]),
        braking=np.array([user.braking for user in users], dtype=bool),
        hazard=np.zeros(len(users), dtype=bool),
        staged=tuple(staged),
    )
