"""JSON of cameras: the list, and one camera with its gates and zones."""

from pydantic import Field

from portal.live.schemas import CameraState, ZoneState
from portal.schemas import ApiModel


class GateShape(ApiModel):
    """A gate, drawn as a line from p1 to p2 in pixels."""

    id: str
    p1: tuple[float, float]
    p2: tuple[float, float]


class ZoneDetail(ZoneState):
    """Current level of a zone, with its outline."""

    polygon: tuple[tuple[float, float], ...] = Field(description="Pixels; empty for the whole frame.")


class CameraDetail(CameraState):
    """Current state of a camera, with the geometry that is drawn on its frame."""

    zones: tuple[ZoneDetail, ...]
    gates: tuple[GateShape, ...]
    image_size: tuple[int, int] | None = Field(description="Width and height of the frame that all pixels refer to.")


class Cameras(ApiModel):
    """All cameras that the user may see."""

    cameras: list[CameraState]
