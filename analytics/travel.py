"""How long and how far vehicles travelled inside each zone: what flow, density and space-mean speed are made of.

Edie's generalised definitions (L. C. Edie, "Discussion of traffic stream measurements and definitions", 1963; see
also Daganzo, Fundamentals of Transportation and Traffic Operations, 1997, ch. 4): over a stretch of road of length L
and a time T, density is the total time spent in it over L T, flow the total distance travelled over L T, and
space-mean speed their quotient, distance over time. Missed frames cancel in the speed, and a jittering box adds no
distance, because steps are signed along the road.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import Zone
from analytics.facts import RoadUser
from analytics.geometry import Homography, points_in_polygon
from analytics.trajectories import Look, Trajectory

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


@dataclass(frozen=True, slots=True)
class Travel:
    """Per zone (arrays of length Z), what one look added.

    seconds: vehicle-seconds. metres: vehicle-metres along the road. length_seconds: vehicle length times seconds.
    entered: vehicles that have now been inside for `ENTERED_AFTER_S`.
    """

    seconds: NDArray[np.float64]
    metres: NDArray[np.float64]
    length_seconds: NDArray[np.float64]
    entered: NDArray[np.float64]


@dataclass(slots=True)
class _Stay:
    """What is remembered of a road user: its last sighting, and per zone (Z,) its seconds and metres inside."""

    t: float
    place: tuple[float, float]
    inside: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    metres: NDArray[np.float64]


class TravelMeter:
    """Measures the steps of vehicles inside the zones of one camera."""

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._zones = zones
        self._directions = road_directions(zones, homography)
        self._undirected = np.isnan(self._directions[:, 0])
        self._stays: dict[int, _Stay] = {}

    def __len__(self) -> int:
        return len(self._stays)

    def observe(self, look: Look) -> Travel:
        totals = np.zeros((4, len(self._zones)))
        if look.trajectories:
            inside = self._inside(look)
            for trajectory, now_inside in zip(look.trajectories, inside, strict=True):
                totals += self._step(trajectory, look.t, now_inside)
        return Travel(*totals)

    def _inside(self, look: Look) -> NDArray[np.bool_]:
        """Membership (N, Z) of vehicles; nobody on foot is inside."""
        inside = zone_membership(look.pixels, self._zones)
        inside[[one.road_user is RoadUser.PERSON for one in look.trajectories]] = False
        return inside

    def _step(self, trajectory: Trajectory, t: float, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        """What the way from its last sighting to this one adds: the rows of `Travel`, (4, Z)."""
        place = trajectory.places[-1]
        stay = self._stays.get(trajectory.track)
        if stay is None:
            self._stays[trajectory.track] = _Stay(t, place, inside, *np.zeros((2, len(self._zones))))
            return np.zeros((4, len(self._zones)))
        share = (stay.inside.astype(np.float64) + inside) / 2
        seconds = (t - stay.t) * share
        metres = share * self._along(trajectory, (place[0] - stay.place[0], place[1] - stay.place[1]))
        entered = (stay.seconds < ENTERED_AFTER_S) & (stay.seconds + seconds >= ENTERED_AFTER_S)
        stay.t, stay.place, stay.inside = t, place, inside
        stay.seconds += seconds
        stay.metres += metres
        return np.stack([seconds, metres, seconds * TYPICAL_LENGTH_M[trajectory.road_user], entered])

    def _along(self, trajectory: Trajectory, step: tuple[float, float]) -> NDArray[np.float64]:
        """Signed metres along each zone's road (Z,); along the road user's own heading where it has no direction."""
        along = self._directions @ step
        if self._undirected.any():
            x, y = _heading(trajectory)
            along[self._undirected] = step[0] * x + step[1] * y
        return np.asarray(along)

    def forget(self, gone: Iterable[Trajectory]) -> list[tuple[int, float]]:
        """Drop who is gone; return (zone, mean speed in m/s) of each who went through a zone."""
        passed = []
        for trajectory in gone:
            stay = self._stays.pop(trajectory.track, None)
            if stay is not None:
                through = np.flatnonzero((stay.seconds > ENTERED_AFTER_S) & (stay.metres > PASSED_M))
                passed += [(int(k), float(stay.metres[k] / stay.seconds[k])) for k in through]
        return passed


def zone_membership(pixels: ArrayLike, zones: Sequence[Zone]) -> NDArray[np.bool_]:
    """Which of (N, 2) points lie in which zone: (N, Z)."""
    points = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
    membership = np.zeros((len(points), len(zones)), dtype=bool)
    for k, zone in enumerate(zones):
        membership[:, k] = points_in_polygon(points, zone.polygon)
    return membership


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
    length = float(np.hypot(x - x0, y - y0))
    return ((x - x0) / length, (y - y0) / length) if length > 0 else (0.0, 0.0)
