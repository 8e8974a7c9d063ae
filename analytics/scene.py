"""Who is where on the road and how fast, a few times a second: what queues and incidents are told from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.facts import GroundPoint, Pixel, RoadUser
from analytics.geometry import Homography
from analytics.trajectories import Trajectories, Trajectory
from analytics.travel import road_directions, zone_membership

EVERY_S = 0.5
UNSEEN_FOR_S = 2.0
"""A road user hidden for longer than this is no longer part of the scene."""

SPEED_WINDOW_S = 1.2
STILL_WITHIN_M = 1.0
STILL_WITHIN_HEIGHTS = 0.12
"""Someone who stays within this of where it was stands still; the larger of both, because far boxes jitter more."""


@dataclass(frozen=True, slots=True, eq=False)
class Mover:
    """One road user in the scene.

    zone: index of the zone it is in, None outside all. speed_ms: over the last second. along_ms: the part of it in
    the legal direction of its zone (nan where that is open). along, across: metres in the road's frame of its zone.
    still_since: when it stopped moving; None while it moves.
    """

    trajectory: Trajectory
    zone: int | None
    pixel: Pixel
    speed_ms: float
    along_ms: float
    along: float
    across: float
    still_since: float | None

    @property
    def is_vehicle(self) -> bool:
        return self.trajectory.road_user is not RoadUser.PERSON

    def still_for(self, t: float) -> float:
        return 0.0 if self.still_since is None else t - self.still_since


@dataclass(frozen=True, slots=True)
class Scene:
    t: float
    movers: Sequence[Mover]

    def in_zone(self, zone: int) -> list[Mover]:
        return [mover for mover in self.movers if mover.zone == zone]


@dataclass(slots=True)
class _Anchor:
    t: float
    place: NDArray[np.float64]


class SceneWatch:
    """Looks at the trajectories every `EVERY_S` and remembers since when each road user stands still."""

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._zones = zones
        self._homography = homography
        self._directions = road_directions(zones, homography)
        self._picture_directions = road_directions(zones, None)
        self._anchors: dict[int, _Anchor] = {}
        self._next_t = -np.inf

    def __len__(self) -> int:
        return len(self._anchors)

    def observe(self, t: float, trajectories: Trajectories) -> Scene | None:
        """The scene at `t`, or None where the last one is recent enough."""
        if t < self._next_t:
            return None
        self._next_t = t + EVERY_S - 1e-6
        present = [one for one in trajectories.all() if t - one.last_seen <= UNSEEN_FOR_S]
        inside = zone_membership([one.pixels[-1] for one in present], self._zones)
        return Scene(t, [self._mover(one, np.flatnonzero(row)) for one, row in zip(present, inside, strict=True)])

    def _mover(self, trajectory: Trajectory, zones: NDArray[np.intp]) -> Mover:
        times, places = trajectory.path_since(trajectory.last_seen - SPEED_WINDOW_S)
        velocity = _mean_velocity(times, places)
        zone = int(zones[0]) if len(zones) else None
        direction = self._directions[zone] if zone is not None else np.full(2, np.nan)
        along, across = self._road_position(trajectory, zone)
        return Mover(
            trajectory=trajectory,
            zone=zone,
            pixel=trajectory.pixels[-1],
            speed_ms=float(np.hypot(*velocity)),
            along_ms=float(velocity @ direction),
            along=along,
            across=across,
            still_since=self._still_since(trajectory, times, places),
        )

    def _road_position(self, trajectory: Trajectory, zone: int | None) -> tuple[float, float]:
        """Without a homography, pixels in the zone's direction, scaled by how tall a road user here looks."""
        if zone is None:
            return np.nan, np.nan
        if self._homography is not None:
            place, (x, y) = trajectory.places[-1], self._directions[zone]
        else:
            scale = 1.6 / max(trajectory.height, 1.0)
            u, v = trajectory.pixels[-1]
            place, (x, y) = (u * scale, v * scale), self._picture_directions[zone]
        return place[0] * x + place[1] * y, place[1] * x - place[0] * y

    def _still_since(
        self, trajectory: Trajectory, times: NDArray[np.float64], places: NDArray[np.float64]
    ) -> float | None:
        now = np.median(places, axis=0)
        anchor = self._anchors.get(trajectory.track)
        tolerance = max(STILL_WITHIN_M, STILL_WITHIN_HEIGHTS * trajectory.height * metres_per_pixel(trajectory))
        if anchor is None or np.hypot(*(now - anchor.place)) > tolerance:
            self._anchors[trajectory.track] = _Anchor(times[0], now)
            return None
        return anchor.t if times[-1] - anchor.t >= SPEED_WINDOW_S else None

    def forget(self, gone: Iterable[Trajectory]) -> None:
        for trajectory in gone:
            self._anchors.pop(trajectory.track, None)


def metres_per_pixel(trajectory: Trajectory) -> float:
    """Of the picture at the road user: across the view, from how tall it looks."""
    return trajectory.typical_height_m / max(trajectory.height, 1.0)


def _mean_velocity(times: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between the mean places of the older and the newer half."""
    half = len(times) // 2
    if half == 0 or times[-half:].mean() - times[:half].mean() <= 0:
        return np.zeros(2)
    step = places[-half:].mean(axis=0) - places[:half].mean(axis=0)
    return np.asarray(step / (times[-half:].mean() - times[:half].mean()))


def location_of(trajectory: Trajectory, homography: Homography | None) -> tuple[Pixel, GroundPoint | None]:
    return trajectory.pixels[-1], trajectory.places[-1] if homography is not None else None
