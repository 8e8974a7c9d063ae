"""Where the detectors' findings become incidents, raised once and ended once."""

from analytics.camera import Camera
from analytics.congestion import ZoneLevels
from analytics.facts import Incident
from analytics.scene import Scene


class IncidentDesk:
    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    def observe(self, scene: Scene, levels: ZoneLevels) -> list[Incident]:
        return []
