"""Pedestrians on a carriageway.

In a queue other road users hide machines, and of a rider only the upper body is seen: a person. Time in which
a person is hidden like that among slow road users therefore does not count (docs/adr/0100-riders-and-walkers.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.camera import Zone
from analytics.facts import IncidentEvidence, IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.incidents.confidence import incident_confidence
from analytics.road_users import ROAD_USERS, RoadUser
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import RUNNER_MS, Trajectory

STAYS_S = 5.0
"""Seconds on the carriageway after which a pedestrian is an incident [assumption]."""

SIGNAL_STAYS_S = 20.0
"""The same in a zone at a signal, where pedestrians may cross the approach [assumption]."""

MIN_PERSON_SHARE = 0.7
"""Share of the track's class votes that must be for a person [assumption]."""

MIN_COVERED_SHARE = 0.5
"""Share of a person's width that another box must cover to hide the machine below it [assumption]."""

HIDDEN_HEIGHTS = 0.25
"""Distance by which the other box ends lower, in heights of the person: a saddle is half a metre high [assumption]."""

QUEUE_AHEAD_M, QUEUE_BEHIND_M, QUEUE_BESIDE_M = 15.0, 5.0, 5.0
"""Area around a person in which slow road users are a queue, metres along and beside the road [assumption].

Feet that are hidden appear metres further away than they are.
"""

FOLLOWER_BESIDE_M = 1.5
"""Road users behind a person and within this many metres beside it follow it, and prove no queue [assumption]."""

_PERSON = ROAD_USERS.index(RoadUser.PERSON)
"""Class id of a person."""


@dataclass(slots=True)
class _Walk:
    """Time of one person on a carriageway. clear_s: seconds of it that count. seen_s: time of the last detection."""

    start_s: float
    seen_s: float
    clear_s: float = 0.0


class PedestrianOnRoad:
    """Finds pedestrians in zones with a legal direction, which are carriageways."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._walks: dict[int, _Walk] = {}

    def __len__(self) -> int:
        return len(self._walks)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        return [candidate for user in scene.road_users if (candidate := self._candidate(user, scene)) is not None]

    def _candidate(self, user: RoadUserState, scene: Scene) -> IncidentCandidate | None:
        track, zone, seen_s = user.trajectory.track, user.zone, user.trajectory.last_seen
        direction = None if zone is None else scene.directions[zone]
        if zone is None or direction is None or not _is_walking(user):
            self._walks.pop(track, None)
            return None
        walk = self._walks.setdefault(track, _Walk(seen_s, seen_s))
        if not _is_hidden_in_queue(user, scene, zone, direction):
            walk.clear_s += seen_s - walk.seen_s
        walk.seen_s = seen_s
        if walk.clear_s < (SIGNAL_STAYS_S if self._zones[zone].signal_controlled else STAYS_S):
            return None
        return IncidentCandidate(
            type=IncidentType.PERSON_ON_ROAD,
            zone=zone,
            start_s=walk.start_s,
            seen_s=seen_s,
            pixel=user.pixel,
            position=user.position,
            confidence=incident_confidence(IncidentType.PERSON_ON_ROAD, walk.clear_s),
            evidence=IncidentEvidence(road_user=RoadUser.PERSON, duration_s=seen_s - walk.start_s),
            track=track,
        )

    def drop(self, expired: Sequence[Trajectory]) -> None:
        for trajectory in expired:
            self._walks.pop(trajectory.track, None)


def _is_walking(user: RoadUserState) -> bool:
    votes = user.trajectory.votes
    if user.trajectory.is_rider or user.speed_ms > RUNNER_MS:
        return False
    return votes[_PERSON] >= MIN_PERSON_SHARE * sum(votes)


def _is_hidden_in_queue(user: RoadUserState, scene: Scene, zone: int, direction: tuple[float, float]) -> bool:
    """Whether a person may sit on a machine that a nearer road user hides, with slow ones ahead or beside."""
    others = np.array([other is not user for other in scene.road_users])
    x1, y1, x2, y2 = np.array([other.trajectory.box for other in scene.road_users]).T
    left, top, right, bottom = user.trajectory.box
    across = np.minimum(x2, right) - np.maximum(x1, left) >= MIN_COVERED_SHARE * (right - left)
    if not (others & across & (y1 < bottom) & (y2 > bottom + HIDDEN_HEIGHTS * (bottom - top))).any():
        return False
    slow = np.array([other.zone in (zone, None) and other.speed_ms < RUNNER_MS for other in scene.road_users])
    ahead, beside = scene.offsets(user, direction)
    near = (ahead > -QUEUE_BEHIND_M) & (ahead < QUEUE_AHEAD_M) & (beside < QUEUE_BESIDE_M)
    follows = (ahead < 0) & (beside < FOLLOWER_BESIDE_M)
    return bool((others & slow & near & ~follows).any())
