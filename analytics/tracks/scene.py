"""Who is where on the road and how fast, a few times a second: what queues and incidents are told from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.facts import GroundPoint, Pixel, RoadUser
from analytics.geometry.plane import Homography, along_and_beside
from analytics.geometry.zone_index import ZoneMap, road_directions
from analytics.tracks.trajectories import Trajectories, Trajectory

_Path = list[tuple[float, float, float]]
"""Time, x and y of each sighting, newest first."""

EVERY_S = 0.5
UNSEEN_FOR_S = 2.0
UNSEEN_STANDING_FOR_S = 10.0
"""A road user hidden for longer is no longer part of the scene; one that stood still probably stands there yet."""

STANDING_BELOW_MS = 5 / 3.6
"""A vehicle slower than 5 km/h stands: the usual threshold for queues."""

SPEED_WINDOW_S = 1.2
STILL_WITHIN_M = 1.0
STILL_WITHIN_HEIGHTS = 0.12
"""Someone who stays within this of where it was stands still; the larger of both, because far boxes jitter more."""

ENOUGH_TO_TELL = 4
"""Fewer sightings in the window leave its middle uncertain: twice as far is still no move."""


@dataclass(frozen=True, slots=True, eq=False)
class Mover:
    """One road user in the scene.

    zone: index of the zone it is in, None outside all. velocity: (x, y) m/s over the last second. speed_ms: its length.
    metres_per_pixel: of the picture where it is. still_since: when it stopped moving; None while it moves.
    """

    trajectory: Trajectory
    zone: int | None
    pixel: Pixel
    place: GroundPoint
    velocity: tuple[float, float]
    speed_ms: float
    metres_per_pixel: float
    still_since: float | None

    @property
    def is_vehicle(self) -> bool:
        return self.trajectory.road_user is not RoadUser.PERSON

    @property
    def stands(self) -> bool:
        """Slow enough for a queue, and seen for long enough to tell."""
        times = self.trajectory.times
        return self.speed_ms < STANDING_BELOW_MS and times[-1] - times[0] >= SPEED_WINDOW_S / 2

    def still_for(self, t: float) -> float:
        return 0.0 if self.still_since is None else t - self.still_since


@dataclass(frozen=True, slots=True)
class Scene:
    """directions: (Z, 2) legal directions of the zones, see `analytics.geometry.zone_index.road_directions`.

    spots, velocities: (M, 2) of the movers; spots are metres where the camera is calibrated, else pixels.
    """

    t: float
    movers: Sequence[Mover]
    directions: NDArray[np.float64]
    calibrated: bool
    spots: NDArray[np.float64]
    velocities: NDArray[np.float64]

    @classmethod
    def of(cls, t: float, movers: Sequence[Mover], directions: NDArray[np.float64], *, calibrated: bool) -> "Scene":
        spots = np.array([mover.place if calibrated else mover.pixel for mover in movers]).reshape(-1, 2)
        velocities = np.array([mover.velocity for mover in movers]).reshape(-1, 2)
        return cls(t, movers, directions, calibrated, spots, velocities)

    def in_zone(self, zone: int) -> list[Mover]:
        return [mover for mover in self.movers if mover.zone == zone]

    def along_ms(self, mover: Mover, zone: int) -> float:
        """Speed in the legal direction of the zone, negative against it; nan where there is none."""
        (x, y), (along_x, along_y) = mover.velocity, self.directions[zone].tolist()
        return float(x * along_x + y * along_y)

    def all_along_ms(self, zone: int) -> NDArray[np.float64]:
        """(M,) `along_ms` of all movers."""
        return np.asarray(self.velocities @ self.directions[zone])

    def offsets(self, mover: Mover, zone: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`offset` of all movers from `mover`: (M,) ahead and (M,) beside."""
        scale = 1.0 if self.calibrated else mover.metres_per_pixel
        steps = (self.spots - np.array(mover.place if self.calibrated else mover.pixel)) * scale
        return along_and_beside(steps, self.directions[zone])

    def offset(self, mover: Mover, other: Mover, zone: int) -> tuple[float, float]:
        """How far `other` is ahead of `mover` in the legal direction of the zone, and how far beside, in metres."""
        x, y = self._metres_between(mover, other)
        along_x, along_y = self.directions[zone]
        return x * along_x + y * along_y, abs(y * along_x - x * along_y)

    def distance(self, mover: Mover, other: Mover) -> float:
        return hypot(*self._metres_between(mover, other))

    def _metres_between(self, mover: Mover, other: Mover) -> tuple[float, float]:
        if self.calibrated:
            return other.place[0] - mover.place[0], other.place[1] - mover.place[1]
        scale = mover.metres_per_pixel
        return (other.pixel[0] - mover.pixel[0]) * scale, (other.pixel[1] - mover.pixel[1]) * scale


@dataclass(slots=True)
class _Anchor:
    t: float
    place: GroundPoint


class SceneWatch:
    """Looks at the trajectories every `EVERY_S` and remembers since when each road user stands still."""

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._map = ZoneMap(zones)
        self._homography = homography
        self._directions = road_directions(zones, homography)
        self._anchors: dict[int, _Anchor] = {}
        self._next_t = -np.inf

    def __len__(self) -> int:
        return len(self._anchors)

    def observe(self, t: float, trajectories: Trajectories) -> Scene | None:
        """The scene at `t`, or None where the last one is recent enough."""
        if t < self._next_t:
            return None
        self._next_t = t + EVERY_S - 1e-6
        present = [one for one in trajectories.all() if self._is_present(one, t)]
        inside = self._map.membership([one.pixels[-1] for one in present])
        movers = [self._mover(one, np.flatnonzero(row)) for one, row in zip(present, inside, strict=True)]
        return Scene.of(t, movers, self._directions, calibrated=self._homography is not None)

    def _is_present(self, trajectory: Trajectory, t: float) -> bool:
        anchor = self._anchors.get(trajectory.track)
        stood = anchor is not None and trajectory.last_seen - anchor.t > SPEED_WINDOW_S
        return t - trajectory.last_seen <= (UNSEEN_STANDING_FOR_S if stood else UNSEEN_FOR_S)

    def _mover(self, trajectory: Trajectory, zones: NDArray[np.intp]) -> Mover:
        path = _recent(trajectory)
        velocity = _mean_velocity(path)
        return Mover(
            trajectory=trajectory,
            zone=int(zones[0]) if len(zones) else None,
            pixel=trajectory.pixels[-1],
            place=trajectory.places[-1],
            velocity=velocity,
            speed_ms=hypot(*velocity),
            metres_per_pixel=trajectory.metres_per_pixel,
            still_since=self._still_since(trajectory, path),
        )

    def _still_since(self, trajectory: Trajectory, path: _Path) -> float | None:
        middle, oldest_t = len(path) // 2, path[-1][0]
        x, y = (sorted(coordinates)[middle] for coordinates in ([p[1] for p in path], [p[2] for p in path]))
        anchor = self._anchors.get(trajectory.track)
        tolerance = max(STILL_WITHIN_M, STILL_WITHIN_HEIGHTS * trajectory.height * trajectory.metres_per_pixel)
        if len(path) < ENOUGH_TO_TELL:
            tolerance *= 2
        if anchor is None or hypot(x - anchor.place[0], y - anchor.place[1]) > tolerance:
            self._anchors[trajectory.track] = _Anchor(oldest_t, (x, y))
            return None
        return anchor.t if trajectory.last_seen - anchor.t >= SPEED_WINDOW_S else None

    def forget(self, gone: Iterable[Trajectory]) -> None:
        for trajectory in gone:
            self._anchors.pop(trajectory.track, None)


def _recent(trajectory: Trajectory) -> _Path:
    """The last `SPEED_WINDOW_S` until it was last seen."""
    oldest = trajectory.last_seen - SPEED_WINDOW_S
    path = []
    for t, (x, y) in zip(reversed(trajectory.times), reversed(trajectory.places), strict=True):
        if t < oldest:
            break
        path.append((t, x, y))
    return path


def _mean_velocity(path: _Path) -> tuple[float, float]:
    """Between the mean places of the older and the newer half."""
    half = len(path) // 2
    if half == 0:
        return 0.0, 0.0
    t = x = y = 0.0
    for (newer_t, newer_x, newer_y), (older_t, older_x, older_y) in zip(path[:half], path[-half:], strict=True):
        t += newer_t - older_t
        x += newer_x - older_x
        y += newer_y - older_y
    return x / t, y / t
