"""Collisions: two vehicles that meet, stop abruptly, and stay where they are.

A car that brakes for a queue stops behind a vehicle that stood before, over several seconds. In a collision both
vehicles moved, at least one loses its speed faster than brakes allow, and both stay close together.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.facts import IncidentEvidence, IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.incidents.confidence import incident_confidence
from analytics.road_users import TYPICAL_LENGTH_M
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

ABRUPT_SPEED_LOSS_MS, ABRUPT_WITHIN_S = 7.0, 1.4
"""Speed (m/s) lost within this time (s): together 5 m/s2 of a speed that is a mean over a second [assumption].

Cars brake that hard on a dry road only in an emergency. The time covers two scenes at five frames a second, between
which the stop may fall.
"""

WERE_MOVING_MS = 2.0
"""Speed (m/s) that both vehicles reached before [assumption]."""

HISTORY_S = 3.0
"""Seconds of speeds stored per vehicle [assumption]."""

STATIONARY_MS = 0.8
"""Speed (m/s) below which a vehicle is stationary [assumption]."""

MIN_STATIONARY_S = 5.0
"""Seconds that both stay stationary before an incident is raised [assumption]."""

MAX_DETECTION_AGE_S = 2.0
"""Seconds since the last detection beyond which a vehicle is not considered [assumption]."""

QUEUE_REACH_M = 15.0
"""Metres within which other standing vehicles of the zone make a queue [assumption].

In a queue, vehicles occlude and are confused with one another.
"""

MAX_GAP_M = 1.5
"""Metres between the two vehicles, beyond half their lengths [assumption]."""


@dataclass(frozen=True, slots=True)
class _Contact:
    """Two tracks, a and b, that stopped together at time `t`."""

    t: float
    a: int
    b: int


class CollisionDetector:
    """Finds collisions of two vehicles."""

    def __init__(self) -> None:
        self._speeds: dict[int, deque[tuple[float, float]]] = {}
        self._contacts: list[_Contact] = []

    def __len__(self) -> int:
        return len(self._speeds) + len(self._contacts)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        vehicles = {
            user.trajectory.track: user
            for user in scene.road_users
            if user.is_vehicle and scene.t - user.trajectory.last_seen < MAX_DETECTION_AGE_S
        }
        for track, user in vehicles.items():
            self._add_speed(track, scene.t, user.speed_ms)
        slow = [user for user in vehicles.values() if user.speed_ms <= STATIONARY_MS]
        for a in slow:
            if self._stopped_abruptly(a.trajectory.track, scene.t):
                met = (b for b in slow if b is not a and self._met(a, b, scene))
                self._contacts += [_Contact(scene.t, a.trajectory.track, b.trajectory.track) for b in met]
        self._contacts = [c for c in self._contacts if _both_stationary(vehicles.get(c.a), vehicles.get(c.b))]
        lasting = (c for c in self._contacts if scene.t - c.t >= MIN_STATIONARY_S)
        return [self._candidate(c, vehicles[c.a], scene.t) for c in lasting]

    def _add_speed(self, track: int, t: float, speed_ms: float) -> None:
        speeds = self._speeds.setdefault(track, deque())
        speeds.append((t, speed_ms))
        while t - speeds[0][0] > HISTORY_S:
            speeds.popleft()

    def _met(self, a: RoadUserState, b: RoadUserState, scene: Scene) -> bool:
        reach = sum(TYPICAL_LENGTH_M[user.trajectory.road_user] for user in (a, b)) / 2 + MAX_GAP_M
        if scene.distance(a, b) > reach or self._is_known(a, b):
            return False
        queueing = (user for user in scene.road_users if user.zone == a.zone and user.is_queueing)
        if sum(scene.distance(a, user) < QUEUE_REACH_M for user in queueing) > 2:
            return False
        return all(max(v for _, v in self._speeds[user.trajectory.track]) >= WERE_MOVING_MS for user in (a, b))

    def _is_known(self, a: RoadUserState, b: RoadUserState) -> bool:
        pair = {a.trajectory.track, b.trajectory.track}
        return any({c.a, c.b} == pair for c in self._contacts)

    def _stopped_abruptly(self, track: int, t: float) -> bool:
        return any(t - then <= ABRUPT_WITHIN_S and speed >= ABRUPT_SPEED_LOSS_MS for then, speed in self._speeds[track])

    def _candidate(self, contact: _Contact, user: RoadUserState, t: float) -> IncidentCandidate:
        return IncidentCandidate(
            type=IncidentType.COLLISION,
            zone=user.zone,
            start_s=contact.t,
            seen_s=user.trajectory.last_seen,
            pixel=user.pixel,
            position=user.position,
            confidence=incident_confidence(IncidentType.COLLISION),
            evidence=IncidentEvidence(duration_s=t - contact.t),
            track=contact.a,
        )

    def drop(self, expired: Sequence[Trajectory]) -> None:
        for trajectory in expired:
            self._speeds.pop(trajectory.track, None)


def _both_stationary(a: RoadUserState | None, b: RoadUserState | None) -> bool:
    return a is not None and b is not None and max(a.speed_ms, b.speed_ms) <= STATIONARY_MS
