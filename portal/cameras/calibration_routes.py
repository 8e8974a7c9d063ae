"""For operators: try out control points for a camera before they are kept."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field

from analytics.camera import Position
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.calibration import INLIER_M, INLIER_PX
from pipelines.config.control_points import ControlPointEntry, calibrate_places
from pipelines.errors import UserError
from portal.auth.permissions import Operator, get_visible_camera
from portal.dependencies import ServicesDep
from portal.schemas import ApiModel, Problem

MOST_POINTS = 50

router = APIRouter(
    prefix="/api/calibrate", tags=["calibration"], responses={code: {"model": Problem} for code in (401, 403, 404)}
)

Pixels = Annotated[int, Field(ge=1, le=20_000)]


class CalibrationRequest(BaseModel):
    """Points are a pixel with `ground` (metres, x to the right of y from above), or with `lat` and `lon`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    image_size: tuple[Pixels, Pixels] = Field(description="Width and height of the frame of the pixels.")
    points: tuple[ControlPointEntry, ...] = Field(min_length=4, max_length=MOST_POINTS)
    camera: str | None = Field(default=None, description="Metres count from its position, where that is known.")
    anchor: Position | None = Field(
        default=None, description="Where (0, 0) metres lies, else the camera or first point."
    )
    within_px: float = Field(default=INLIER_PX, gt=0, description="A point fits within this many pixels,")
    within_m: float = Field(default=INLIER_M, gt=0, description="or within this many metres.")


class CalibratedPoint(ApiModel):
    pixel: Pixel
    ground: GroundPoint
    error_m: float | None = Field(description="Null beyond the horizon.")
    error_px: float | None
    fits: bool = Field(description="Points that contradict the others are left out.")


class CalibrationAnswer(ApiModel):
    points: tuple[CalibratedPoint, ...]
    rms_m: float = Field(description="Over the points that fit.")
    rms_px: float
    is_checked: bool = Field(description="False for four points: they are always met exactly.")
    anchor: Position | None
    pixel_to_ground: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


@router.post("")
def calibrate(asked: CalibrationRequest, services: ServicesDep, operator: Operator) -> CalibrationAnswer:
    """The homography of control points and the error at each. Nothing is kept; 422 says why points cannot be used."""
    anchor = asked.anchor
    if anchor is None and asked.camera is not None:
        anchor = get_visible_camera(services, operator, asked.camera).position
    try:
        found = calibrate_places(
            asked.points,
            image_size=asked.image_size,
            anchor=anchor,
            within_px=asked.within_px,
            within_m=asked.within_m,
        )
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{error}.") from error
    return CalibrationAnswer.model_validate(found.as_json())
