"""Roles of compressed frames, read from the headers of their NAL units without decoding."""

from enum import Enum, auto

_START_CODE = b"\x00\x00\x01"
"""Prefix of each NAL unit in a byte stream. [ITU-T H.264, Annex B]"""

_MAX_PREFIX = 4096
"""Bytes searched for the next NAL unit; parameter sets and SEI messages before a slice are shorter. [assumption]"""


class FrameRole(Enum):
    """What the decoder needs a packet for.

    HEADERS: parameter sets without a frame. RANDOM_ACCESS: later frames need nothing before it but headers.
    NEEDED: later frames may depend on it. DISPOSABLE: no other frame depends on it.
    """

    HEADERS = auto()
    RANDOM_ACCESS = auto()
    NEEDED = auto()
    DISPOSABLE = auto()


def classify_access_unit(codec: str, data: bytes) -> FrameRole:
    """Return the role of one frame's packet; NEEDED for what is not understood, so that nothing is dropped by mistake.

    codec: name as in FFmpeg. data: byte stream with start codes (ITU-T H.264 Annex B, also used by H.265).
    """
    role_of = {"h264": _role_in_h264, "hevc": _role_in_h265}.get(codec)
    if role_of is None:
        return FrameRole.RANDOM_ACCESS if codec == "mjpeg" else FrameRole.NEEDED
    without_slice = FrameRole.NEEDED
    at = data.find(_START_CODE, 0, _MAX_PREFIX)
    while 0 <= at < len(data) - 3:
        role = role_of(data[at + 3])
        if role is not None:
            return role
        without_slice = FrameRole.HEADERS
        at = data.find(_START_CODE, at + 3, at + _MAX_PREFIX)
    return without_slice


def renews_in_parts(codec: str, data: bytes) -> bool:
    """Return whether a packet that FFmpeg marks as a keyframe renews only a part of the frame (intra-refresh).

    FFmpeg marks recovery points too, at which browsers show nothing. False for what is not a byte stream.
    codec, data: as for `classify_access_unit`.
    """
    if codec not in _PARAMETER_SETS or not data.startswith((_START_CODE, b"\0" + _START_CODE)):
        return False
    return classify_access_unit(codec, data) in (FrameRole.NEEDED, FrameRole.DISPOSABLE)


_PARAMETER_SETS = {"h264": ((31, 0), (7, 8)), "hevc": ((63, 1), (33, 32, 34))}
"""Codec -> mask and shift of the type in the first byte of a unit, and the types of parameter sets, that of sequences
first. [ITU-T H.264, table 7-1; H.265, table 7-1]"""


def parameter_sets(codec: str, data: bytes) -> tuple[bytes, bytes]:
    """Return the parameter sets of sequences in a keyframe's packet, and all parameter sets, with start codes.

    Both are empty without any. codec, data: as for `classify_access_unit`.
    """
    if codec not in _PARAMETER_SETS:
        return b"", b""
    (mask, shift), (sequence, *others) = _PARAMETER_SETS[codec]
    of_sequence: list[bytes] = []
    found: list[bytes] = []
    at = data.find(_START_CODE, 0, _MAX_PREFIX)
    while 0 <= at < len(data) - 3:
        following = data.find(_START_CODE, at + 3, at + _MAX_PREFIX)
        unit = data[at : following if following >= 0 else None].rstrip(b"\0")
        kind = data[at + 3] >> shift & mask
        if kind == sequence:
            of_sequence.append(unit)
        if kind == sequence or kind in others:
            found.append(unit)
        at = following
    return b"".join(of_sequence), b"".join(found)


def _role_in_h264(header: int) -> FrameRole | None:
    """Return the role of a slice by its first byte; None for other units. [ITU-T H.264, 7.3.1 and table 7-1]"""
    nal_ref_idc, nal_unit_type = header >> 5 & 3, header & 31
    if nal_unit_type == 5:
        return FrameRole.RANDOM_ACCESS
    if nal_unit_type in (1, 2):
        return FrameRole.NEEDED if nal_ref_idc else FrameRole.DISPOSABLE
    return None


def _role_in_h265(header: int) -> FrameRole | None:
    """Return the role of a slice by its first byte; None for other units. [ITU-T H.265, 7.3.1.2 and table 7-1]

    None is disposable: a frame that its own temporal layer does not refer to may be needed by a higher layer.
    """
    nal_unit_type = header >> 1 & 63
    if nal_unit_type in (16, 17, 18, 19, 20):
        return FrameRole.RANDOM_ACCESS
    return FrameRole.NEEDED if nal_unit_type < 32 else None
