"""What a detector hands to the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analytics.facts import GroundPoint, IncidentType, Pixel
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCandidate:
    """Something that holds at this moment. The desk turns its first sighting into an alert and its absence into an end.

    zone: index into the camera's zones, None outside all. position: metres in the camera's frame, by which it is known
    again under another track id; None for what concerns a whole zone. seen_s: when it was last seen to hold.
    """

    type: IncidentType
    zone: int | None
    start_s: float
    seen_s: float
    pixel: Pixel
    position: GroundPoint | None
    confidence: float
    reason: str
    track: int | None = None


class IncidentDetector(Protocol):
    """Looks at the scene a few times a second. Its state is bounded by what is in the scene."""

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        """Whatever holds now, whether it was found before or not."""
        ...

    def drop(self, gone: Sequence[Trajectory]) -> None: ...
