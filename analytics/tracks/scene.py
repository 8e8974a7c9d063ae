"""State of all road users on the road twice a second: the input of queues and incident detectors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.homography import Homography
from analytics.geometry.plane import along_and_beside
from analytics.geometry.zone_index import Directions, ZoneIndex, road_directions
from analytics.road_users import RoadUser
from analytics.tracks.kinematics import KMH_PER_MS
from analytics.tracks.trajectories import Trajectories, Trajectory

_Path = tuple[list[float], list[float], list[float]]
"""Times (s), x and y (m) of some detections, newest first."""

SAMPLE_EVERY_S = 0.5
"""Seconds between two scenes [assumption]."""

KEEP_MOVING_S = 2.0
"""A moving road user without a detection for this many seconds leaves the scene [assumption]."""

KEEP_STATIONARY_S = 10.0
"""The same for a stationary road user, which probably still stands there [assumption]."""

QUEUE_SPEED_MS = 5 / KMH_PER_MS
"""A vehicle below this speed (5 km/h) may be in a queue: a usual threshold for queues [assumption]."""

SPEED_WINDOW_S = 1.2
"""Seconds before the last detection over which the velocity is a mean [assumption]."""

STATIONARY_M = 1.0
"""A road user within this many metres of its earlier position is stationary [assumption]."""

STATIONARY_HEIGHTS = 0.12
"""The same in heights of its box; the larger of both holds, because distant boxes jitter more [assumption]."""

MIN_SAMPLES = 4
"""With fewer detections in the window its median is uncertain, and the tolerance is doubled [assumption]."""

_SCHEDULE_SLACK_S = 1e-6
"""Seconds by which a sample may come early, for rounding errors of frame times [assumption]."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadUserState:
    """Position and velocity of one road user in a scene.

    zone: index of its zone, None outside all. position: metres. velocity: (x, y) m/s over `SPEED_WINDOW_S`.
    speed_ms: its length. metres_per_pixel: of the image at its position. stationary_since: time at which it stopped;
    None while it moves.
    """

    trajectory: Trajectory
    zone: int | None
    pixel: Pixel
    position: GroundPoint
    velocity: tuple[float, float]
    speed_ms: float
    metres_per_pixel: float
    stationary_since: float | None

    @property
    def is_vehicle(self) -> bool:
        return self.trajectory.road_user is not RoadUser.PERSON

    def speed_along_ms(self, direction: tuple[float, float]) -> float:
        """Speed (m/s) along a direction, negative against it."""
        (x, y), (along_x, along_y) = self.velocity, direction
        return x * along_x + y * along_y

    @property
    def is_queueing(self) -> bool:
        """Whether it is slow enough for a queue, over a path long enough to measure that."""
        times = self.trajectory.times
        return self.speed_ms < QUEUE_SPEED_MS and times[-1] - times[0] >= SPEED_WINDOW_S / 2

    def stationary_s(self, t: float) -> float:
        """Seconds since it stopped; 0 while it moves."""
        return 0.0 if self.stationary_since is None else t - self.stationary_since


@dataclass(frozen=True, slots=True)
class Scene:
    """All road users at time `t`.

    directions: of the zones, see `analytics.geometry.zone_index.road_directions`.
    positions, velocities: (M, 2) of the road users; positions are metres for a calibrated camera, otherwise pixels.
    """

    t: float
    road_users: Sequence[RoadUserState]
    directions: Directions
    calibrated: bool
    positions: NDArray[np.float64]
    velocities: NDArray[np.float64]

    @classmethod
    def of(cls, t: float, road_users: Sequence[RoadUserState], directions: Directions, *, calibrated: bool) -> "Scene":
        positions = np.array([user.position if calibrated else user.pixel for user in road_users]).reshape(-1, 2)
        velocities = np.array([user.velocity for user in road_users]).reshape(-1, 2)
        return cls(t, road_users, directions, calibrated, positions, velocities)

    def in_zone(self, zone: int) -> list[RoadUserState]:
        return [user for user in self.road_users if user.zone == zone]

    def speeds_along_ms(self, direction: tuple[float, float]) -> NDArray[np.float64]:
        """(M,) speeds (m/s) of all road users along a direction, negative against it."""
        return np.asarray(self.velocities @ direction)

    def offsets(
        self, user: RoadUserState, direction: tuple[float, float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`offset` of all road users from `user`: (M,) metres ahead and (M,) metres beside."""
        scale = 1.0 if self.calibrated else user.metres_per_pixel
        steps = (self.positions - np.array(user.position if self.calibrated else user.pixel)) * scale
        return along_and_beside(steps, direction)

    def offset(self, user: RoadUserState, other: RoadUserState, direction: tuple[float, float]) -> tuple[float, float]:
        """Metres from `user` to `other`: ahead in a direction (signed), and beside it."""
        x, y = self._metres_between(user, other)
        along_x, along_y = direction
        return x * along_x + y * along_y, abs(y * along_x - x * along_y)

    def distance(self, user: RoadUserState, other: RoadUserState) -> float:
        """Metres between two road users."""
        return hypot(*self._metres_between(user, other))

    def _metres_between(self, user: RoadUserState, other: RoadUserState) -> tuple[float, float]:
        if self.calibrated:
            return other.position[0] - user.position[0], other.position[1] - user.position[1]
        scale = user.metres_per_pixel
        return (other.pixel[0] - user.pixel[0]) * scale, (other.pixel[1] - user.pixel[1]) * scale


@dataclass(slots=True)
class _Anchor:
    """Position (m) that a road user has not left since `t`."""

    t: float
    position: GroundPoint


class SceneSampler:
    """Builds a `Scene` every `SAMPLE_EVERY_S`, and stores since when each road user is stationary."""

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._zone_index = ZoneIndex(zones)
        self._homography = homography
        self._directions = road_directions(zones, homography)
        self._anchors: dict[int, _Anchor] = {}
        self._next_t = -np.inf

    def __len__(self) -> int:
        return len(self._anchors)

    def observe(self, t: float, trajectories: Trajectories) -> Scene | None:
        """Return the scene at `t`, or None while the last one is recent enough."""
        if t < self._next_t:
            return None
        self._next_t = t + SAMPLE_EVERY_S - _SCHEDULE_SLACK_S
        present = [trajectory for trajectory in trajectories.all() if self._is_present(trajectory, t)]
        inside = self._zone_index.membership([trajectory.pixels[-1] for trajectory in present])
        states = [self._state(trajectory, row) for trajectory, row in zip(present, inside.tolist(), strict=True)]
        return Scene.of(t, states, self._directions, calibrated=self._homography is not None)

    def _is_present(self, trajectory: Trajectory, t: float) -> bool:
        anchor = self._anchors.get(trajectory.track)
        stationary = anchor is not None and trajectory.last_seen - anchor.t > SPEED_WINDOW_S
        return t - trajectory.last_seen <= (KEEP_STATIONARY_S if stationary else KEEP_MOVING_S)

    def _state(self, trajectory: Trajectory, inside: list[bool]) -> RoadUserState:
        path = _recent_path(trajectory)
        velocity = _mean_velocity(path)
        return RoadUserState(
            trajectory=trajectory,
            zone=inside.index(True) if True in inside else None,
            pixel=trajectory.pixels[-1],
            position=trajectory.positions[-1],
            velocity=velocity,
            speed_ms=hypot(*velocity),
            metres_per_pixel=trajectory.metres_per_pixel,
            stationary_since=self._stationary_since(trajectory, path),
        )

    def _stationary_since(self, trajectory: Trajectory, path: _Path) -> float | None:
        times, xs, ys = path
        middle, oldest_t = len(times) // 2, times[-1]
        x, y = sorted(xs)[middle], sorted(ys)[middle]
        anchor = self._anchors.get(trajectory.track)
        tolerance = max(STATIONARY_M, STATIONARY_HEIGHTS * trajectory.height * trajectory.metres_per_pixel)
        if len(times) < MIN_SAMPLES:
            tolerance *= 2
        if anchor is None or hypot(x - anchor.position[0], y - anchor.position[1]) > tolerance:
            self._anchors[trajectory.track] = _Anchor(oldest_t, (x, y))
            return None
        return anchor.t if trajectory.last_seen - anchor.t >= SPEED_WINDOW_S else None

    def drop(self, expired: Iterable[Trajectory]) -> None:
        for trajectory in expired:
            self._anchors.pop(trajectory.track, None)


def _recent_path(trajectory: Trajectory) -> _Path:
    """Points of the last `SPEED_WINDOW_S` before the last detection."""
    oldest = trajectory.last_seen - SPEED_WINDOW_S
    times: list[float] = []
    xs: list[float] = []
    ys: list[float] = []
    for t, (x, y) in zip(reversed(trajectory.times), reversed(trajectory.positions), strict=True):
        if t < oldest:
            break
        times.append(t)
        xs.append(x)
        ys.append(y)
    return times, xs, ys


def _mean_velocity(path: _Path) -> tuple[float, float]:
    """Velocity (m/s) between the mean positions of the older and the newer half; 0 for a single point."""
    half = len(path[0]) // 2
    if half == 0:
        return 0.0, 0.0
    t, x, y = (sum(a - b for a, b in zip(values[:half], values[-half:], strict=True)) for values in path)
    return x / t, y / t
