"""Clip of evidence: a camera's own packets in an MP4 file, not encoded again, with a hash of each group of pictures."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from io import BytesIO
from typing import Any, cast

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from pipelines.evidence.export_boxes import Export, export_boxes
from pipelines.evidence.keyring import utc_text
from pipelines.ingest.nal import header_units
from pipelines.ingest.source import CodedPicture, Source
from pipelines.live_video.fragmented_mp4 import CODEC_TAGS

CLIP_NAME = "clip.mp4"
"""Name of the clip in a package."""

START_CODE = b"\x00\x00\x01"
"""Prefix of each NAL unit in a byte stream. [ITU-T H.264, Annex B]"""


class ClipDiffers(ValueError):
    """The muxed file does not contain the NAL units of the camera."""


@dataclass(frozen=True, slots=True)
class ClipPacket:
    """Packet of a camera. dts, pts: in units of the stream's time base, rising. at: Unix seconds of capture."""

    data: bytes
    dts: int
    pts: int
    is_keyframe: bool
    at: float


class ClipFormat:
    """How packets of a connection are muxed; usable after its end.

    coded: what its keyframe states. Raises FFmpegError, and KeyError for a codec that is no H.264 or H.265.
    """

    def __init__(self, source: Source, coded: CodedPicture) -> None:
        self.codec = source.codec
        self.has_start_codes = source.has_start_codes
        self.time_base: Fraction = source.time_base
        self.coded = coded
        # A stream ends with its connection; this copy of what it states does not.
        self._holder: OutputContainer = av.open(BytesIO(), "w", format="mp4")
        self._template = self._holder.add_stream_from_template(source.stream)
        self._tag = CODEC_TAGS[self.codec]
        self._is_decode_ordered = source.decode_ordered

    def in_order_of_display(self, packets: "Iterator[Packet[VideoStream]]") -> "Iterator[Packet[VideoStream]]":
        """Yield the packets with times of display, also where the camera states the order of decoding alone."""
        if not self._is_decode_ordered:
            yield from packets
            return
        reorder = BitStreamFilterContext("dts2pts", self._template)
        for packet in packets:
            packet.stream, packet.pts = self._template, None
            yield from cast("list[Packet[VideoStream]]", reorder.filter(packet))
        yield from cast("list[Packet[VideoStream]]", reorder.filter(None))

    def open_output(self, output: OutputContainer, parameters: bytes) -> VideoStream:
        """Return a stream of the output for the packets. parameters: parameter sets; b"" for those of the stream."""
        stream = output.add_stream_from_template(self._template)
        codec = stream.codec_context
        codec.codec_tag = self._tag
        codec.width, codec.height = self.coded.size
        if self.coded.pixel_aspect is not None:
            codec.sample_aspect_ratio = self.coded.pixel_aspect
        if self.coded.matrix is not None:
            stream.set_display_matrix(list(self.coded.matrix))
        if parameters:
            codec.extradata = parameters
        return stream


def clip_file(clip_format: ClipFormat, packets: Sequence[ClipPacket], export: Export) -> tuple[bytes, dict[str, Any]]:
    """Return an MP4 file of the packets, and its description for the manifest.

    packets: from a keyframe on. Raises FFmpegError, and ClipDiffers where the file has other NAL units than the camera.
    """
    record = _decoder_record(clip_format, packets[0])
    sink = BytesIO()
    with av.open(sink, "w", format="mp4") as output:
        stream = clip_format.open_output(output, record)
        for timed in clip_format.in_order_of_display(_timed(clip_format, packets)):
            muxed = cast("Packet[VideoStream]", Packet(sample(clip_format, bytes(timed))))
            muxed.stream, muxed.time_base, muxed.is_keyframe = stream, timed.time_base, timed.is_keyframe
            muxed.dts, muxed.pts, muxed.duration = timed.dts, timed.pts, timed.duration
            output.mux_one(muxed)
    content = sink.getvalue()
    gops = list(_gops(clip_format, packets, content))
    end_s = packets[-1].at + float(
        (packets[-1].dts - packets[-2].dts) * clip_format.time_base if len(packets) > 1 else 0
    )
    description = {
        "file": CLIP_NAME,
        "codec": clip_format.codec,
        "start_at": _text(packets[0].at),
        "end_at": _text(max([end_s, *(packet.at for packet in packets)])),
        "frames": len(packets),
        "gops": gops,
    }
    return content + export_boxes(export, packets[0].at), description


def _decoder_record(clip_format: ClipFormat, keyframe: ClipPacket) -> bytes:
    """Return the parameter sets as MP4 states them; b"" where those of the stream are stated so.

    FFmpeg makes them from a byte stream. From such a stream it would also leave out parameter sets within the video.
    """
    if not clip_format.has_start_codes:
        return b""
    trial = BytesIO()
    with av.open(trial, "w", format="mp4") as output:
        stream = clip_format.open_output(output, header_units(clip_format.codec, keyframe.data).parameters)
        for packet in _timed(clip_format, [keyframe]):
            packet.stream = stream
            output.mux_one(packet)
    with cast(InputContainer, av.open(BytesIO(trial.getvalue()), format="mp4")) as container:
        return container.streams.video[0].codec_context.extradata or b""


def _timed(clip_format: ClipFormat, packets: Sequence[ClipPacket]) -> "Iterator[Packet[VideoStream]]":
    """Yield the packets as FFmpeg has them, with times from 0."""
    for packet, following in zip(packets, [*packets[1:], None], strict=True):
        timed = cast("Packet[VideoStream]", Packet(packet.data))
        timed.time_base, timed.is_keyframe = clip_format.time_base, packet.is_keyframe
        timed.dts, timed.pts = packet.dts - packets[0].dts, packet.pts - packets[0].dts
        timed.duration = 0 if following is None else following.dts - packet.dts
        yield timed


def nal_units(data: bytes) -> Iterator[bytes]:
    """Yield the NAL units of a byte stream, without start codes.

    >>> list(nal_units(bytes.fromhex("00000001 6501 0000000141ff 00000142")))
    [b'e\\x01', b'A\\xff', b'B']
    """
    at = data.find(START_CODE)
    while at >= 0:
        following = data.find(START_CODE, at + 3)
        # A start code may have one more zero before it.
        end = len(data) if following < 0 else following - (data[following - 1] == 0)
        if end > at + 3:
            yield data[at + 3 : end]
        at = following


def sample(clip_format: ClipFormat, data: bytes) -> bytes:
    """Return a packet as an MP4 file contains it: each NAL unit behind its length. [ISO/IEC 14496-15]"""
    if not clip_format.has_start_codes:
        return data
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in nal_units(data))


def _gops(clip_format: ClipFormat, packets: Sequence[ClipPacket], content: bytes) -> Iterator[dict[str, Any]]:
    """Yield each group of pictures with its place in the file and the hash of what the camera sent."""
    begin, started = 0, packets[0].at
    places = _places(content)
    if len(places) != len(packets):
        raise ClipDiffers(f"{len(places)} frames in the file, {len(packets)} of the camera")
    for number in range(1, len(packets) + 1):
        if number < len(packets) and not packets[number].is_keyframe:
            continue
        sent = b"".join(sample(clip_format, packet.data) for packet in packets[begin:number])
        first = places[begin]
        if content[first : first + len(sent)] != sent:
            raise ClipDiffers(f"group of pictures at {_text(packets[begin].at)}")
        started = max(started, packets[begin].at)
        yield {
            "start_at": _text(started),
            "frames": number - begin,
            "first_byte": first,
            "bytes": len(sent),
            "sha256": hashlib.sha256(sent).hexdigest(),
        }
        begin = number


def _places(content: bytes) -> list[int]:
    """Return the position of each frame in an MP4 file."""
    with cast(InputContainer, av.open(BytesIO(content), format="mp4")) as container:
        return [packet.pos for packet in container.demux(video=0) if packet.size and packet.pos is not None]


def _text(at: float) -> str:
    return utc_text(datetime.fromtimestamp(at, UTC))
