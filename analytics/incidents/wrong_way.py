"""Vehicles that drive against the legal direction of their carriageway."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from analytics.facts import IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

AGAINST_MS = 2.0
AGAINST_M = 8.0
"""Driven against the direction inside the zone: more than jitter, a swerve around an obstacle, or parking."""

AGAINST_S = 1.0
SIGHTINGS, OR_FOR_S = 7, 2.5
"""On the way; a track that jumps from one motorcycle to the next is soon lost or goes forward again."""

LOST_S = 1.5
"""Who was out of sight for longer may come back as somebody else, further up a queue: a drive begins anew."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A drive against the direction, from where and when it began."""

    zone: int
    t: float
    first: RoadUserState


class WrongWay:
    """Finds wrong-way drivers in zones with a legal direction."""

    def __init__(self) -> None:
        self._runs: dict[int, _Run] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        return [finding for user in scene.road_users if (finding := self._look_at(user, scene)) is not None]

    def _look_at(self, user: RoadUserState, scene: Scene) -> IncidentCandidate | None:
        track, zone = user.trajectory.track, user.zone
        if zone is None or not user.is_vehicle or not scene.speed_along_ms(user, zone) < -AGAINST_MS:
            self._runs.pop(track, None)
            return None
        run = self._runs.get(track)
        if run is None or run.zone != zone or _was_lost(user.trajectory, run.t):
            run = self._runs[track] = _Run(zone, scene.t, user)
        against_m = scene.offset(user, run.first, zone)[0]
        sightings = sum(t >= run.t for t in user.trajectory.times)
        lasted_s = user.trajectory.last_seen - run.t
        if lasted_s < AGAINST_S or against_m < AGAINST_M or (sightings < SIGHTINGS and lasted_s < OR_FOR_S):
            return None
        return IncidentCandidate(
            type=IncidentType.WRONG_WAY,
            zone=zone,
            start_s=run.t,
            seen_s=user.trajectory.last_seen,
            pixel=user.pixel,
            position=user.position,
            confidence=min(0.95, 0.6 + 0.02 * against_m),
            reason=f"A {user.trajectory.road_user.value} has driven {against_m:.0f} m against the legal direction.",
            track=track,
        )

    def drop(self, gone: Sequence[Trajectory]) -> None:
        for trajectory in gone:
            self._runs.pop(trajectory.track, None)


def _was_lost(trajectory: Trajectory, since_s: float) -> bool:
    return any(b > since_s and b - a > LOST_S for a, b in pairwise(trajectory.times))
