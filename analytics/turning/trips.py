"""The ways of road users over a junction, kept until each is gone for good."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import dist, inf

import numpy as np

from analytics.camera import Gate
from analytics.facts import GroundPoint, Journey
from analytics.geometry.junction_arms import arms
from analytics.geometry.plane import Homography
from analytics.tracks.trajectories import Look, Trajectory

STEP_M = 1.0
LONGEST = 120
"""Points kept of each way."""

MARGIN = 1.15
"""How far the junction reaches from its centre, in distances to the farthest end of a gate."""

UNWATCHED_S = 2.5
"""Who was seen this soon after observation began, or until this soon before it ended, may have been there before, or
after."""


@dataclass(slots=True)
class _Way:
    """latest: when and where it was last seen on the junction; the way itself has points `STEP_M` apart."""

    trajectory: Trajectory
    watched_since: float
    latest: tuple[float, GroundPoint]
    points: deque[tuple[float, GroundPoint]] = field(default_factory=lambda: deque(maxlen=LONGEST))


class JourneyBook:
    """Follows road users over the junction that the gates surround.

    Keeps nothing where gates name no two arms, or where the camera is not calibrated: places of different road users
    cannot be compared then.
    """

    def __init__(self, gates: Sequence[Gate], homography: Homography | None) -> None:
        self._ways: dict[int, _Way] = {}
        self._watched_since = -inf
        self._watched_until = -inf
        named = arms(gates)
        self._reach_m = 0.0
        if named and homography is not None:
            ends = homography.to_ground([end for gate in gates if gate.id in named for end in (gate.p1, gate.p2)])
            self._centre = ends.mean(axis=0)
            self._reach_m = MARGIN * float(np.linalg.norm(ends - self._centre, axis=1).max())

    def observe(self, look: Look) -> None:
        if look.step_s == 0:
            self._watched_since = look.t
        self._watched_until = look.t
        if not self._reach_m or not look.trajectories:
            return
        near = np.linalg.norm(look.places - self._centre, axis=1) <= self._reach_m
        for i in np.flatnonzero(near).tolist():
            trajectory = look.trajectories[i]
            self._note(trajectory, (look.t, trajectory.places[-1]))

    def _note(self, trajectory: Trajectory, point: tuple[float, GroundPoint]) -> None:
        way = self._ways.get(trajectory.track)
        if way is None:
            way = self._ways[trajectory.track] = _Way(trajectory, self._watched_since, point)
        way.latest = point
        if not way.points or dist(way.points[-1][1], point[1]) >= STEP_M:
            way.points.append(point)

    def close(self, gone: Iterable[Trajectory]) -> list[Journey]:
        """The journeys of those who are gone, if they were on the junction."""
        ways = [self._ways.pop(trajectory.track, None) for trajectory in gone]
        return [self._journey(way) for way in ways if way is not None]

    def _journey(self, way: _Way) -> Journey:
        points = list(way.points)
        if way.latest[0] > points[-1][0]:
            points.append(way.latest)
        return Journey(
            track=way.trajectory.track,
            road_user=way.trajectory.road_user,
            times=tuple(t for t, _ in points),
            places=tuple(place for _, place in points),
            arrived=points[0][0] - way.watched_since >= UNWATCHED_S,
            departed=self._watched_until - points[-1][0] >= UNWATCHED_S,
        )
