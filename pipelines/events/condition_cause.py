"""Cause of the gap that each condition of a camera leaves in its counts."""

from analytics.uptime.minute_gap import GapCause
from pipelines.events.condition import Condition

CAUSE_OF: dict[Condition, GapCause | None] = {
    Condition.WORKER_STOPPED: GapCause.WORKER,
    Condition.MALFORMED_ADDRESS: GapCause.WORKER,
    Condition.SILENT: GapCause.LINK,
    Condition.UNREACHABLE: GapCause.LINK,
    Condition.UNKNOWN_HOST: GapCause.LINK,
    Condition.NO_UDP_PACKETS: GapCause.LINK,
    Condition.CONNECTION_REFUSED: GapCause.CAMERA,
    Condition.STREAM_REFUSED: GapCause.CAMERA,
    Condition.CREDENTIALS_REFUSED: GapCause.CAMERA,
    Condition.STREAM_NOT_FOUND: GapCause.CAMERA,
    Condition.FILE_NOT_FOUND: GapCause.CAMERA,
    Condition.STREAM_ENDED: GapCause.CAMERA,
    Condition.STREAM_LOST: GapCause.LINK,
    Condition.UNREADABLE_STREAM: GapCause.CAMERA,
    Condition.NO_VIDEO: GapCause.CAMERA,
    Condition.NO_FRAMES: GapCause.CAMERA,
    Condition.UNKNOWN_CODEC: GapCause.CAMERA,
    Condition.UNSUPPORTED_CODEC: GapCause.CAMERA,
    Condition.UNDECODABLE_VIDEO: GapCause.CAMERA,
    Condition.UNSUPPORTED_ROTATION: GapCause.CAMERA,
    Condition.UNSUPPORTED_PIXELS: GapCause.CAMERA,
    Condition.SEPARATE_FIELDS: GapCause.CAMERA,
    Condition.INTERNAL_ERROR: GapCause.WORKER,
    Condition.CONNECTING: GapCause.WORKER,  # of the first connection only: the worker has just started
    Condition.GEOMETRY_OUTSIDE_FRAME: GapCause.WORKER,
    Condition.GEOMETRY_ASPECT: GapCause.WORKER,
    Condition.GEOMETRY_MISMATCH: GapCause.WORKER,
    Condition.ANALYSIS_FAILED: GapCause.WORKER,
    Condition.COVERED: GapCause.VIEW,
    Condition.BLURRED: GapCause.VIEW,
    Condition.MOVED: GapCause.VIEW,
    Condition.UNRECOGNISED: GapCause.VIEW,
    Condition.DARK: GapCause.VIEW,
    Condition.WASHED_OUT: GapCause.VIEW,
    Condition.FROZEN: GapCause.CAMERA,
    Condition.LIVE_VIDEO_FAILED: None,
    Condition.SUB_STREAM_FAILED: None,
    Condition.DISK_FULL: None,
    Condition.LOW_FRAME_RATE: GapCause.CAMERA,
    Condition.CLOCK_UNUSABLE: None,
    Condition.BEHIND: GapCause.OVERLOAD,
    Condition.CLOCK_OFF: None,
    Condition.OVERLOADED: GapCause.OVERLOAD,
    Condition.FACT_DROPPED: GapCause.WORKER,
    Condition.GATE_AT_EDGE: None,
    Condition.GATE_TOO_SHORT: None,
    Condition.GATE_OUT_OF_REACH: None,
    Condition.UNPLAYABLE_CODEC: None,
    Condition.RARE_KEYFRAMES: None,
    Condition.STILLS_ONLY: None,
    Condition.OK: None,
}
"""Condition -> cause; None for a condition in which frames are analysed as usual."""

VANISHED = frozenset(
    {
        Condition.SILENT,
        Condition.UNREACHABLE,
        Condition.UNKNOWN_HOST,
        Condition.CONNECTION_REFUSED,
        Condition.STREAM_REFUSED,
        Condition.STREAM_ENDED,
        Condition.STREAM_LOST,
        Condition.UNREADABLE_STREAM,
    }
)
"""Conditions in which a stream is gone, as it is without power at its site."""
