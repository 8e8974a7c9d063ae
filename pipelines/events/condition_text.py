"""English text of a condition, for logs, the command line and the `reason` of an event."""

from typing import Any

from pipelines.addresses.address import no_address
from pipelines.events.condition import CameraCondition, Condition, ConditionDetails

OVERLOAD_REMEDY = "watch fewer cameras on this machine, give them sub-streams (analysis_url), or add a second machine"
"""What an operator can do about a machine that is overloaded."""

TEXTS: dict[Condition, str] = {
    Condition.WORKER_STOPPED: "the worker was stopped",
    Condition.MALFORMED_ADDRESS: no_address(),
    Condition.SILENT: "sends nothing; check the camera's power and network",
    Condition.UNREACHABLE: "{error}; check the camera's url and network",
    Condition.UNKNOWN_HOST: (
        "its host name is unknown; check the name in the camera's url, and the name server (DNS) of this machine"
    ),
    Condition.NO_UDP_PACKETS: (
        "sends over UDP only, and no packet arrives; let UDP from the camera through the firewall, or switch the "
        "camera to RTSP over TCP"
    ),
    Condition.CONNECTION_REFUSED: "connection refused; check address and port, and that the camera's RTSP is on",
    Condition.CREDENTIALS_REFUSED: (
        "refuses these credentials; check user and password in the camera's url, and that the camera "
        "permits sign-in by Digest with MD5, or by Basic"
    ),
    Condition.STREAM_REFUSED: (
        "answers with an error; it may serve no further viewer: close other viewers, or restart the camera"
    ),
    Condition.STREAM_NOT_FOUND: "no such stream there (404); check the path in the camera's url",
    Condition.FILE_NOT_FOUND: "no such file; check the path",
    Condition.STREAM_ENDED: "the stream ended",
    Condition.STREAM_LOST: "{error}; check the camera's url and network",
    Condition.UNREADABLE_STREAM: (
        "ends the connection, or sends no video that can be read; check the path in the camera's url, or restart the "
        "camera"
    ),
    Condition.NO_VIDEO: "carries no video; check the path of the stream",
    Condition.NO_FRAMES: "no frame could be decoded in {waited_s}; check the camera",
    Condition.UNKNOWN_CODEC: "its video codec is unknown; set the camera to H.264",
    Condition.UNSUPPORTED_CODEC: "sends {codec}; set the camera to H.264 (or H.265)",
    Condition.UNDECODABLE_VIDEO: "{codec} video that cannot be decoded; set it to H.264",
    Condition.UNSUPPORTED_ROTATION: (
        "the video is turned by {rotation_deg} degrees by its metadata; set the camera's rotation to 0, 90, 180 or 270"
    ),
    Condition.UNSUPPORTED_PIXELS: (
        "the video states pixels of {pixel_aspect} (width to height), which no player shows as meant; "
        "set the camera to square pixels"
    ),
    Condition.SEPARATE_FIELDS: (
        "interlaced {codec}, whose fields arrive as frames of half the height; set the camera to progressive video"
    ),
    Condition.INTERNAL_ERROR: "internal error: {error}; see the log of the worker",
    Condition.CONNECTING: "",
    Condition.GEOMETRY_OUTSIDE_FRAME: (
        "{shape} {shape_id}: point {pixel} is outside the {image_size} frame; correct the camera's geometry file"
    ),
    Condition.GEOMETRY_ASPECT: (
        "the geometry is drawn on a {drawn_size} frame, and the frames are {image_size} as a player shows them: "
        "another aspect; draw the geometry on such a frame, or set the stream to the aspect of the drawing"
    ),
    Condition.GEOMETRY_MISMATCH: "the camera's geometry does not fit its frames: {error}",
    Condition.ANALYSIS_FAILED: "the analysis failed and is retried: {error}; see the log of the worker",
    Condition.COVERED: "{hidden_share} of the view is hidden; clear what covers the lens",
    Condition.BLURRED: "the image has {fine_detail_share} of its usual fine detail; clean the lens or focus the camera",
    Condition.MOVED: (
        "the view has shifted by {shift_share} of its longer side and turned by {rotation_deg} degrees; "
        "aim the camera back, or draw gates and zones again"
    ),
    Condition.UNRECOGNISED: "nothing of the usual view is found; aim the camera back, or draw gates and zones again",
    Condition.DARK: "the image is dark; check the camera's night mode and the street lighting",
    Condition.WASHED_OUT: "the image is washed out; check exposure, and whether the sun or a lamp shines into the lens",
    Condition.FROZEN: "the image has not changed; restart the camera",
    Condition.LIVE_VIDEO_FAILED: "live video: {cause}",
    Condition.SUB_STREAM_FAILED: "sub-stream: {cause}; the main stream is analysed instead",
    Condition.DISK_FULL: "the disk is full; free space, or move data_dir to a larger disk",
    Condition.LOW_FRAME_RATE: (
        "sends {received_fps} frames a second, too few to count and to measure speeds; set the camera to 5 or more"
    ),
    Condition.CLOCK_UNUSABLE: (
        "the stream has no usable times, so times of arrival are used and speeds are less exact; "
        "restart the camera, and update its firmware"
    ),
    Condition.BEHIND: f"overloaded: analysed less than half as often as its traffic asks for; {OVERLOAD_REMEDY}",
    Condition.CLOCK_OFF: (
        "the stream's clock runs at {clock_rate_share} of the right speed, which is corrected; "
        "restart the camera, and update its firmware"
    ),
    Condition.OVERLOADED: f"overloaded: analysed less often than its traffic asks for; {OVERLOAD_REMEDY}",
    Condition.FACT_DROPPED: "a measure could not be reported, the others were: {error}; see the log of the worker",
    Condition.GATE_AT_EDGE: (
        "gate {shape_id} is so close to the edge of the picture that vehicles are not seen on both sides of it, and "
        "may not be counted; draw it further inside"
    ),
    Condition.GATE_TOO_SHORT: (
        "gate {shape_id} is shorter than a vehicle, and vehicles that pass beside it are not counted; draw it across "
        "the whole road"
    ),
    Condition.GATE_OUT_OF_REACH: (
        "gate {shape_id} lies at the horizon of the control points, where no vehicle is tracked; draw it nearer to the "
        "camera, or correct the control points"
    ),
    Condition.UNPLAYABLE_CODEC: "sends H.265, which many browsers cannot play; set it to H.264 for viewers",
    Condition.RARE_KEYFRAMES: (
        "sends a keyframe only every {keyframe_s}, so live video starts late; set the camera's keyframe (I-frame) "
        "interval to 2 s"
    ),
    Condition.STILLS_ONLY: ("sends {codec}, of which viewers get still pictures; set it to H.264 for live video"),
    Condition.OK: "",
}
"""Text of each condition. `{name}` is the detail of that name."""


def english(condition: CameraCondition) -> str:
    """Return what is wrong and what to do, in one line; "" where nothing is.

    >>> english(CameraCondition.of(Condition.COVERED, hidden_share=0.62))
    '62% of the view is hidden; clear what covers the lens'
    >>> gone = CameraCondition.of(Condition.SILENT, address="rtsp://10.0.0.7/sub")
    >>> english(gone.as_cause_of(Condition.LIVE_VIDEO_FAILED))
    "live video: rtsp://10.0.0.7/sub: sends nothing; check the camera's power and network"
    """
    details = condition.details
    text = TEXTS[condition.code].format(**_values(details))
    is_wrapped = details.cause is not None  # then the address is in the text of the cause
    return text if details.address is None or is_wrapped else f"{details.address}: {text}"


def _values(details: ConditionDetails) -> dict[str, str]:
    """Return each detail as text."""
    values = {name: _text(name, getattr(details, name)) for name in ConditionDetails.model_fields}
    if details.cause is not None:
        cause = CameraCondition(details.cause, details.model_copy(update={"cause": None}))
        values["cause"] = english(cause)
    return values


def _text(name: str, value: Any) -> str:
    """Return a detail as text, formatted by the unit in its name; "unknown" for None.

    >>> _text("hidden_share", 0.62), _text("waited_s", 5.0), _text("image_size", (320, 240)), _text("pixel", (500, 0))
    ('62%', '5 s', '320x240', '(500, 0)')
    >>> _text("pixel_aspect", (12, 11))
    '12:11'
    """
    match value:
        case None:
            text = "unknown"
        case (a, b):
            separator = {"image_size": "x", "drawn_size": "x", "pixel_aspect": ":"}.get(name)
            text = f"({a:g}, {b:g})" if separator is None else f"{a}{separator}{b}"
        case int() | float():
            digits = 1 if name in ("shift_share", "received_fps") else 0
            text = f"{value:.{digits}{'%' if name.endswith('_share') else 'f'}}"
            text += " s" if name.endswith("_s") else ""
        case _:
            text = str(value)
    return text
