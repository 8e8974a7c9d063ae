"""Paths of road users over a junction, recorded until their tracks end."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import dist, inf

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Gate
from analytics.facts import GroundPoint, Trip
from analytics.geometry.homography import Homography
from analytics.geometry.junction_arms import gate_arms
from analytics.tracks.trajectories import AnalyzedFrame, Trajectory

STEP_M = 1.0
"""Metres between two recorded points of a path [assumption]."""

MAX_POINTS = 120
"""Points recorded of each path; the oldest are dropped [assumption]."""

REACH_FACTOR = 1.15
"""Radius of the junction, in distances from its centre to the farthest end of a gate [assumption]."""

EDGE_S = 2.5
"""Seconds at the start and end of the observation [assumption].

A path that begins or ends there may go on outside the observed time.
"""


@dataclass(slots=True)
class _OpenTrip:
    """A trip in progress. latest: time and position of the last detection on the junction.

    observed_since: start of the observation. points: at least `STEP_M` apart.
    """

    trajectory: Trajectory
    observed_since: float
    latest: tuple[float, GroundPoint]
    points: deque[tuple[float, GroundPoint]] = field(default_factory=lambda: deque(maxlen=MAX_POINTS))


@dataclass(frozen=True, slots=True)
class _Junction:
    """Circle on the ground around the gates. centre: (2,) metres."""

    centre: NDArray[np.float64]
    radius_m: float

    @classmethod
    def around(cls, gates: Sequence[Gate], homography: Homography | None) -> "_Junction | None":
        """None where the gates name fewer than two arms, or the camera is not calibrated."""
        arms = gate_arms(gates)
        if not arms or homography is None:
            return None
        ends = homography.to_ground([end for gate in gates if gate.id in arms for end in (gate.p1, gate.p2)])
        centre = ends.mean(axis=0)
        return cls(centre, REACH_FACTOR * float(np.linalg.norm(ends - centre, axis=1).max()))


class TripRecorder:
    """Records the paths of road users over the junction that the gates surround.

    Records nothing where the gates name fewer than two arms, or where the camera is not calibrated: positions of
    different road users cannot be compared then.
    """

    def __init__(self, gates: Sequence[Gate], homography: Homography | None) -> None:
        self._junction = _Junction.around(gates, homography)
        self._open: dict[int, _OpenTrip] = {}
        self._observed_since = -inf
        self._observed_until = -inf

    def observe(self, frame: AnalyzedFrame) -> None:
        if frame.step_s == 0:
            self._observed_since = frame.t
        self._observed_until = frame.t
        if self._junction is None or not frame.trajectories:
            return
        inside = np.linalg.norm(frame.positions - self._junction.centre, axis=1) <= self._junction.radius_m
        for i in np.flatnonzero(inside).tolist():
            trajectory = frame.trajectories[i]
            self._add(trajectory, (frame.t, trajectory.positions[-1]))

    def _add(self, trajectory: Trajectory, point: tuple[float, GroundPoint]) -> None:
        trip = self._open.get(trajectory.track)
        if trip is None:
            trip = self._open[trajectory.track] = _OpenTrip(trajectory, self._observed_since, point)
        trip.latest = point
        if not trip.points or dist(trip.points[-1][1], point[1]) >= STEP_M:
            trip.points.append(point)

    def pop_finished(self, expired: Iterable[Trajectory]) -> list[Trip]:
        """Return the trips of tracks that ended, if they were on the junction."""
        trips = [self._open.pop(trajectory.track, None) for trajectory in expired]
        return [self._trip(trip) for trip in trips if trip is not None]

    def _trip(self, trip: _OpenTrip) -> Trip:
        points = list(trip.points)
        if trip.latest[0] > points[-1][0]:
            points.append(trip.latest)
        return Trip(
            track=trip.trajectory.track,
            road_user=trip.trajectory.road_user,
            times=tuple(t for t, _ in points),
            positions=tuple(position for _, position in points),
            arrived=points[0][0] - trip.observed_since >= EDGE_S,
            departed=self._observed_until - points[-1][0] >= EDGE_S,
        )
