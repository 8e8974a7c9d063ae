"""Trial calibration for operators: the homography of control points, and the error at each."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field

from analytics.camera import Position
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.calibration import INLIER_M, INLIER_PX
from pipelines.config.control_points import ControlPointEntry, calibrate_places
from pipelines.errors import UserError
from portal.auth.permissions import Operator, get_camera_in_scope
from portal.dependencies import ServicesDep
from portal.schemas import ApiModel, Problem

MAX_POINTS = 50
"""Most control points of a request; bounds the time of the fit. [assumption]"""

router = APIRouter(
    prefix="/api/calibrate", tags=["calibration"], responses={code: {"model": Problem} for code in (401, 403, 404)}
)

ImageLength = Annotated[int, Field(ge=1, le=20_000)]
"""Width or height of an image, pixels."""


class CalibrationRequest(BaseModel):
    """Control points. Each is a pixel with `ground` or with `lat` and `lon`.

    `ground` is in metres; seen from above, x points to the right of y.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    image_size: tuple[ImageLength, ImageLength] = Field(description="Width and height of the frame, pixels.")
    points: tuple[ControlPointEntry, ...] = Field(min_length=4, max_length=MAX_POINTS)
    camera: str | None = Field(
        default=None, description="Camera whose position is the origin of the metres, if it is known."
    )
    anchor: Position | None = Field(
        default=None, description="Position of the origin (0, 0); by default the camera, else the first point."
    )
    within_px: float = Field(
        default=INLIER_PX, gt=0, description="Largest error of a point that fits, pixels; or within_m."
    )
    within_m: float = Field(
        default=INLIER_M, gt=0, description="Largest error of a point that fits, metres; or within_px."
    )


class CalibratedPoint(ApiModel):
    """A control point with its error. Both errors are of the fitted homography."""

    pixel: Pixel
    ground: GroundPoint
    error_m: float | None = Field(description="Distance on the ground, m; null beyond the horizon.")
    error_px: float | None
    fits: bool = Field(description="False for a point that contradicts the others and is left out of the fit.")


class CalibrationAnswer(ApiModel):
    """The homography from pixels to the ground, and its errors."""

    points: tuple[CalibratedPoint, ...]
    rms_m: float = Field(description="Root mean square error over the points that fit, m.")
    rms_px: float
    is_checked: bool = Field(description="False for four points: a homography always meets four points exactly.")
    anchor: Position | None
    pixel_to_ground: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


@router.post("")
def calibrate(asked: CalibrationRequest, services: ServicesDep, operator: Operator) -> CalibrationAnswer:
    """Compute the homography of control points. Nothing is stored.

    422 states why the points cannot be used.
    """
    anchor = asked.anchor
    if anchor is None and asked.camera is not None:
        anchor = get_camera_in_scope(services, operator, asked.camera).position
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
