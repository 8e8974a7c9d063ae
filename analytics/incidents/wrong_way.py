"""Detector of wrong-way driving: vehicles against the legal direction of their carriageway."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from analytics.facts import IncidentEvidence, IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.incidents.confidence import incident_confidence
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

MIN_SPEED_MS = 2.0
"""Speed (m/s) against the direction from which a vehicle drives the wrong way [assumption]."""

MIN_DISTANCE_M = 8.0
"""Metres driven against the direction inside the zone [assumption].

More than jitter, a swerve around an obstacle, or parking.
"""

MIN_DURATION_S = 1.0
"""Seconds driven against the direction [assumption]."""

MIN_DETECTIONS, OR_DURATION_S = 7, 2.5
"""Detections while driving against the direction, or seconds with fewer of them [assumption].

A track that jumps from one motorcycle to the next soon ends or moves forward again.
"""

MAX_DETECTION_GAP_S = 1.5
"""Seconds between two detections after which the run starts again [assumption].

The track may continue on another vehicle further up a queue.
"""


@dataclass(frozen=True, slots=True)
class _Run:
    """A drive against the direction: its zone, and the time and state at its start."""

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
        return [candidate for user in scene.road_users if (candidate := self._candidate(user, scene)) is not None]

    def _candidate(self, user: RoadUserState, scene: Scene) -> IncidentCandidate | None:
        track, zone = user.trajectory.track, user.zone
        direction = None if zone is None else scene.directions[zone]
        against = direction is not None and user.is_vehicle and user.speed_along_ms(direction) < -MIN_SPEED_MS
        if zone is None or direction is None or not against:
            self._runs.pop(track, None)
            return None
        run = self._runs.get(track)
        if run is None or run.zone != zone or _has_gap(user.trajectory, run.t):
            run = self._runs[track] = _Run(zone, scene.t, user)
        against_m = scene.offset(user, run.first, direction)[0]
        detections = sum(t >= run.t for t in user.trajectory.times)
        lasted_s = user.trajectory.last_seen - run.t
        if lasted_s < MIN_DURATION_S or against_m < MIN_DISTANCE_M:
            return None
        if detections < MIN_DETECTIONS and lasted_s < OR_DURATION_S:
            return None
        return IncidentCandidate(
            type=IncidentType.WRONG_WAY,
            zone=zone,
            start_s=run.t,
            seen_s=user.trajectory.last_seen,
            pixel=user.pixel,
            position=user.position,
            confidence=incident_confidence(IncidentType.WRONG_WAY, against_m),
            evidence=IncidentEvidence(
                road_user=user.trajectory.road_user, duration_s=scene.t - run.t, against_m=against_m
            ),
            track=track,
        )

    def drop(self, expired: Sequence[Trajectory]) -> None:
        for trajectory in expired:
            self._runs.pop(trajectory.track, None)


def _has_gap(trajectory: Trajectory, since_s: float) -> bool:
    return any(b > since_s and b - a > MAX_DETECTION_GAP_S for a, b in pairwise(trajectory.times))
