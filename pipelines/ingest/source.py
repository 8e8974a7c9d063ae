"""Source of one camera's compressed packets with reliable timestamps, for one connection.

A source delivers packets until it fails, and then raises SourceLost. Its owner reconnects
(`pipelines.worker.supervisor`).
"""

import socket
import time
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, islice
from threading import Event as Flag
from types import TracebackType
from typing import Self, TypeAlias, cast

from av.codec.context import Flags
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipelines.addresses.address import Address
from pipelines.errors import CredentialsRefused, NeedsRemedy
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.condition_text import english
from pipelines.ingest.displayed_frame import display_matrix
from pipelines.ingest.hw_decode import decoding_device
from pipelines.ingest.nal import FrameRole, classify_access_unit, header_units, renews_in_parts
from pipelines.ingest.open_stream import (
    ReadTimeout,
    RtspTransport,
    arrives_in_real_time,
    close_stream,
    is_rtsp,
    may_be_file,
    open_stream,
)
from pipelines.ingest.picture_cadence import PictureCadence
from pipelines.ingest.real_time_pacer import RealTimePacer
from pipelines.ingest.stream_conditions import condition_of
from pipelines.ingest.stream_times import ClockVerdict, StreamTimes
from pipelines.ingest.video_track import shown_track

MAX_STALL_S = 10.0
"""Time (s) without a picture after which a stream is lost, where the configuration sets none. [assumption]"""

PROBED_PACKETS = 16
"""Packets read to find out in which order timestamps are sent; a group of reordered frames is shorter. [assumption]"""

NO_TIMES_FLAG = 0x80
"""Flag of a format whose packets state no time. [source: AVFMT_NOTIMESTAMPS, libavformat/avformat.h]"""

MAX_AHEAD_S = 30.0
"""Longest stream time (s) ahead of arrival that is a backlog of a live stream; beyond it, a file is read. [assumption]
"""

MAX_HEADERS_BYTES = 1024
"""Largest packet (bytes) that may contain parameter sets alone; larger ones contain a picture. [assumption]"""

MAX_TIME_BASE, FINE_TIME_BASE = Fraction(1, 1000), Fraction(1, 90_000)
"""Coarsest unit (s) for corrected times, and the unit instead of a coarser one. [assumption]"""


class SourceLost(ConnectionError):
    """The stream cannot be opened, or has ended.

    condition: what is wrong, as data. The message is the same in English, without credentials.
    """

    def __init__(self, condition: CameraCondition) -> None:
        super().__init__(english(condition))
        self.condition = condition


class SourceRefused(SourceLost, NeedsRemedy):
    """The address or its credentials are wrong."""


class SignInRefused(SourceRefused, CredentialsRefused):
    """User or password is wrong."""


class UnsupportedStream(SourceLost, NeedsRemedy):
    """The stream is open, but cannot be decoded or shown."""


VideoPacket: TypeAlias = "Packet[VideoStream]"
"""Compressed packet of a video stream; mostly one frame."""


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """How a stream is coded from a keyframe on.

    size: (width, height) in pixels, zeros where unknown. matrix: display matrix that the codec states; None without.
    pixel_aspect: width over height of a pixel by the codec; None without.
    """

    size: tuple[int, int]
    matrix: tuple[int, ...] | None = None
    pixel_aspect: Fraction | None = None


class Source:
    """Open camera, file, HTTP or HLS address. Use as a context manager: entering connects. Raises SourceLost.

    Files and HLS are read in real time, though they could be read faster.

    stop: ends `packets` without an error, at the latest after the present read. stall_s: longest time without pictures.
    hardware: kind of the decoding device (`pipelines.ingest.hw_decode`); None for the CPU. transport, clock, cadence:
    of the address, kept over its connections; new by default.
    """

    decode_ordered: bool
    """Whether timestamps give the order of decoding: `dts` is right, and `pts` only repeats it."""

    time_base: Fraction
    """Unit (s) of the times of all packets."""

    def __init__(
        self,
        url: str,
        *,
        stop: Flag,
        stall_s: float = MAX_STALL_S,
        hardware: str | None = None,
        transport: RtspTransport | None = None,
        clock: ClockVerdict | None = None,
        cadence: PictureCadence | None = None,
    ) -> None:
        address = Address.parse(url)
        self.address = address.masked
        self._is_malformed = address.problem != ""
        self._url = address.encoded
        self._stop = stop
        self.stall_s = stall_s
        self._hardware = hardware
        self._transport = transport or RtspTransport()
        self._has_delivered = False
        self.clock = clock or ClockVerdict()
        self.cadence = cadence or PictureCadence(stall_s)
        self._read_timeout = ReadTimeout(stall_s)
        self._ahead_s = 0.0
        self._last_dts: int | None = None
        self._pictured_at = 0.0

    def __enter__(self) -> Self:
        if self._is_malformed:
            raise SourceRefused(self._condition(Condition.MALFORMED_ADDRESS))
        device = None if self._hardware is None else decoding_device(self._hardware)
        began = time.monotonic()
        try:
            timeout_s = self.stall_s, self._read_timeout
            container = open_stream(self._url, self._transport, timeout_s=timeout_s, hardware=device)
        except (FFmpegError, OSError, ValueError) as error:
            raise self._open_failure(error, waited_s=time.monotonic() - began) from error
        self._container: InputContainer = container
        # Reads of pictures over HTTP end by the time limit of HTTP alone, and a snapshot that stays the same is none.
        self._has_cadence = container.file is None
        self.cadence.connected()
        try:
            self.stream = self._video_stream()
            self._times = self._stream_times()
            self.time_base = self._fine_time_base()
            self._probed = self._probe()
        except BaseException:
            close_stream(container)
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        close_stream(self._container)

    @cached_property
    def codec(self) -> str:
        """FFmpeg's name of the codec, such as "h264"."""
        return self.stream.codec_context.codec.canonical_name

    @cached_property
    def has_start_codes(self) -> bool:
        """Whether packets hold NAL units behind start codes, instead of lengths as in MP4."""
        return not (self.stream.codec_context.extradata or b"").startswith(b"\x01")

    def coded_picture(self, keyframe: VideoPacket) -> CodedPicture | None:
        """Return what the decoded keyframe states; None where it is no whole picture.

        Where the parameter sets came in an earlier packet, or the picture is renewed in parts from this frame on,
        return what the stream announced.
        """
        announced = self.stream.codec_context
        trial = cast(VideoCodecContext, VideoCodecContext.create(self.codec, "r"))
        trial.extradata, trial.thread_count = announced.extradata, 1
        trial.options = _decoder_options(self.codec)
        trial.flags |= announced.flags & Flags.unaligned
        frames: list[VideoFrame] = []
        with suppress(FFmpegError):
            frames = [*trial.decode(keyframe), *trial.decode(None)]
        if not frames:
            data = bytes(keyframe)
            is_complete = announced.extradata or self.codec == "mjpeg" or header_units(self.codec, data).parameters
            is_damaged = is_complete and not renews_in_parts(self.codec, data)
            return None if is_damaged else CodedPicture((announced.width, announced.height))
        if frames[0].is_corrupt:
            return None
        size = frames[0].width, frames[0].height
        return CodedPicture(size, display_matrix(frames[0]), trial.sample_aspect_ratio)

    def packets(self) -> Iterator[VideoPacket]:
        """Yield the packets in decoding order until `stop` is set.

        Timestamps never repeat in a row, but may jump. Raises SourceLost when the stream stalls or ends.
        """
        pace = RealTimePacer(self._stop)
        for packet in chain(self._probed, self._demux()):
            is_file = self._times is None or (self._ahead_s > MAX_AHEAD_S and may_be_file(self._url))
            if is_file and packet.dts is not None:
                pace.wait_until(float(packet.dts * packet.time_base))
            if self._stop.is_set():
                return
            yield packet
        if not self._stop.is_set():
            raise SourceLost(self._condition(Condition.STREAM_ENDED))

    def _stream_times(self) -> StreamTimes | None:
        """Return the correction of times by arrival; None for files and HLS, which arrive faster than real time."""
        if not arrives_in_real_time(self._url, self._container):
            return None
        return StreamTimes(self.clock, has_own_times=not self._container.format.flags & NO_TIMES_FLAG)

    def _fine_time_base(self) -> Fraction:
        """Return the unit of the stream's times, or one that is fine enough for corrected times."""
        stated = self.stream.time_base
        assert stated is not None
        base = FINE_TIME_BASE if self._times is not None and stated > MAX_TIME_BASE else stated
        self._stated_tick_s, self._tick_s = float(stated), float(base)
        return base

    def _open_failure(self, error: Exception, waited_s: float) -> SourceLost:
        """Return the failure for an error of `open_stream`."""
        # PyAV raises the same error for an RTSP server without an answer as for an invalid answer.
        if waited_s >= self.stall_s and not isinstance(error, socket.gaierror):
            return SourceLost(self._nothing_arrived())
        return _lost(condition_of(error, self.address))

    def _condition(self, code: Condition, **details: float) -> CameraCondition:
        return CameraCondition.of(code, address=self.address, **details)

    def _video_stream(self) -> VideoStream:
        stream = shown_track(self._container)
        if stream is None:
            raise SourceLost(self._condition(Condition.NO_VIDEO))
        if stream.codec_context is None:
            raise UnsupportedStream(self._condition(Condition.UNKNOWN_CODEC))
        stream.codec_context.thread_count = 1  # with more, FFmpeg does not mark damaged frames
        stream.codec_context.options = _decoder_options(stream.codec_context.name)
        return stream

    def _probe(self) -> list[VideoPacket]:
        """Set `decode_ordered` and return the packets read for it.

        Some cameras send reordered frames with rising timestamps, which then give the order of decoding.
        """
        if not (is_rtsp(self._url) and self.stream.codec_context.has_b_frames):
            self.decode_ordered = False
            return []
        first = list(islice(self._demux_raw(), PROBED_PACKETS))
        times = [packet.pts for _, packet in first if packet.pts is not None]
        self.decode_ordered = times == sorted(times)
        return list(self._with_times(iter(first)))

    def _demux(self) -> Iterator[VideoPacket]:
        return self._with_times(self._demux_raw())

    def _carries_picture(self, packet: "Packet[Stream]") -> bool:
        """Return whether a packet of the video contains more than parameter sets, where that can be seen."""
        if packet.size > MAX_HEADERS_BYTES or not self.has_start_codes:
            return True
        return classify_access_unit(self.codec, bytes(packet)) is not FrameRole.HEADERS

    def _demux_raw(self) -> Iterator[tuple[float, VideoPacket]]:
        """Yield each packet of the video with its time of arrival (s, `time.monotonic`)."""
        index = self.stream.index
        self._pictured_at = asked = time.monotonic()
        # Of all tracks: a stream whose sound or metadata go on without pictures is lost, too.
        for packet in self._arriving():
            if self._stop.is_set():
                return
            arrived = time.monotonic()
            if arrived - asked >= self.cadence.limit_s:
                # After a timeout FFmpeg may return what is left of an incomplete frame.
                raise SourceLost(self._condition(Condition.SILENT) if self._has_delivered else self._nothing_arrived())
            is_video = packet.stream_index == index and packet.size > 0
            if is_video:
                self._note_delivery()
                yield arrived, cast(VideoPacket, packet)
            asked = time.monotonic()
            if is_video and self._carries_picture(packet):
                self._pictured_at = asked
                if self._has_cadence and self._times is not None:
                    self.cadence.picture(asked, is_keyframe=packet.is_keyframe)
            elif self._is_stalled():
                raise SourceLost(self._no_frames())
        if not (self._has_delivered or self._stop.is_set()):
            self._nothing_arrived()

    def _arriving(self) -> "Iterator[Packet[Stream]]":
        """Yield the packets of all tracks until the end or `stop`. Raises SourceLost."""
        try:
            yield from self._demux_within_limit()
        except (FFmpegError, OSError) as error:
            if self._stop.is_set():
                return
            nothing = None if self._has_delivered else self._nothing_arrived()
            found = condition_of(error, self.address)
            if nothing and found.code is Condition.SILENT:
                found = nothing
            elif found.code is Condition.STREAM_LOST and self._is_stalled():
                found = self._no_frames()  # FFmpeg's error for a read that ends with unusable packets
            raise _lost(found) from error

    def _demux_within_limit(self) -> "Iterator[Packet[Stream]]":
        """Yield the packets of all tracks; each read ends with an error after the present limit of the cadence."""
        while True:
            limit_s = self._read_timeout.seconds = self.cadence.limit_s
            with closing(cast("Generator[Packet[Stream]]", self._container.demux())) as packets:
                for packet in packets:
                    yield packet
                    if self.cadence.limit_s != limit_s:
                        break
                else:
                    return

    def _is_stalled(self) -> bool:
        return time.monotonic() - self._pictured_at > self.cadence.limit_s

    def _no_frames(self) -> CameraCondition:
        return self._condition(Condition.NO_FRAMES, waited_s=self.cadence.limit_s)

    def _nothing_arrived(self) -> CameraCondition:
        """Note that this connection delivered no packet, and return its condition."""
        code = Condition.NO_UDP_PACKETS if self._transport.is_udp_only else Condition.SILENT
        self._transport.nothing_arrived()
        return self._condition(code)

    def _note_delivery(self) -> None:
        if not self._has_delivered:
            self._has_delivered = True
            self._transport.delivered()

    def _with_times(self, packets: Iterator[tuple[float, VideoPacket]]) -> Iterator[VideoPacket]:
        """Drop packets before the first timestamp, except keyframes, which later frames depend on."""
        codec = self.stream.codec_context  # of the decoder, which may find reordered frames later
        is_restated = self._tick_s != self._stated_tick_s
        for arrived, packet in packets:
            dts, pts = packet.dts, packet.pts
            if self.decode_ordered or not codec.has_b_frames:
                dts = pts if pts is not None else dts
                if dts is not None and dts == self._last_dts:
                    dts += 1
                pts = self._last_dts = dts
            if self._times is not None:
                dts, pts = self._placed(dts, pts, arrived, self._times)
            if dts is None and pts is None and not packet.is_keyframe:
                continue
            packet.dts, packet.pts = dts, pts
            if is_restated:
                packet.time_base = self.time_base
                packet.duration = round((packet.duration or 0) * self._stated_tick_s / self._tick_s)
            yield packet

    def _placed(self, dts: int | None, pts: int | None, arrived: float, times: StreamTimes) -> tuple[int, int]:
        """Return the corrected times of a packet, in units of `time_base`."""
        stated = dts if dts is not None else pts
        placed_s = times.place(None if stated is None else stated * self._stated_tick_s, arrived)
        self._ahead_s = times.ahead_s
        placed = round(placed_s / self._tick_s)
        if pts is None or stated is None or pts <= stated:
            return placed, placed
        return placed, placed + round((pts - stated) * self._stated_tick_s / times.verdict.rate / self._tick_s)


def _lost(condition: CameraCondition) -> SourceLost:
    return (SignInRefused if condition.code is Condition.CREDENTIALS_REFUSED else SourceLost)(condition)


def _decoder_options(codec: str) -> dict[str, str]:
    """Return FFmpeg's options for a decoder: without them, a half of a JPEG counts as a frame."""
    return {"err_detect": "explode"} if codec == "mjpeg" else {}
