"""One camera's way from pictures to events, without threads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import uuid4

import structlog

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyst
from analytics.detections import Detections, Tracks
from analytics.facts import Fact, Incident
from models.detection.detector import RgbImage
from models.gating.roi import choose_view
from pipelines.analysis.perception import CameraPerception, DetectionRequest
from pipelines.events.mapping import CameraEvent, FactEvents
from pipelines.evidence.snapshots import Box, Snapshots
from pipelines.ingest.frame_buffer import TimedFrame

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PendingFrame:
    """One frame on its way through the detector."""

    frame: TimedFrame
    glance: DetectionRequest

    @property
    def image(self) -> RgbImage | None:
        """What the detector must see of it; None where it would learn nothing."""
        return self.glance.image


class CameraPipeline:
    """CameraPerception and analyst of one camera at one picture size. Not thread-safe.

    emit: given every event, in order.
    """

    def __init__(self, camera: Camera, snapshots: Snapshots, emit: Callable[[CameraEvent], None]) -> None:
        self.image_size = camera.image_size
        self._sight = CameraPerception(camera, choose_view(camera), gating=True)
        self._analyst = CameraAnalyst(camera)
        self._fact_events = FactEvents(camera, uuid4().hex, self._take_snapshot)
        self._snapshots = snapshots
        self._emit = emit
        self._under_way: tuple[TimedFrame, Tracks] | None = None

    def look(self, frame: TimedFrame) -> PendingFrame:
        """What of the frame the detector is to see. `conclude` is to be called with it before the next look."""
        return PendingFrame(frame, self._sight.look(frame.at, frame.picture))

    def conclude(self, look: PendingFrame, found: Detections | None) -> Tracks:
        """Who is known to be in the frame. found: what was seen in `look.image`, in its pixels; None without one."""
        tracks = self._sight.conclude(look.glance, found)
        self._under_way = look.frame, tracks
        try:
            self._tell(self._analyst.observe(look.frame.at, tracks))
        finally:
            self._under_way = None
        return tracks

    def advance(self, t: float) -> None:
        """Time has come to `t` (Unix seconds); what was not observed until then stays unknown."""
        self._tell(self._analyst.advance(t))

    def finish(self, t: float) -> None:
        self._tell(self._analyst.finish(t))

    def _tell(self, facts: Iterable[Fact]) -> None:
        for event in self._fact_events.events(facts):
            self._emit(event)

    def _take_snapshot(self, incident_id: str, incident: Incident) -> str | None:
        if self._under_way is None:
            return None
        frame, tracks = self._under_way
        try:
            return self._snapshots.save(incident_id, frame.picture, incident.pixel, _box(tracks, incident.track))
        except OSError as error:
            log.error("no snapshot of an incident", incident=incident_id, error=error)
            return None


def _box(tracks: Tracks, track: int | None) -> Box | None:
    boxes = [] if track is None else tracks.xyxy[tracks.track_id == track].tolist()
    return tuple(boxes[0]) if boxes else None
