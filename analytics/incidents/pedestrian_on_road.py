"""People on foot on a carriageway."""

from collections.abc import Sequence

from analytics.camera import Zone
from analytics.facts import IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.road_users import ROAD_USERS, RoadUser
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

LINGERS_S = 5.0
CROSSES_WITHIN_S = 20.0
"""At a signal people rightly cross the approach; whoever takes longer than this does not cross."""

ON_FOOT_BELOW_MS = 3.5
"""Faster than a run is a rider whose machine was not recognised."""

SURE_SHARE = 0.7
"""Share of the track's votes that must speak for a person."""

_PERSON = ROAD_USERS.index(RoadUser.PERSON)


class PedestrianOnRoad:
    """Finds people in zones with a legal direction: carriageways, not squares or whole pictures."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._since: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        return [finding for user in scene.road_users if (finding := self._look_at(user, scene.t)) is not None]

    def _look_at(self, user: RoadUserState, t: float) -> IncidentCandidate | None:
        track, zone = user.trajectory.track, user.zone
        if zone is None or self._zones[zone].direction is None or not _walks(user):
            self._since.pop(track, None)
            return None
        since = self._since.setdefault(track, t)
        patience = CROSSES_WITHIN_S if self._zones[zone].signal_controlled else LINGERS_S
        if t - since < patience:
            return None
        return IncidentCandidate(
            type=IncidentType.PERSON_ON_ROAD,
            zone=zone,
            start_s=since,
            seen_s=user.trajectory.last_seen,
            pixel=user.pixel,
            position=user.position,
            confidence=min(0.9, 0.5 + 0.02 * (t - since)),
            reason=f"Somebody has been on foot on the carriageway for {t - since:.0f} s.",
            track=track,
        )

    def drop(self, gone: Sequence[Trajectory]) -> None:
        for trajectory in gone:
            self._since.pop(trajectory.track, None)


def _walks(user: RoadUserState) -> bool:
    votes = user.trajectory.votes
    return user.speed_ms < ON_FOOT_BELOW_MS and votes[_PERSON] >= SURE_SHARE * sum(votes)
