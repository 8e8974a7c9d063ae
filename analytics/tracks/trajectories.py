"""The recent path of every road user in view, which all other parts of the analytics read.

With a homography, positions are metres on the ground. Without one they are *apparent* metres: steps in the picture,
scaled by how tall the road user looks against how tall its class is. Apparent metres are foreshortened along the view,
so they compare a position with itself at another time and are never published as km/h.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Tracks
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.homography import Homography
from analytics.road_users import ROAD_USERS, TYPICAL_HEIGHT_M, RoadUser

FORGET_AFTER_S = 25.0
"""Longer than the tracker can lose a road user and find it again under the same id."""

MAX_POINTS = 160
"""Points kept of each path: 16 s at 10 frames a second."""

_HEIGHT_MEMORY = 0.9


@dataclass(slots=True, eq=False)
class Trajectory:
    """One road user's path, oldest first.

    times: seconds. pixels: ground points in the picture. positions: metres (see the module). votes: summed confidence
    by class. road_user: the class that the whole track so far speaks for. height: smoothed box height in pixels.
    origin: the first position. first_seen: when it was there.
    """

    track: int
    votes: list[float] = field(default_factory=lambda: [0.0] * len(ROAD_USERS))
    road_user: RoadUser = RoadUser.CAR
    times: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    pixels: deque[Pixel] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    positions: deque[GroundPoint] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))
    height: float = 0.0
    origin: GroundPoint = (0.0, 0.0)
    first_seen: float = 0.0

    @property
    def metres_per_pixel(self) -> float:
        """Of the picture around it, across the view: from how tall it looks and how tall its class is."""
        return TYPICAL_HEIGHT_M[self.road_user] / max(self.height, 1.0)

    @property
    def last_seen(self) -> float:
        return self.times[-1]

    def travelled_m(self) -> float:
        """How far it has come from where it was first seen, in a straight line."""
        return hypot(self.positions[-1][0] - self.origin[0], self.positions[-1][1] - self.origin[1])

    def update_class(self, class_id: int, confidence: float, height: float) -> None:
        self.votes[class_id] += confidence
        if self.votes[class_id] >= max(self.votes):
            self.road_user = ROAD_USERS[class_id]
        self.height = height if not self.times else _HEIGHT_MEMORY * self.height + (1 - _HEIGHT_MEMORY) * height

    def append(self, t: float, pixel: Pixel, position: GroundPoint) -> None:
        if not self.times:
            self.origin, self.first_seen = position, t
        self.times.append(t)
        self.pixels.append(pixel)
        self.positions.append(position)

    def pseudo_metric_position(self, pixel: Pixel) -> GroundPoint:
        """Where `pixel` is, reckoned from the last sighting in apparent metres (see the module)."""
        if not self.positions:
            return (0.0, 0.0)
        (u, v), (x, y) = self.pixels[-1], self.positions[-1]
        scale = self.metres_per_pixel
        return x + (pixel[0] - u) * scale, y + (pixel[1] - v) * scale


@dataclass(frozen=True, slots=True)
class AnalyzedFrame:
    """One analysed frame: who was seen, and where. All sequences have length N and the same order.

    step_s: seconds since the look before, 0 for the first and after a gap. pixels, positions: (N, 2). heights: (N,) px.
    """

    t: float
    step_s: float
    trajectories: Sequence[Trajectory]
    pixels: NDArray[np.float64]
    positions: NDArray[np.float64]
    heights: NDArray[np.float64]


class Trajectories:
    """Keeps the trajectories of one camera; forgets road users that are gone."""

    def __init__(self, homography: Homography | None) -> None:
        self._homography = homography
        self._known: dict[int, Trajectory] = {}

    def __len__(self) -> int:
        return len(self._known)

    @property
    def calibrated(self) -> bool:
        return self._homography is not None

    def update(self, t: float, step_s: float, tracks: Tracks) -> AnalyzedFrame:
        """Add one frame's tracks; `t` is later than every time before."""
        pixels = tracks.ground_points.astype(np.float64)
        heights = (tracks.xyxy[:, 3] - tracks.xyxy[:, 1]).astype(np.float64)
        grounds = self._homography.to_ground(pixels) if self._homography is not None and len(pixels) else None
        seen = [self._known_or_new(track) for track in tracks.track_id.tolist()]
        for trajectory, class_id, confidence, height in zip(
            seen, tracks.class_id.tolist(), tracks.confidence.tolist(), heights.tolist(), strict=True
        ):
            trajectory.update_class(class_id, confidence, height)
        for k, (trajectory, (u, v)) in enumerate(zip(seen, pixels.tolist(), strict=True)):
            position = trajectory.pseudo_metric_position((u, v)) if grounds is None else (grounds[k, 0], grounds[k, 1])
            trajectory.append(t, (u, v), position)
        positions = np.array([trajectory.positions[-1] for trajectory in seen]).reshape(-1, 2)
        return AnalyzedFrame(t, step_s, seen, pixels, positions, np.array([trajectory.height for trajectory in seen]))

    def _known_or_new(self, track: int) -> Trajectory:
        known = self._known.get(track)
        if known is None:
            known = self._known[track] = Trajectory(track)
        return known

    def pop_expired(self, t: float) -> list[Trajectory]:
        """Drop and return whoever has not been seen for `FORGET_AFTER_S`."""
        gone = [one for one in self._known.values() if t - one.last_seen > FORGET_AFTER_S]
        for trajectory in gone:
            del self._known[trajectory.track]
        return gone

    def pop_all(self) -> list[Trajectory]:
        """Drop and return everyone: the camera was away, and ids mean nothing across the gap."""
        gone = list(self._known.values())
        self._known.clear()
        return gone

    def all(self) -> list[Trajectory]:
        """Everyone who is not forgotten, seen in the last frame or not."""
        return list(self._known.values())
