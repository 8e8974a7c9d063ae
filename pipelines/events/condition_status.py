"""Status of a camera in each condition; the gravest condition is first."""

from pipelines.events.condition import Condition
from pipelines.events.schema import CameraStatus

STATUS_OF: dict[Condition, CameraStatus] = {
    Condition.WORKER_STOPPED: CameraStatus.OFFLINE,
    Condition.MALFORMED_ADDRESS: CameraStatus.OFFLINE,
    Condition.SILENT: CameraStatus.OFFLINE,
    Condition.UNREACHABLE: CameraStatus.OFFLINE,
    Condition.UNKNOWN_HOST: CameraStatus.OFFLINE,
    Condition.NO_UDP_PACKETS: CameraStatus.OFFLINE,
    Condition.CONNECTION_REFUSED: CameraStatus.OFFLINE,
    Condition.STREAM_REFUSED: CameraStatus.OFFLINE,
    Condition.CREDENTIALS_REFUSED: CameraStatus.OFFLINE,
    Condition.STREAM_NOT_FOUND: CameraStatus.OFFLINE,
    Condition.FILE_NOT_FOUND: CameraStatus.OFFLINE,
    Condition.STREAM_ENDED: CameraStatus.OFFLINE,
    Condition.STREAM_LOST: CameraStatus.OFFLINE,
    Condition.UNREADABLE_STREAM: CameraStatus.OFFLINE,
    Condition.NO_VIDEO: CameraStatus.OFFLINE,
    Condition.NO_FRAMES: CameraStatus.OFFLINE,
    Condition.UNKNOWN_CODEC: CameraStatus.OFFLINE,
    Condition.UNSUPPORTED_CODEC: CameraStatus.OFFLINE,
    Condition.UNDECODABLE_VIDEO: CameraStatus.OFFLINE,
    Condition.INTERNAL_ERROR: CameraStatus.OFFLINE,
    Condition.CONNECTING: CameraStatus.CONNECTING,
    Condition.GEOMETRY_OUTSIDE_FRAME: CameraStatus.OFFLINE,
    Condition.GEOMETRY_MISMATCH: CameraStatus.OFFLINE,
    Condition.ANALYSIS_FAILED: CameraStatus.OFFLINE,
    Condition.COVERED: CameraStatus.UNUSABLE,
    Condition.BLURRED: CameraStatus.UNUSABLE,
    Condition.MOVED: CameraStatus.UNUSABLE,
    Condition.UNRECOGNISED: CameraStatus.UNUSABLE,
    Condition.DARK: CameraStatus.UNUSABLE,
    Condition.WASHED_OUT: CameraStatus.UNUSABLE,
    Condition.FROZEN: CameraStatus.FROZEN,
    Condition.LIVE_VIDEO_FAILED: CameraStatus.DEGRADED,
    Condition.SUB_STREAM_FAILED: CameraStatus.DEGRADED,
    Condition.DISK_FULL: CameraStatus.DEGRADED,
    Condition.LOW_FRAME_RATE: CameraStatus.DEGRADED,
    Condition.BEHIND: CameraStatus.DEGRADED,
    Condition.OVERLOADED: CameraStatus.ONLINE,
    Condition.FACT_DROPPED: CameraStatus.ONLINE,
    Condition.GATE_AT_EDGE: CameraStatus.ONLINE,
    Condition.GATE_TOO_SHORT: CameraStatus.ONLINE,
    Condition.GATE_OUT_OF_REACH: CameraStatus.ONLINE,
    Condition.UNPLAYABLE_CODEC: CameraStatus.ONLINE,
    Condition.RARE_KEYFRAMES: CameraStatus.ONLINE,
    Condition.OK: CameraStatus.ONLINE,
}
"""Condition -> status, in order of priority: a camera in several conditions reports the first of them."""

OVERLOADS = (Condition.BEHIND, Condition.OVERLOADED)
"""Conditions in which the machine has too little time for the camera."""
