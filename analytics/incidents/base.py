"""Interface between incident detectors and the incident manager."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics.facts import GroundPoint, IncidentEvidence, IncidentType, Pixel
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCandidate:
    """An incident that is present in the current scene. The manager raises and ends incidents from candidates.

    zone: index into the camera's zones, None outside all. seen_s: time of the last detection that shows it.
    position: metres in the camera's frame, by which it is matched under another track id; None for a whole zone.
    """

    type: IncidentType
    zone: int | None
    start_s: float
    seen_s: float
    pixel: Pixel
    position: GroundPoint | None
    confidence: float
    evidence: IncidentEvidence
    track: int | None = None


class IncidentDetector(Protocol):
    """Finds incidents of one type in each scene. Its state is bounded by the road users in the scene."""

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        """Return all incidents present in the scene, also those returned before."""
        ...

    def drop(self, expired: Sequence[Trajectory]) -> None:
        """Drop the state of tracks that have expired."""
        ...
