"""Compressed frames of a clip, and their RTP payloads (RFC 6184 for H.264, RFC 7798 for H.265, RFC 2435 for JPEG)."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

from tests.support.rtp_jpeg import jpeg_payloads

MAX_PAYLOAD_BYTES = 1200
"""Largest RTP payload in bytes; with all headers it fits an Ethernet frame. [assumption]"""

FRAGMENT_H264, FRAGMENT_H265 = 28, 49
"""Types of a fragment. [source: RFC 6184, 5.8; RFC 7798, 4.4.3]"""

SPS_H264, PPS_H264 = 7, 8
"""Types of the parameter sets of H.264. [source: ITU-T H.264, table 7-1]"""


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A compressed frame. at: its time in the clip (s). units: its NAL units without start codes, or its JPEG file."""

    at: float
    units: list[bytes]
    is_keyframe: bool


@dataclass(frozen=True, slots=True)
class CodedClip:
    """Frames of a clip in decoding order. encoding: name of the codec in SDP. span_s: time (s) to the end."""

    encoding: str
    frames: list[CodedFrame]
    span_s: float


def read_clip(path: Path) -> CodedClip:
    """Return the frames of an H.264 or H.265 clip, with the parameter sets before each keyframe, or of Motion JPEG."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name == "mjpeg":
            packets = [packet for packet in container.demux(stream) if packet.size]
            pictures = [CodedFrame(float(each.pts * each.time_base), [bytes(each)], True) for each in packets]
            return CodedClip("JPEG", pictures, pictures[-1].at + pictures[1].at - pictures[0].at)
        codec = {"h264": "h264", "hevc": "hevc"}[stream.codec_context.name]
        annex_b = BitStreamFilterContext(f"{codec}_mp4toannexb", stream)
        packets = [done for packet in container.demux(stream) if packet.size for done in annex_b.filter(packet)]
    frames = [
        CodedFrame(float(packet.pts * packet.time_base), nal_units(bytes(packet)), packet.is_keyframe)
        for packet in packets
    ]
    step_s = frames[1].at - frames[0].at
    return CodedClip({"h264": "H264", "hevc": "H265"}[codec], frames, max(frame.at for frame in frames) + step_s)


def nal_units(data: bytes) -> list[bytes]:
    """Return the NAL units of a byte stream.

    >>> nal_units(b"\\0\\0\\0\\1ab\\0\\0\\1c")
    [b'ab', b'c']
    """
    return [unit for unit in re.split(rb"\x00\x00\x00?\x01", data) if unit]


def parameter_sets(clip: CodedClip) -> str:
    """Return the format parameters of an H.264 clip in SDP: its parameter sets in Base64 (RFC 6184, 8.2.1)."""
    first = {unit[0] & 31: unit for unit in reversed(clip.frames[0].units)}
    sets = ",".join(base64.b64encode(first[kind]).decode() for kind in (SPS_H264, PPS_H264))
    return f"packetization-mode=1;profile-level-id={first[SPS_H264][1:4].hex()};sprop-parameter-sets={sets}"


def payloads_of(encoding: str, unit: bytes) -> list[bytes]:
    """Return the RTP payloads of one NAL unit: the unit itself, or fragments of it.

    >>> [len(payload) for payload in payloads_of("H264", bytes(3000))]
    [1200, 1200, 605]
    """
    if encoding == "JPEG":
        return jpeg_payloads(unit)
    if len(unit) <= MAX_PAYLOAD_BYTES:
        return [unit]
    if encoding == "H264":
        head, kind = bytes([unit[0] & 0xE0 | FRAGMENT_H264]), unit[0] & 31
    else:
        head, kind = bytes([unit[0] & 0x81 | FRAGMENT_H265 << 1, unit[1]]), unit[0] >> 1 & 63
    size = MAX_PAYLOAD_BYTES - len(head) - 1
    starts = range(len(head), len(unit), size)
    return [
        head + bytes([kind | 0x80 * (start == starts[0]) | 0x40 * (start == starts[-1])]) + unit[start : start + size]
        for start in starts
    ]
