"""Events from the results of a camera's pipeline, with a snapshot of each incident."""

from collections.abc import Callable

import structlog
from av.video.frame import VideoFrame

from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.facts import Incident, Pixel
from pipelines.addresses.mask import without_credentials
from pipelines.analysis.camera_pipeline import PipelineResult
from pipelines.events.mapping import CameraEvent, EventMapper
from pipelines.evidence.snapshots import Box

log = structlog.get_logger()

SaveSnapshot = Callable[[str, VideoFrame, Pixel, Box | None], str]
"""Store a frame under a name with a place marked, and return the name. Raises OSError."""


class EventPublisher:
    """Emit the events of one camera at one frame size, in the order of its results. Not thread-safe.

    emit: receives each event. on_dropped: receives each fact or event that cannot be made or sent; the others go out.
    """

    def __init__(
        self,
        camera: Camera,
        save_snapshot: SaveSnapshot,
        emit: Callable[[CameraEvent], None],
        on_dropped: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self._camera_id = camera.id
        self._on_dropped = on_dropped
        self._mapper = EventMapper(camera, self._take_snapshot, lambda fact: self._drop(str(fact)))
        self._save_snapshot = save_snapshot
        self._emit = emit
        self._result = PipelineResult([])

    def publish(self, result: PipelineResult) -> None:
        """Emit the events that the result completes."""
        self._result = result
        try:
            for event in self._mapper.events(result.facts):
                self._send(event)
        finally:
            self._result = PipelineResult([])

    def _send(self, event: CameraEvent) -> None:
        try:
            self._emit(event)
        except Exception as error:
            self._drop(f"{event.kind} event: {error}")

    def _drop(self, what: str) -> None:
        what = without_credentials(" ".join(what.split()))
        log.exception("a fact was dropped; the others are sent", camera=self._camera_id, reason=what)
        self._on_dropped(what)

    def _take_snapshot(self, incident_id: str, incident: Incident) -> str | None:
        frame = self._result.frame
        if frame is None:
            return None
        box = _box_of(self._result.tracks, incident.track)
        try:
            return self._save_snapshot(incident_id, frame.video_frame, incident.pixel, box)
        except Exception:
            log.exception("the snapshot of an incident was not stored", incident=incident_id)
            return None


def _box_of(tracks: Tracks, track: int | None) -> Box | None:
    boxes = [] if track is None else tracks.xyxy[tracks.track_id == track].tolist()
    return tuple(boxes[0]) if boxes else None
