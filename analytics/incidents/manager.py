"""Where findings become incidents: raised once, followed under whatever track id, and ended once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

from analytics.camera import Camera
from analytics.facts import Incident, IncidentType
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate, IncidentDetector
from analytics.incidents.collision import Collisions
from analytics.incidents.congestion_onset import CongestionOnset
from analytics.incidents.pedestrian_on_road import PedestrianOnRoad
from analytics.incidents.stopped_vehicle import StoppedVehicles
from analytics.incidents.wrong_way import WrongWay
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import Trajectory

ENDS_AFTER_S = {
    IncidentType.STOPPED_VEHICLE: 15.0,
    IncidentType.WRONG_WAY: 6.0,
    IncidentType.CONGESTION: 10.0,
    IncidentType.PERSON_ON_ROAD: 10.0,
    IncidentType.COLLISION: 30.0,
}
"""Not found for this long, it is over: longer than a road user is usually hidden."""

SAME_PLACE_M = 6.0
SAME_PLACE_PX = 40.0


@dataclass(slots=True)
class _OpenIncident:
    incident: Incident
    finding: IncidentCandidate


class IncidentManager:
    """Keeps the open incidents of one camera."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._calibrated = camera.homography is not None
        self._detectors = _detectors(camera)
        self._open: list[_OpenIncident] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._open)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[Incident]:
        """New incidents, and those that are over."""
        raised = []
        for detector in self._detectors:
            for finding in detector.observe(scene, levels):
                known = self._known(finding)
                if known is not None:
                    known.finding = finding
                else:
                    raised.append(self._raise(finding, scene.t))
        return raised + self.end_stale(scene.t)

    def _known(self, finding: IncidentCandidate) -> _OpenIncident | None:
        return next((one for one in self._open if self._same(one.finding, finding)), None)

    def _same(self, a: IncidentCandidate, b: IncidentCandidate) -> bool:
        if (a.type, a.zone) != (b.type, b.zone):
            return False
        if a.position is None or b.position is None or a.track == b.track:
            return True
        if self._calibrated:
            return hypot(a.position[0] - b.position[0], a.position[1] - b.position[1]) < SAME_PLACE_M
        return hypot(a.pixel[0] - b.pixel[0], a.pixel[1] - b.pixel[1]) < SAME_PLACE_PX

    def _raise(self, finding: IncidentCandidate, t: float) -> Incident:
        self._number += 1
        incident = Incident(
            number=self._number,
            type=finding.type,
            zone=None if finding.zone is None else self._camera.zones[finding.zone].id,
            start_s=finding.start_s,
            detected_s=t,
            end_s=None,
            pixel=finding.pixel,
            ground=finding.position if self._calibrated else None,
            confidence=finding.confidence,
            reason=finding.reason,
            track=finding.track,
        )
        self._open.append(_OpenIncident(incident, finding))
        return incident

    def end_stale(self, t: float) -> list[Incident]:
        """End what has not been found for long; the end is when it was last found."""
        stale = [one for one in self._open if t - one.finding.seen_s > ENDS_AFTER_S[one.incident.type]]
        self._open = [one for one in self._open if one not in stale]
        return [replace(one.incident, end_s=one.finding.seen_s) for one in stale]

    def reset(self) -> list[Incident]:
        """End everything where it was last found: the clock jumped, and times no longer compare."""
        ended = [replace(one.incident, end_s=one.finding.seen_s) for one in self._open]
        self._open = []
        self._detectors = _detectors(self._camera)
        return ended

    def drop(self, gone: Sequence[Trajectory]) -> None:
        for detector in self._detectors:
            detector.drop(gone)


def _detectors(camera: Camera) -> tuple[IncidentDetector, ...]:
    return (
        StoppedVehicles(camera.zones),
        WrongWay(),
        PedestrianOnRoad(camera.zones),
        Collisions(),
        CongestionOnset(camera.zones),
    )
