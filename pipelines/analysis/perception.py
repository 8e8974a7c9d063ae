"""One camera's way from frames to tracks, with the detector in the middle."""

from dataclasses import dataclass, field

from av.video.frame import VideoFrame

from analytics.camera import Camera
from analytics.detections import Detections, Tracks
from models.detection.detector import RgbImage
from models.gating.input_scale import LearnedScale, scaled
from models.gating.motion_gate import Attention
from models.gating.roi import View
from models.packing.crop_collage import Mosaic, mosaic_of
from models.tracking.tracker import make_tracker
from pipelines.analysis.frame_convert import FrameConverter


@dataclass(frozen=True, slots=True)
class DetectionRequest:
    """A frame on its way through the detector.

    image: what the detector must see of it. mosaic: what parts of the view the image is made of. Both None where
    nothing needs to be looked at.
    """

    t: float
    image: RgbImage | None = field(compare=False)
    mosaic: Mosaic | None


class CameraPerception:
    """View, attention and tracker of one camera. Not thread-safe.

    gating: look only at what moved and is not known already (`models.gating.motion_gate`); each `look` must be followed
    by its `conclude` before the next, then. Without it, every look is at the whole view, and many may be under way.
    """

    def __init__(self, camera: Camera, view: View, *, gating: bool) -> None:
        self._full_view = view
        self._learned = LearnedScale(view.scaled_size[0] / view.frame_size[0]) if gating else None
        self._scale = 1.0
        self._look_through(view)
        self._tracker = make_tracker(camera)

    def _look_through(self, view: View) -> None:
        """What is known of the picture is forgotten, but not who is on the road."""
        self._view = view
        self._pictures = FrameConverter(view)
        self._everything = mosaic_of([(0, 0, *view.window[2:])])
        self._attention = None if self._learned is None else Attention(view)

    def look(self, t: float, frame: VideoFrame) -> DetectionRequest:
        """t: when the frame was taken, in seconds."""
        if self._learned is not None and self._learned.at(t) != self._scale:
            self._scale = self._learned.at(t)
            self._look_through(scaled(self._full_view, self._scale))
        if self._attention is None:
            return DetectionRequest(t, self._pictures.to_rgb(frame), self._everything)
        parts = self._attention.look(t, self._pictures.to_grey(frame))
        if not parts:
            return DetectionRequest(t, None, None)
        mosaic = mosaic_of(parts)
        return DetectionRequest(t, mosaic.cut(self._pictures.to_rgb(frame)), mosaic)

    def conclude(self, glance: DetectionRequest, found: Detections | None) -> Tracks:
        """Who is known to be in the frame. found: what was seen in `glance.image`, in its pixels; None without one."""
        seen = [] if glance.mosaic is None or found is None else glance.mosaic.split(found)
        if self._attention is None or self._learned is None:
            return self._tracker.update(glance.t, self._view.to_frame(seen[0]))
        detections = self._attention.conclude(glance.mosaic.parts if glance.mosaic else (), seen)
        tracks = self._tracker.update(glance.t, detections)
        self._attention.recognise(glance.t, detections, tracks)
        self._learned.learn(glance.t, tracks)
        return tracks
