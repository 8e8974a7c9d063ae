"""Read a video file or address from its start to its end."""

import math
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import structlog
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipelines.addresses.address import Address
from pipelines.config.geometry_file import same_aspect
from pipelines.errors import UserError
from pipelines.ingest.displayed_frame import DecodedFrame, DisplayConverter, NotDisplayable
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.ingest.open_stream import RtspTransport, arrives_in_real_time, close_stream, open_stream
from pipelines.ingest.picture_watch import FIRST_PICTURE_S
from pipelines.ingest.source import NO_TIMES_FLAG
from pipelines.ingest.stream_times import ClockState, ClockVerdict, StreamTimes
from pipelines.ingest.video_track import shown_track
from pipelines.recordings.recorded_times import RecordedTimes

log = structlog.get_logger()

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 15.0, 10.0
"""Longest wait (s) for the connection, and for one packet or picture. [assumption]"""

DEFAULT_FPS = 25.0
"""Frames a second of a stream that does not state its rate. [assumption]"""


class VideoReader:
    """Frames of `source` as a player displays them, of the video track that a player shows. A context manager.

    Raises UserError where it cannot be opened, contains no video, or contains none that can be decoded and displayed.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._container, self._stream = _open(source)
        self._packets = self._decoded_frames = 0
        self._wanted_per_s = math.inf
        self._arrives_in_real_time = arrives_in_real_time(source, self._container)
        is_live_hls = self._container.format.name == "hls" and self._container.duration is None
        self.is_live = self._arrives_in_real_time or is_live_hls
        self._display = DisplayConverter(self._stream)
        self._frames = self._decoded()
        try:
            self._first, shown = self._first_frame()
        except BaseException:
            close_stream(self._container)
            raise
        self.image_size = shown.width, shown.height
        """(width, height) of the first displayed frame, in pixels."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_stream(self._container)

    @property
    def frame_s(self) -> float:
        """Seconds between frames, as the stream states them."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(1 / rate) if rate else 1 / DEFAULT_FPS

    @property
    def expected_frames(self) -> int | None:
        """Number of frames in the file; None for a live stream."""
        if self.is_live:
            return None
        if self._stream.frames:
            return self._stream.frames
        return round(self._container.duration / av.time_base / self.frame_s) if self._container.duration else None

    def frames(self, wanted_per_s: float = math.inf) -> Iterator[TimedFrame]:
        """Yield decoded frames with their time: seconds from the first frame, strictly increasing.

        Damaged frames are skipped. Ends with the file, or where the stream is lost. Frames of another resolution are
        scaled to `image_size`. Only those of another aspect keep their size.

        wanted_per_s: evenly spread frames a second that the caller needs. Other frames may be skipped where no frame
        is predicted from them.
        """
        self._wanted_per_s = wanted_per_s
        decoded = chain([self._first], self._frames)
        for at, frame in self._in_real_time(decoded) if self._arrives_in_real_time else self._in_recorded_time(decoded):
            shown = self._displayed(frame)
            if shown is not None:
                yield TimedFrame(at, shown)

    def _first_frame(self) -> tuple[DecodedFrame, VideoFrame]:
        """Return the first frame, as decoded and as displayed. Raises UserError."""
        shown = Address.parse(self.source)
        first = next(self._frames, None)
        if first is None:
            raise UserError(f"{shown}: not one frame can be decoded; is the video whole?")
        try:
            return first, self._display.convert(first)
        except NotDisplayable as error:
            raise UserError(f"{shown}: {error}") from error

    def _displayed(self, frame: DecodedFrame) -> VideoFrame | None:
        """Return the displayed frame, scaled to `image_size` where it has the same aspect; None if players differ."""
        try:
            shown = self._display.convert(frame)
        except NotDisplayable as error:
            log.warning("a frame was skipped", source=str(Address.parse(self.source)), reason=str(error))
            return None
        size = shown.width, shown.height
        if size == self.image_size or not same_aspect(size, self.image_size):
            return shown
        return shown.reformat(*self.image_size, interpolation="AREA" if size > self.image_size else "BICUBIC")

    def _in_real_time(self, decoded: Iterator[DecodedFrame]) -> Iterator[tuple[float, DecodedFrame]]:
        verdict = ClockVerdict()
        times = StreamTimes(verdict, has_own_times=not self._container.format.flags & NO_TIMES_FLAG)
        reported = verdict.state
        for frame in decoded:
            yield times.place(_stated_s(frame), time.monotonic()), frame
            if verdict.state is not reported and verdict.state in (ClockState.OFF, ClockState.UNUSABLE):
                log.warning("the stream's clock is wrong, so its times are corrected", rate=round(verdict.rate, 3))
            reported = verdict.state

    def _in_recorded_time(self, decoded: Iterator[DecodedFrame]) -> Iterator[tuple[float, DecodedFrame]]:
        times = RecordedTimes(self.frame_s)
        held = next(decoded, None)
        while held is not None:
            following = next(decoded, None)
            yield times.place(_stated_s(held), None if following is None else _stated_s(following)), held
            held = following

    @property
    def frames_without_image(self) -> int:
        """Number of frames so far that were skipped or damaged."""
        return max(0, self._packets - self._decoded_frames)

    def _decoded(self) -> Iterator[DecodedFrame]:
        # Of all tracks: a live stream ends where its sound goes on without pictures.
        packets = self._container.demux()
        pictured = time.monotonic()
        while not (self.is_live and time.monotonic() - pictured > self._patience_s):
            try:
                packet = next(packets, None)
            except (OSError, av.error.FFmpegError) as error:
                log.warning(
                    "the stream was lost; the frames before it count",
                    source=str(Address.parse(self.source)),
                    error=error,
                )
                return
            if packet is None:
                return
            if packet.stream is not self._stream:  # at the end, the index of an empty packet is 0 for each track
                continue
            self._packets += packet.size > 0
            video = cast("Packet[VideoStream]", packet)
            self._choose_skipping(video, self._wanted_per_s)
            try:
                for frame in video.decode():
                    self._decoded_frames += 1
                    yield self._display.note(frame)
                    pictured = time.monotonic()
            except av.error.FFmpegError:
                log.debug("a damaged packet was skipped", source=str(Address.parse(self.source)))
        log.warning(
            "the stream shows no picture any more; the frames before it count", source=str(Address.parse(self.source))
        )

    @property
    def _patience_s(self) -> float:
        """Longest wait (s) for a picture of a live stream."""
        return READ_TIMEOUT_S if self._decoded_frames else FIRST_PICTURE_S

    def _choose_skipping(self, packet: "Packet[VideoStream]", wanted_per_s: float) -> None:
        """Allow the decoder to skip a frame that is not wanted. Only at a constant rate are due times known."""
        if self.is_live or self._stream.average_rate != self._stream.base_rate or not math.isfinite(wanted_per_s):
            return
        wanted = True
        if packet.pts is not None:
            t = float((packet.pts - (self._stream.start_time or 0)) * packet.time_base) + self.frame_s / 4
            wanted = math.floor(t * wanted_per_s) > math.floor((t - self.frame_s) * wanted_per_s)
        self._stream.codec_context.skip_frame = "DEFAULT" if wanted else "NONREF"


def _stated_s(frame: DecodedFrame) -> float | None:
    """Return the time of a frame (s) as the stream states it."""
    return None if frame.picture.pts is None else frame.picture.time


def _file_path(source: str) -> str | None:
    """Return the absolute path of a file, whose name may resemble an address; None for anything else."""
    try:
        return str(Path(source).resolve()) if Path(source).is_file() else None
    except (OSError, ValueError):
        return None


def _open(source: str) -> tuple[InputContainer, VideoStream]:
    path, address = _file_path(source), Address.parse(source)
    if path is None and address.problem:
        raise UserError(f"{address}: {address.problem}")
    shown = str(address) if path is None else source
    try:
        container = open_stream(path or address.encoded, RtspTransport(), timeout_s=(OPEN_TIMEOUT_S, READ_TIMEOUT_S))
    except (OSError, ValueError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UserError(f"{shown}: cannot be opened ({reason}); give a video file or a stream's address") from error
    stream = shown_track(container)
    if stream is None:
        close_stream(container)
        raise UserError(f"{shown}: contains no video; give a video file or a stream's address")
    if stream.codec_context is None or stream.codec_context.codec is None:
        close_stream(container)
        raise UserError(f"{shown}: this codec cannot be decoded here; have the camera send H.264 or H.265")
    stream.thread_type = "AUTO"
    return container, stream
