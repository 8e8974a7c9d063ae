"""Recent path of every road user in view, from which all other analytics are computed.

With a homography, positions are metres on the ground. Without one they are *pseudo-metres*: steps in the image, scaled
by the box height of the road user and the typical height of its class. Pseudo-metres are foreshortened along the line
of sight. They compare positions of one road user over time, and are never published as km/h.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot, inf

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Tracks
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.homography import Homography
from analytics.road_users import ROAD_USERS, TWO_WHEELERS, TYPICAL_HEIGHT_M, RoadUser

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, pixels."""

EXPIRES_AFTER_S = 25.0
"""Seconds without a detection after which a trajectory is dropped [assumption].

Longer than the tracker keeps a lost track and may find it again under the same id.
"""

MAX_POINTS = 160
"""Points stored of each path: 16 s at 10 frames a second [assumption]."""

HEIGHT_SMOOTHING = 0.9
"""Weight of the previous box height in its exponential mean, per frame [assumption]."""

RUNNER_MS = 3.5
"""Speed (m/s) that a person on foot hardly keeps up on a road: 5 km in 24 minutes [assumption].

People walk at 1.34 m/s, with a standard deviation of 0.26 m/s [source: Weidmann 1993].
"""

RIDING_S = 2.0
"""Seconds over which a road user must be faster than `RUNNER_MS` to be a rider [assumption].

A motion gate may repeat the box of a small road user for a second, after which it jumps.
"""

MIN_RIDING_HEIGHTS = 0.5
"""Distance in the image, in box heights, that a rider must cover in that time: well above the jitter of a box, which is
metres of a distant road [assumption]."""

_TWO_WHEELER_IDS = tuple(k for k, road_user in enumerate(ROAD_USERS) if road_user in TWO_WHEELERS)
"""Class ids of two-wheelers, the most frequent one first."""


@dataclass(slots=True, eq=False)
class Trajectory:
    """Path of one road user, oldest point first.

    times: seconds. pixels: ground points in the image. positions: metres (see the module). boxes: of the same
    detections. votes: summed confidence by class. road_user: class with the most votes; for a rider with most votes as
    a person the likelier two-wheeler. is_rider: whether it was once a person faster than a runner. height: smoothed box
    height in pixels. origin: the first position. first_seen, last_seen: times of the first and the last detection.
    """

    track: int
    votes: list[float] = field(default_factory=lambda: [0.0] * len(ROAD_USERS))
    road_user: RoadUser = RoadUser.CAR
    is_rider: bool = False
    times: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    pixels: deque[Pixel] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    positions: deque[GroundPoint] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    boxes: deque[Box] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    height: float = 0.0
    origin: GroundPoint = (0.0, 0.0)
    first_seen: float = 0.0
    last_seen: float = 0.0

    @property
    def metres_per_pixel(self) -> float:
        """Metres per pixel of the image around it, across the line of sight, from box height and typical height."""
        return TYPICAL_HEIGHT_M[self.road_user] / max(self.height, 1.0)

    @property
    def box(self) -> Box:
        """Box of the last detection."""
        return self.boxes[-1]

    @property
    def detected_as(self) -> RoadUser:
        """Class with the most votes: a rider without a detected vehicle was detected as a person."""
        return ROAD_USERS[self.votes.index(max(self.votes))]

    def travelled_m(self) -> float:
        """Straight distance in metres from the first position."""
        return hypot(self.positions[-1][0] - self.origin[0], self.positions[-1][1] - self.origin[1])

    def mean_velocity(self) -> tuple[float, float]:
        """Velocity (x, y) from its first position to its last, in metres a second; 0 for a single detection."""
        seconds = self.last_seen - self.first_seen
        if seconds <= 0:
            return 0.0, 0.0
        (x, y), (x0, y0) = self.positions[-1], self.origin
        return (x - x0) / seconds, (y - y0) / seconds

    def update_class(self, class_id: int, confidence: float, box: Box) -> None:
        """Add a vote for a class, and the box of the detection, xyxy in pixels."""
        self.votes[class_id] += confidence
        if self.votes[class_id] >= max(self.votes):
            self.road_user = ROAD_USERS[class_id]
        self._name_rider()
        height = box[3] - box[1]
        self.boxes.append(box)
        self.height = height if not self.times else HEIGHT_SMOOTHING * self.height + (1 - HEIGHT_SMOOTHING) * height

    def append(self, t: float, pixel: Pixel, position: GroundPoint) -> None:
        """Add the newest point."""
        if not self.times:
            self.origin, self.first_seen = position, t
        self.last_seen = t
        self.times.append(t)
        self.pixels.append(pixel)
        self.positions.append(position)
        if self.road_user is RoadUser.PERSON and self._is_faster_than_a_runner():
            self.is_rider = True
            self._name_rider()

    def _name_rider(self) -> None:
        if self.is_rider and self.road_user is RoadUser.PERSON:
            self.road_user = ROAD_USERS[max(_TWO_WHEELER_IDS, key=lambda k: self.votes[k])]

    def _is_faster_than_a_runner(self) -> bool:
        """Whether it moved further in the last `RIDING_S` than a runner does."""
        (t, (u, v), (x, y)) = self.times[-1], self.pixels[-1], self.positions[-1]
        for before, (u0, v0), (x0, y0) in zip(
            reversed(self.times), reversed(self.pixels), reversed(self.positions), strict=True
        ):
            if t - before >= RIDING_S:
                clear = hypot(u - u0, v - v0) > MIN_RIDING_HEIGHTS * self.height
                return clear and hypot(x - x0, y - y0) > RUNNER_MS * (t - before)
        return False

    def pseudo_metric_position(self, pixel: Pixel) -> GroundPoint:
        """Position of a pixel in pseudo-metres, relative to the last detection (see the module)."""
        if not self.positions:
            return (0.0, 0.0)
        (u, v), (x, y) = self.pixels[-1], self.positions[-1]
        scale = self.metres_per_pixel
        return x + (pixel[0] - u) * scale, y + (pixel[1] - v) * scale


@dataclass(frozen=True, slots=True)
class AnalyzedFrame:
    """One analysed frame: the trajectories with a detection in it. All sequences have length N and the same order.

    step_s: seconds since the previous frame, 0 for the first and after a gap. pixels: (N, 2).
    """

    t: float
    step_s: float
    trajectories: Sequence[Trajectory]
    pixels: NDArray[np.float64]

    @property
    def positions(self) -> NDArray[np.float64]:
        """(N, 2) metres."""
        return np.array([trajectory.positions[-1] for trajectory in self.trajectories]).reshape(-1, 2)


class Trajectories:
    """Stores the trajectories of one camera until they expire."""

    def __init__(self, homography: Homography | None) -> None:
        self._homography = homography
        self._known: dict[int, Trajectory] = {}
        self._oldest_seen = inf  # no known track was last seen before

    def __len__(self) -> int:
        return len(self._known)

    @property
    def calibrated(self) -> bool:
        return self._homography is not None

    def update(self, t: float, step_s: float, tracks: Tracks) -> AnalyzedFrame:
        """Add the tracks of one frame; `t` is later than all times before."""
        pixels = tracks.ground_points.astype(np.float64)
        detected = [self._known_or_new(track) for track in tracks.track_id.tolist()]
        if not detected:
            return AnalyzedFrame(t, step_s, detected, pixels)
        self._oldest_seen = min(self._oldest_seen, t)
        classes = zip(detected, tracks.class_id.tolist(), tracks.confidence.tolist(), tracks.xyxy.tolist(), strict=True)
        for trajectory, class_id, confidence, (x1, y1, x2, y2) in classes:
            trajectory.update_class(class_id, confidence, (x1, y1, x2, y2))
        points = pixels.tolist()
        grounds = points if self._homography is None else self._homography.to_ground(pixels).tolist()
        for trajectory, (u, v), (x, y) in zip(detected, points, grounds, strict=True):
            position = trajectory.pseudo_metric_position((u, v)) if self._homography is None else (x, y)
            trajectory.append(t, (u, v), position)
        return AnalyzedFrame(t, step_s, detected, pixels)

    def _known_or_new(self, track: int) -> Trajectory:
        known = self._known.get(track)
        if known is None:
            known = self._known[track] = Trajectory(track)
        return known

    def pop_expired(self, t: float) -> list[Trajectory]:
        """Drop and return trajectories without a detection for `EXPIRES_AFTER_S`."""
        if t - self._oldest_seen <= EXPIRES_AFTER_S:
            return []
        expired = [trajectory for trajectory in self._known.values() if t - trajectory.last_seen > EXPIRES_AFTER_S]
        for trajectory in expired:
            del self._known[trajectory.track]
        self._oldest_seen = min((trajectory.last_seen for trajectory in self._known.values()), default=inf)
        return expired

    def pop_all(self) -> list[Trajectory]:
        """Drop and return all trajectories: track ids do not survive a long gap."""
        dropped = list(self._known.values())
        self._known.clear()
        return dropped

    def all(self) -> list[Trajectory]:
        """All trajectories that have not expired, with or without a detection in the last frame."""
        return list(self._known.values())
