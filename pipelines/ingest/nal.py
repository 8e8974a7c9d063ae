"""Roles of compressed frames, read from the headers of their NAL units without decoding."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

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

_MESSAGES = {"h264": (6, 1), "hevc": (39, 2)}
"""Codec -> type of a unit of SEI messages before a slice, and bytes of its header. [ITU-T H.264, 7.3.1; H.265, 7.3.1]
"""

_DISPLAY_ORIENTATION = 47
"""Type of the message that turns or mirrors the frames. [ITU-T H.264, D.1.1; H.265, D.2.1]"""


class HeaderUnits(NamedTuple):
    """Units of a keyframe's packet, with start codes, that state how the frames are coded and displayed; b"" for none.

    sequence: parameter sets of sequences. parameters: all parameter sets. orientation: messages that turn or mirror.
    """

    sequence: bytes = b""
    parameters: bytes = b""
    orientation: bytes = b""


def header_units(codec: str, data: bytes) -> HeaderUnits:
    """Return the header units of a keyframe's packet. codec, data: as for `classify_access_unit`."""
    if codec not in _PARAMETER_SETS:
        return HeaderUnits()
    (mask, shift), (sequence, *others) = _PARAMETER_SETS[codec]
    message_type, header_bytes = _MESSAGES[codec]
    of_sequence: list[bytes] = []
    parameters: list[bytes] = []
    orientation: list[bytes] = []
    for unit in _units(data):
        kind = unit[3] >> shift & mask
        if kind == sequence:
            of_sequence.append(unit)
        if kind == sequence or kind in others:
            parameters.append(unit)
        if kind == message_type and _DISPLAY_ORIENTATION in _message_types(unit[3 + header_bytes :]):
            orientation.append(unit)
    return HeaderUnits(b"".join(of_sequence), b"".join(parameters), b"".join(orientation))


def _units(data: bytes) -> Iterator[bytes]:
    """Yield the units of a byte stream that begin close behind one another, with start codes."""
    at = data.find(_START_CODE, 0, _MAX_PREFIX)
    while 0 <= at < len(data) - 3:
        following = data.find(_START_CODE, at + 3, at + _MAX_PREFIX)
        yield data[at : following if following >= 0 else None].rstrip(b"\0")
        at = following


def _message_types(payload: bytes) -> Iterator[int]:
    """Yield the types of the SEI messages in a unit without its header. [ITU-T H.264, 7.3.2.3.1]"""
    data = payload.replace(b"\0\0\3", b"\0\0")
    at = 0
    while at < len(data) - 1:
        numbers = [0, 0]  # type and size, in steps of 255
        for i in range(2):
            while at < len(data) and data[at] == 255:
                numbers[i] += 255
                at += 1
            numbers[i] += data[at] if at < len(data) else 0
            at += 1
        yield numbers[0]
        at += numbers[1]


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
