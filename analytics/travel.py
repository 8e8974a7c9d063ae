"""How long and how far vehicles travelled inside each zone: what flow, density and space-mean speed are made of.

Edie's generalised definitions (L. C. Edie, "Discussion of traffic stream measurements and definitions", 1963; see
also Daganzo, Fundamentals of Transportation and Traffic Operations, 1997, ch. 4): over a stretch of road of length L
and a time T, density is the total time spent in it over L T, flow the total distance travelled over L T, and
space-mean speed their quotient, distance over time. Missed frames cancel in the speed, and a jittering box adds no
distance, because steps are signed along the road.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, isnan

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.facts import ROAD_USERS, RoadUser
from analytics.geometry import Homography
from analytics.trajectories import Look, Trajectory
from analytics.zones import ZoneMap

TYPICAL_LENGTH_M = {
    RoadUser.CAR: 4.6,
    RoadUser.MOTORCYCLE: 2.1,
    RoadUser.BUS: 11.0,
    RoadUser.TRUCK: 8.0,
    RoadUser.BICYCLE: 1.8,
    RoadUser.PERSON: 0.0,
}
ENTERED_AFTER_S = 0.5
PASSED_M = 8.0
"""Whoever went less far inside a zone tells nothing about its speed."""

_HEADING_STEPS = 8
_COLUMN = {road_user: k for k, road_user in enumerate(ROAD_USERS)}


@dataclass(frozen=True, slots=True)
class Travel:
    """Per zone (arrays of length Z), what one look added.

    seconds: vehicle-seconds. metres: vehicle-metres along the road. length_seconds: vehicle length times seconds.
    entered: vehicles that have now been inside for `ENTERED_AFTER_S`. metres_by_class, entered_by_class: the same,
    (Z, classes) in the order of `ROAD_USERS`.
    """

    seconds: NDArray[np.float64]
    metres: NDArray[np.float64]
    length_seconds: NDArray[np.float64]
    entered: NDArray[np.float64]
    metres_by_class: NDArray[np.float64]
    entered_by_class: NDArray[np.float64]


@dataclass(slots=True)
class _Stay:
    """What is remembered of a road user: its last sighting, and for each zone its seconds and metres inside."""

    t: float
    place: tuple[float, float]
    inside: list[bool]
    seconds: list[float]
    metres: list[float]


class TravelMeter:
    """Measures the steps of vehicles inside the zones of one camera."""

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._map = ZoneMap(zones)
        self._directions: list[tuple[float, float] | None] = [
            None if isnan(x) else (x, y) for x, y in road_directions(zones, homography).tolist()
        ]
        self._stays: dict[int, _Stay] = {}

    def __len__(self) -> int:
        return len(self._stays)

    def observe(self, look: Look) -> Travel:
        zones = len(self._directions)
        travel = Travel(*np.zeros((4, zones)), *np.zeros((2, zones, len(ROAD_USERS))))
        if look.trajectories:
            for trajectory, inside in zip(look.trajectories, self._map.membership(look.pixels).tolist(), strict=True):
                if trajectory.road_user is not RoadUser.PERSON:
                    self._step(trajectory, look.t, inside, travel)
        return travel

    def _step(self, trajectory: Trajectory, t: float, inside: list[bool], travel: Travel) -> None:
        """Add the way from its last sighting to this one. A step over a zone's edge counts half."""
        place, stay = trajectory.places[-1], self._stays.get(trajectory.track)
        if stay is None:
            nothing = [0.0] * len(inside)
            self._stays[trajectory.track] = _Stay(t, place, inside, nothing, nothing.copy())
            return
        column = _COLUMN[trajectory.road_user]
        for k, (before, now) in enumerate(zip(stay.inside, inside, strict=True)):
            if before or now:
                share = (before + now) / 2
                seconds = share * (t - stay.t)
                metres = share * self._along(k, trajectory, place[0] - stay.place[0], place[1] - stay.place[1])
                travel.seconds[k] += seconds
                travel.metres[k] += metres
                travel.length_seconds[k] += seconds * TYPICAL_LENGTH_M[trajectory.road_user]
                entered = stay.seconds[k] < ENTERED_AFTER_S <= stay.seconds[k] + seconds
                travel.entered[k] += entered
                travel.metres_by_class[k, column] += metres
                travel.entered_by_class[k, column] += entered
                stay.seconds[k] += seconds
                stay.metres[k] += metres
        stay.t, stay.place, stay.inside = t, place, inside

    def _along(self, zone: int, trajectory: Trajectory, x: float, y: float) -> float:
        """Signed metres along the zone's road; along the road user's own heading where it has no direction."""
        along_x, along_y = self._directions[zone] or _heading(trajectory)
        return x * along_x + y * along_y

    def forget(self, gone: Iterable[Trajectory]) -> list[tuple[int, float]]:
        """Drop who is gone; return (zone, mean speed in m/s) of each who went through a zone."""
        passed = []
        for trajectory in gone:
            stay = self._stays.pop(trajectory.track, None)
            if stay is not None:
                passed += [
                    (k, metres / seconds)
                    for k, (seconds, metres) in enumerate(zip(stay.seconds, stay.metres, strict=True))
                    if seconds > ENTERED_AFTER_S and metres > PASSED_M
                ]
        return passed


def road_directions(zones: tuple[Zone, ...], homography: Homography | None) -> NDArray[np.float64]:
    """Unit vectors of legal travel (Z, 2): on the ground with a homography, in the picture without; nan where open."""
    directions = np.full((len(zones), 2), np.nan)
    for k, zone in enumerate(zones):
        if zone.direction is not None:
            directions[k] = _unit(_carried(zone, np.asarray(zone.direction), homography))
    return directions


def _carried(zone: Zone, direction: NDArray[np.float64], homography: Homography | None) -> NDArray[np.float64]:
    if homography is None:
        return direction
    centre = np.mean(zone.polygon, axis=0)
    tail, head = homography.to_ground([centre - _unit(direction), centre + _unit(direction)])
    return np.asarray(head - tail)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def _heading(trajectory: Trajectory) -> tuple[float, float]:
    (x, y), (x0, y0) = trajectory.places[-1], trajectory.places[max(0, len(trajectory.places) - _HEADING_STEPS)]
    length = hypot(x - x0, y - y0)
    return ((x - x0) / length, (y - y0) / length) if length > 0 else (0.0, 0.0)
