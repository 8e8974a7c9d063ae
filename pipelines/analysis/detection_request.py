"""Detection request: the state of one frame from the plan of its detection to the completion of its analysis."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analytics.detections import Detections
from models.detection.detector import ImageParts, RgbImage
from models.gating.block_motion import Thumbnail
from models.gating.roi import RegionOfInterest
from models.packing.crop_collage import CropCollage
from pipelines.ingest.frame_buffer import TimedFrame


class RequestOrderError(RuntimeError):
    """A request was planned or completed out of order, or by another camera's perception."""


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRequest:
    """What the detector must process of one frame, and how its result maps back to that frame.

    thumbnail: mean brightness of the ROI's blocks, from which motion is measured. image: RGB, (H, W, 3); None where the
    motion gate needs no detection. collage: the regions of the ROI that `image` shows; None without an image. roi: the
    region and scale of the input at the time of the plan. issuer, number: the `CameraPerception` that planned it, and
    its place among the requests of that, counted from 1.
    """

    frame: TimedFrame
    thumbnail: Thumbnail = field(repr=False)
    image: RgbImage | None = field(repr=False)
    collage: CropCollage | None
    roi: RegionOfInterest
    issuer: object = field(repr=False)
    number: int

    @property
    def is_whole(self) -> bool:
        """Whether `image` shows the whole region of interest."""
        return self.collage is not None and self.collage.regions == ((0, 0, *self.roi.window[2:]),)

    @property
    def parts(self) -> ImageParts:
        """Rectangles of the regions in `image`."""
        return () if self.collage is None else self.collage.parts

    @property
    def frame_region(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) of the region of interest, in pixels of the frame."""
        left, top, width, height = self.roi.window
        per_u, per_v = (whole / scaled for whole, scaled in zip(self.roi.frame_size, self.roi.scaled_size, strict=True))
        return round(left * per_u), round(top * per_v), round((left + width) * per_u), round((top + height) * per_v)

    def by_region(self, detections: Detections) -> Sequence[Detections]:
        """Return the detections of each region of the collage, from pixels of `image` to pixels of the frame."""
        if self.collage is None:
            return ()
        in_frame = []
        for (left, top, _, _), found in zip(self.collage.regions, self.collage.split(detections), strict=True):
            boxes = found.xyxy + np.array([left, top, left, top], np.float32)
            in_frame.append(self.roi.to_frame(Detections(boxes, found.confidence, found.class_id)))
        return in_frame
