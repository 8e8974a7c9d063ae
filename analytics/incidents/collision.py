"""Two vehicles that meet, stop at once, and stay where they are.

A car that brakes for a queue stops behind one that stood already, and takes seconds for it. In a collision both were
moving, at least one of them loses its speed faster than brakes can take it, and both stay, close together.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.facts import IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.road_users import TYPICAL_LENGTH_M
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

SPEED_LOST_MS = 7.0
LOST_WITHIN_S = 1.4
"""Together 5 m/s2 of a speed that is itself a mean over a second: more than cars brake with on a dry road in all but an
emergency. No shorter than two steps of a scene at five looks a second, between which an instant stop may fall.
"""

WERE_MOVING_MS = 2.0
BEFORE_S = 3.0
STILL_BELOW_MS = 0.8
STILL_FOR_S = 5.0
MAX_DETECTION_AGE_S = 2.0
QUEUE_REACH_M = 15.0
"""Others of the same zone that stand within this reach already: a queue, in which vehicles are hidden and taken for
one another.
"""

GAP_M = 1.5
"""Between the two, beyond half their lengths."""


@dataclass(frozen=True, slots=True)
class _Crash:
    t: float
    a: int
    b: int


class Collisions:
    def __init__(self) -> None:
        self._speeds: dict[int, deque[tuple[float, float]]] = {}
        self._crashes: list[_Crash] = []

    def __len__(self) -> int:
        return len(self._speeds) + len(self._crashes)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        vehicles = {
            user.trajectory.track: user
            for user in scene.road_users
            if user.is_vehicle and scene.t - user.trajectory.last_seen < MAX_DETECTION_AGE_S
        }
        for track, user in vehicles.items():
            self._note(track, scene.t, user.speed_ms)
        slow = [user for user in vehicles.values() if user.speed_ms <= STILL_BELOW_MS]
        for a in slow:
            if self._stopped_at_once(a.trajectory.track, scene.t):
                crashed = (b for b in slow if b is not a and self._met(a, b, scene))
                self._crashes += [_Crash(scene.t, a.trajectory.track, b.trajectory.track) for b in crashed]
        self._crashes = [c for c in self._crashes if _both_still(vehicles.get(c.a), vehicles.get(c.b))]
        return [self._finding(c, vehicles[c.a], scene.t) for c in self._crashes if scene.t - c.t >= STILL_FOR_S]

    def _note(self, track: int, t: float, speed_ms: float) -> None:
        speeds = self._speeds.setdefault(track, deque())
        speeds.append((t, speed_ms))
        while t - speeds[0][0] > BEFORE_S:
            speeds.popleft()

    def _met(self, a: RoadUserState, b: RoadUserState, scene: Scene) -> bool:
        reach = sum(TYPICAL_LENGTH_M[m.trajectory.road_user] for m in (a, b)) / 2 + GAP_M
        if scene.distance(a, b) > reach or self._known(a, b):
            return False
        beside = (m for m in scene.road_users if m.zone == a.zone and m.is_queueing)
        if sum(scene.distance(a, m) < QUEUE_REACH_M for m in beside) > 2:
            return False
        return all(max(v for _, v in self._speeds[m.trajectory.track]) >= WERE_MOVING_MS for m in (a, b))

    def _known(self, a: RoadUserState, b: RoadUserState) -> bool:
        pair = {a.trajectory.track, b.trajectory.track}
        return any({c.a, c.b} == pair for c in self._crashes)

    def _stopped_at_once(self, track: int, t: float) -> bool:
        return any(t - then <= LOST_WITHIN_S and speed >= SPEED_LOST_MS for then, speed in self._speeds[track])

    def _finding(self, crash: _Crash, user: RoadUserState, t: float) -> IncidentCandidate:
        return IncidentCandidate(
            type=IncidentType.COLLISION,
            zone=user.zone,
            start_s=crash.t,
            seen_s=user.trajectory.last_seen,
            pixel=user.pixel,
            position=user.position,
            confidence=0.6,
            reason=f"Two vehicles met, stopped at once and have not moved for {t - crash.t:.0f} s.",
            track=crash.a,
        )

    def drop(self, gone: Sequence[Trajectory]) -> None:
        for trajectory in gone:
            self._speeds.pop(trajectory.track, None)


def _both_still(a: RoadUserState | None, b: RoadUserState | None) -> bool:
    return a is not None and b is not None and max(a.speed_ms, b.speed_ms) <= STILL_BELOW_MS
