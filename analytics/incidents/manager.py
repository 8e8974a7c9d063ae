"""Incidents from candidates: each is raised once, followed across track ids, and ended once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

from analytics.camera import Camera
from analytics.facts import Incident, IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate, IncidentDetector
from analytics.incidents.collision import CollisionDetector
from analytics.incidents.congestion_onset import CongestionOnset
from analytics.incidents.pedestrian_on_road import PedestrianOnRoad
from analytics.incidents.reason import incident_reason
from analytics.incidents.stopped_vehicle import StoppedVehicles
from analytics.incidents.wrong_way import WrongWay
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import Trajectory

ENDS_AFTER_S: dict[IncidentType, float] = {
    IncidentType.STOPPED_VEHICLE: 15.0,
    IncidentType.WRONG_WAY: 6.0,
    IncidentType.CONGESTION: 10.0,
    IncidentType.PERSON_ON_ROAD: 10.0,
    IncidentType.COLLISION: 30.0,
}
"""Seconds without a candidate after which an incident ends: longer than a usual occlusion [assumption]."""

SAME_INCIDENT_M, SAME_INCIDENT_PX = 6.0, 40.0
"""Distance (metres, or pixels without calibration) within which two tracks show the same incident [assumption]."""


@dataclass(slots=True)
class _OpenIncident:
    """An incident that has not ended, and its latest candidate."""

    incident: Incident
    candidate: IncidentCandidate


class IncidentManager:
    """Stores the open incidents of one camera."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._calibrated = camera.homography is not None
        self._detectors = _detectors(camera)
        self._open: list[_OpenIncident] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._open)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[Incident]:
        """Return new incidents, and incidents that ended."""
        raised = []
        for detector in self._detectors:
            for candidate in detector.observe(scene, levels):
                known = self._known(candidate)
                if known is not None:
                    known.candidate = candidate
                else:
                    raised.append(self._raise(candidate, scene.t))
        return raised + self.end_stale(scene.t)

    def _known(self, candidate: IncidentCandidate) -> _OpenIncident | None:
        return next((known for known in self._open if self._is_same(known.candidate, candidate)), None)

    def _is_same(self, a: IncidentCandidate, b: IncidentCandidate) -> bool:
        if (a.type, a.zone) != (b.type, b.zone):
            return False
        if a.position is None or b.position is None or a.track == b.track:
            return True
        if self._calibrated:
            return hypot(a.position[0] - b.position[0], a.position[1] - b.position[1]) < SAME_INCIDENT_M
        return hypot(a.pixel[0] - b.pixel[0], a.pixel[1] - b.pixel[1]) < SAME_INCIDENT_PX

    def _raise(self, candidate: IncidentCandidate, t: float) -> Incident:
        self._number += 1
        incident = Incident(
            number=self._number,
            type=candidate.type,
            zone=None if candidate.zone is None else self._camera.zones[candidate.zone].id,
            start_s=candidate.start_s,
            detected_s=t,
            end_s=None,
            pixel=candidate.pixel,
            ground=candidate.position if self._calibrated else None,
            confidence=candidate.confidence,
            reason=incident_reason(candidate.type, candidate.evidence),
            evidence=candidate.evidence,
            track=candidate.track,
        )
        self._open.append(_OpenIncident(incident, candidate))
        return incident

    def end_stale(self, t: float) -> list[Incident]:
        """End incidents without a recent candidate, at the time of the last one."""
        stale = [known for known in self._open if t - known.candidate.seen_s > ENDS_AFTER_S[known.incident.type]]
        self._open = [known for known in self._open if known not in stale]
        return [_ended(known) for known in stale]

    def reset(self) -> list[Incident]:
        """End all incidents at the time of their last candidate, after a clock jump that makes times incomparable."""
        ended = [_ended(known) for known in self._open]
        self._open = []
        self._detectors = _detectors(self._camera)
        return ended

    def drop(self, expired: Sequence[Trajectory]) -> None:
        for detector in self._detectors:
            detector.drop(expired)


def _ended(known: _OpenIncident) -> Incident:
    return replace(known.incident, end_s=known.candidate.seen_s)


def _detectors(camera: Camera) -> tuple[IncidentDetector, ...]:
    return (
        StoppedVehicles(camera.zones),
        WrongWay(),
        PedestrianOnRoad(camera.zones),
        CollisionDetector(),
        CongestionOnset(camera.zones),
    )
