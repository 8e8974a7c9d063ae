"""What a compressed picture is needed for, read from the headers of its NAL units without decoding it."""

from enum import Enum, auto

_START_CODE = b"\x00\x00\x01"
_LONGEST_PREFIX = 4096
"""Parameter sets and SEI messages come before the first slice; they are no longer than this."""


class FrameRole(Enum):
    """RANDOM_ACCESS: nothing after it needs anything before it, but for HEADERS, which hold parameters and no picture.
    DISPOSABLE: no other picture needs it."""

    HEADERS = auto()
    RANDOM_ACCESS = auto()
    NEEDED = auto()
    DISPOSABLE = auto()


def classify_access_unit(codec: str, data: bytes) -> FrameRole:
    """data: one picture with start codes (ITU-T H.264 Annex B, also of H.265). What is not understood is NEEDED."""
    read = {"h264": _role_in_h264, "hevc": _role_in_h265}.get(codec)
    if read is None:
        return FrameRole.RANDOM_ACCESS if codec == "mjpeg" else FrameRole.NEEDED
    understood = FrameRole.NEEDED
    at = data.find(_START_CODE, 0, _LONGEST_PREFIX)
    while 0 <= at < len(data) - 3:
        role = read(data[at + 3])
        if role is not None:
            return role
        understood = FrameRole.HEADERS
        at = data.find(_START_CODE, at + 3, at + _LONGEST_PREFIX)
    return understood


def _role_in_h264(header: int) -> FrameRole | None:
    """H.264 7.3.1 and table 7-1; None where the unit is no slice."""
    importance, kind = header >> 5 & 3, header & 31
    if kind == 5:
        return FrameRole.RANDOM_ACCESS
    if kind in (1, 2):
        return FrameRole.NEEDED if importance else FrameRole.DISPOSABLE
    return None


def _role_in_h265(header: int) -> FrameRole | None:
    """H.265 7.3.1.2 and table 7-1. A picture of a lower temporal layer that its own layer can do without may be needed
    by a higher one, so none is called disposable."""
    kind = header >> 1 & 63
    if kind in (16, 17, 18, 19, 20):
        return FrameRole.RANDOM_ACCESS
    return FrameRole.NEEDED if kind < 32 else None
