"""Condition of a camera: a code and its details as data. The text is made where it is shown.

English text is in `pipelines.events.condition_text`, the text of the pages in `portal/web/src/explanations.ts`. See
docs/adr/0040-condition-of-a-camera.md.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from pipelines.addresses.mask import without_credentials


class Condition(StrEnum):
    """Code of what an operator should know about a camera. `pipelines.events.condition_status` orders them."""

    WORKER_STOPPED = "worker_stopped"
    MALFORMED_ADDRESS = "malformed_address"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    UNKNOWN_HOST = "unknown_host"
    NO_UDP_PACKETS = "no_udp_packets"
    CONNECTION_REFUSED = "connection_refused"
    STREAM_REFUSED = "stream_refused"
    CREDENTIALS_REFUSED = "credentials_refused"
    STREAM_NOT_FOUND = "stream_not_found"
    FILE_NOT_FOUND = "file_not_found"
    STREAM_ENDED = "stream_ended"
    STREAM_LOST = "stream_lost"
    UNREADABLE_STREAM = "unreadable_stream"
    NO_VIDEO = "no_video"
    NO_FRAMES = "no_frames"
    UNKNOWN_CODEC = "unknown_codec"
    UNSUPPORTED_CODEC = "unsupported_codec"
    UNDECODABLE_VIDEO = "undecodable_video"
    UNSUPPORTED_ROTATION = "unsupported_rotation"
    UNSUPPORTED_PIXELS = "unsupported_pixels"
    SEPARATE_FIELDS = "separate_fields"
    INTERNAL_ERROR = "internal_error"
    CONNECTING = "connecting"
    GEOMETRY_OUTSIDE_FRAME = "geometry_outside_frame"
    GEOMETRY_ASPECT = "geometry_aspect"
    GEOMETRY_MISMATCH = "geometry_mismatch"
    ANALYSIS_FAILED = "analysis_failed"
    COVERED = "covered"
    BLURRED = "blurred"
    MOVED = "moved"
    UNRECOGNISED = "unrecognised"
    DARK = "dark"
    WASHED_OUT = "washed_out"
    FROZEN = "frozen"
    LIVE_VIDEO_FAILED = "live_video_failed"
    SUB_STREAM_FAILED = "sub_stream_failed"
    DISK_FULL = "disk_full"
    LOW_FRAME_RATE = "low_frame_rate"
    CLOCK_UNUSABLE = "clock_unusable"
    BEHIND = "behind"
    CLOCK_OFF = "clock_off"
    OVERLOADED = "overloaded"
    FACT_DROPPED = "fact_dropped"
    GATE_AT_EDGE = "gate_at_edge"
    GATE_TOO_SHORT = "gate_too_short"
    GATE_OUT_OF_REACH = "gate_out_of_reach"
    UNPLAYABLE_CODEC = "unplayable_codec"
    RARE_KEYFRAMES = "rare_keyframes"
    STILLS_ONLY = "stills_only"
    OK = "ok"


def known_condition(code: str | None) -> Condition | None:
    """Return the condition of a code; None for a code of a newer version, so that its event is still accepted."""
    return Condition(code) if code in list(Condition) else None


KnownCondition = Annotated[Condition | None, BeforeValidator(known_condition)]
"""Condition; None for a code that this version does not know."""


def _detail(description: str, unit: str = "") -> Any:
    """Return a field that is left out of the JSON where it is None."""
    return Field(
        default=None,
        description=description,
        exclude_if=lambda value: value is None,
        json_schema_extra={"unit": unit} if unit else None,
    )


_Text = Annotated[str, AfterValidator(without_credentials)]


class ConditionDetails(BaseModel):
    """Figures and names that belong to a condition. Those that do not apply are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    address: _Text | None = _detail("Address of the stream, without user, password and query.")
    error: _Text | None = _detail("Text of a library or of the operating system, in its language.")
    cause: KnownCondition = _detail("Condition of the stream that failed; the other details belong to it.")
    codec: str | None = _detail("Video codec as FFmpeg names it.")
    waited_s: float | None = _detail("Time without a result.", "s")
    keyframe_s: float | None = _detail("Time between two keyframes, or since the last one.", "s")
    received_fps: float | None = _detail("Frames that the camera sends.", "frames/s")
    clock_rate_share: float | None = _detail("Speed of the stream's clock over the right speed.", "s/s")
    shape: Literal["gate", "zone"] | None = _detail("Kind of the shape that does not fit the frame.")
    shape_id: str | None = _detail("Id of that shape in the camera's geometry.")
    pixel: tuple[float, float] | None = _detail("Point (u, v) of that shape.", "px")
    image_size: tuple[int, int] | None = _detail("Width and height of the frame.", "px")
    drawn_size: tuple[int, int] | None = _detail("Width and height of the frame that the geometry was drawn on.", "px")
    pixel_aspect: tuple[int, int] | None = _detail("Width and height of a pixel, as a ratio.")
    hidden_share: float | None = _detail("Hidden part of the view, 0..1.")
    fine_detail_share: float | None = _detail("Fine detail of the image over its usual fine detail, 0..1.")
    shift_share: float | None = _detail("Shift of the view over the longer side of the frame, 0..1.")
    rotation_deg: float | None = _detail("Rotation of the view, or of the video by its metadata.", "degrees")


@dataclass(frozen=True, slots=True)
class CameraCondition:
    """A condition and its details."""

    code: Condition
    details: ConditionDetails = field(default_factory=ConditionDetails)

    @classmethod
    def of(cls, code: Condition, **details: Any) -> Self:
        """Return a condition. details: fields of `ConditionDetails`. Raises pydantic.ValidationError for other values.

        >>> CameraCondition.of(Condition.UNREACHABLE, address="rtsp://u:pw@10.0.0.7/live").details.address
        'rtsp://***@10.0.0.7/live'
        """
        return cls(code, ConditionDetails(**details))

    def as_cause_of(self, code: Condition) -> Self:
        """Return condition `code` with this one as its cause."""
        return type(self)(code, self.details.model_copy(update={"cause": self.code}))
