"""Pedestrians on a carriageway."""

from collections.abc import Sequence

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

_PERSON = ROAD_USERS.index(RoadUser.PERSON)
"""Class id of a person."""


class PedestrianOnRoad:
    """Finds pedestrians in zones with a legal direction, which are carriageways."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._since: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        return [candidate for user in scene.road_users if (candidate := self._candidate(user, scene.t)) is not None]

    def _candidate(self, user: RoadUserState, t: float) -> IncidentCandidate | None:
        track, zone = user.trajectory.track, user.zone
        if zone is None or self._zones[zone].direction is None or not _is_walking(user):
            self._since.pop(track, None)
            return None
        seen_s = user.trajectory.last_seen
        since = self._since.setdefault(track, seen_s)
        if seen_s - since < (SIGNAL_STAYS_S if self._zones[zone].signal_controlled else STAYS_S):
            return None
        return IncidentCandidate(
            type=IncidentType.PERSON_ON_ROAD,
            zone=zone,
            start_s=since,
            seen_s=seen_s,
            pixel=user.pixel,
            position=user.position,
            confidence=incident_confidence(IncidentType.PERSON_ON_ROAD, seen_s - since),
            evidence=IncidentEvidence(road_user=RoadUser.PERSON, duration_s=seen_s - since),
            track=track,
        )

    def drop(self, expired: Sequence[Trajectory]) -> None:
        for trajectory in expired:
            self._since.pop(trajectory.track, None)


def _is_walking(user: RoadUserState) -> bool:
    votes = user.trajectory.votes
    if user.trajectory.is_rider or user.speed_ms > RUNNER_MS:
        return False
    return votes[_PERSON] >= MIN_PERSON_SHARE * sum(votes)
