"""Fragmented MP4 in memory: packets of one video stream in, header and fragments out (ISO/IEC 14496-12)."""

from contextlib import suppress
from fractions import Fraction
from typing import cast

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from pipelines.ingest.source import CodedPicture

CODEC_TAGS = {"h264": "avc1", "hevc": "hvc1"}
"""FFmpeg's name of a codec -> sample entry of MP4. [source: RFC 6381, Apple HLS authoring specification]"""

MOVFLAGS = "frag_keyframe+dash+delay_moov+skip_sidx+skip_trailer"
"""A fragment ends before each keyframe. The header is written with the first fragment, when all of it is known.
[source: libavformat/movenc.c]"""

BUFFER_BYTES = 1 << 18
"""Bytes per call from FFmpeg into Python, which costs all other threads time. [assumption]"""

_HEADER_BOXES = (b"ftyp", b"moov")
"""Types of the boxes that form the header. [ISO/IEC 14496-12, 4.3 and 8.2.1]"""


class InvalidBox(ValueError):
    """Data that is no sequence of complete boxes."""


def split_header(data: bytes) -> tuple[bytes, bytes]:
    """Return the header boxes at the start of the data, and the rest.

    Raises InvalidBox where a box before the rest is incomplete.

    >>> split_header(bytes.fromhex("00000008") + b"ftyp" + bytes.fromhex("00000008") + b"moof")
    (b'\\x00\\x00\\x00\\x08ftyp', b'\\x00\\x00\\x00\\x08moof')
    """
    at = 0
    while at < len(data):
        size, kind = _box_at(data, at)
        if kind not in _HEADER_BOXES:
            break
        at += size
    return data[:at], data[at:]


def _box_at(data: bytes, at: int) -> tuple[int, bytes]:
    """Return size in bytes and type of the box at a position. [ISO/IEC 14496-12, 4.2]"""
    size, kind, smallest = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
    if size == 1:
        size, smallest = int.from_bytes(data[at + 8 : at + 16], "big"), 16
    elif size == 0:
        size = len(data) - at
    if not smallest <= size <= len(data) - at:
        raise InvalidBox(f"box {kind!r} of {size} bytes at {at} in {len(data)} bytes")
    return size, kind


class ByteSink:
    """File without a position, as `av.open` writes to it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Append data; return its length, as a file does."""
        self._parts.append(bytes(data))
        return len(data)

    def pop(self) -> bytes:
        """Return the data since the previous call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class FragmentedMp4:
    """Muxer of one video stream, whose output is collected in memory. Not thread-safe.

    template: the stream of the packets. coded: what its keyframe states, so that players display what is analysed.
    fragment_s: length (s) after which a fragment ends without a keyframe. extradata: parameter sets where they are not
    those of `template`. Raises FFmpegError.
    header: "ftyp" and "moov", empty until the first fragment.
    """

    def __init__(
        self, template: VideoStream, coded: CodedPicture, *, fragment_s: float, extradata: bytes = b""
    ) -> None:
        self.header = b""
        self._sink = ByteSink()
        options = {"movflags": MOVFLAGS, "frag_duration": str(round(fragment_s * av.time_base))}
        self._output: OutputContainer = av.open(
            self._sink, "w", format="mp4", options=options, buffer_size=BUFFER_BYTES
        )
        self._stream = self._output.add_stream_from_template(template)
        codec = self._stream.codec_context
        codec.codec_tag = CODEC_TAGS[template.codec_context.name]
        codec.width, codec.height = coded.size
        if coded.pixel_aspect is not None and template.sample_aspect_ratio is None:
            codec.sample_aspect_ratio = coded.pixel_aspect
        if coded.matrix is not None:
            self._stream.set_display_matrix(list(coded.matrix))
        if extradata:
            codec.extradata = extradata
            codec.sample_aspect_ratio = coded.pixel_aspect or Fraction(1)

    def mux(self, packet: "Packet[VideoStream]") -> None:
        """Add a packet with `pts` and `dts`; its `stream` is changed."""
        packet.stream = self._stream
        self._output.mux_one(packet)

    def pop_fragments(self) -> bytes:
        """Return the fragments that were completed since the previous call."""
        data = self._sink.pop()
        if not self.header:
            header, data = split_header(data)
            # Safari alone follows the clean aperture of a recording: all viewers see what is analysed.
            self.header = header.replace(b"clap", b"free")
        return data

    def close(self) -> None:
        """Complete the last fragment; an error of the muxer is ignored, since nothing can be added afterwards."""
        with suppress(FFmpegError):
            self._output.close()


def copy_packet(packet: "Packet[VideoStream]") -> "Packet[VideoStream]":
    """Return a packet with the same data, without copying it, whose times may be changed."""
    copy = cast("Packet[VideoStream]", Packet(cast(bytes, packet)))
    copy.stream, copy.time_base = packet.stream, packet.time_base
    copy.is_keyframe, copy.duration = packet.is_keyframe, packet.duration
    return copy
