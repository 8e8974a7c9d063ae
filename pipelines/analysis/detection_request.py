"""Detection request: the state of one frame from the plan of its detection to the completion of its analysis."""

from dataclasses import dataclass, field

from models.detection.detector import RgbImage
from models.gating.roi import RegionOfInterest
from models.packing.crop_collage import CropCollage
from pipelines.ingest.frame_buffer import TimedFrame


class RequestOrderError(RuntimeError):
    """A request was planned or completed out of order, or by another camera's perception."""


@dataclass(frozen=True, slots=True, eq=False)
class DetectionRequest:
    """What the detector must process of one frame, and how its result maps back to that frame.

    image: RGB, (H, W, 3); None where the motion gate needs no detection. collage: the regions of the ROI that `image`
    shows; None without an image. roi: the region and scale of the input at the time of the plan. issuer, number: the
    `CameraPerception` that planned it, and its place among the requests of that, counted from 1.
    """

    frame: TimedFrame
    image: RgbImage | None = field(repr=False)
    collage: CropCollage | None
    roi: RegionOfInterest
    issuer: object = field(repr=False)
    number: int
