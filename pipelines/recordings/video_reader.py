"""Read a video file or address from its start to its end."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import structlog
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
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
from pipelines.recordings.recorded_times import MAX_STEP_S, MIN_FRAME_S, RecordedTimes, usual_step

log = structlog.get_logger()

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 15.0, 10.0
"""Longest wait (s) for the connection, and for one packet or picture. [assumption]"""

MEASURED_PACKETS = 250
"""Packets at the start of a recording whose times give the usual step; 10 s at 25 frames a second. [assumption]"""

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
        self._head: list[Packet[Stream]] = [] if self.is_live else self._read_head()
        self._usual_s = usual_step([s for packet in self._head if (s := self._stated_of(packet)) is not None])
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
        """Usual seconds between frames: by the times of a recording, else as the stream announces them."""
        if self._usual_s is not None and not self._has_other_unit:
            return self._usual_s
        codec = self._stream.codec_context
        announced = (self._stream.average_rate, self._stream.guessed_rate, codec.framerate)
        return next((1 / float(rate) for rate in announced if rate and 1 / rate >= MIN_FRAME_S), 1 / DEFAULT_FPS)

    @property
    def _has_other_unit(self) -> bool:
        """Whether frames are so close that the times must be in another unit."""
        return self._usual_s is not None and self._usual_s < MIN_FRAME_S

    def _read_head(self) -> "list[Packet[Stream]]":
        """Return the first packets of all tracks, with which `_decoded` begins."""
        head: list[Packet[Stream]] = []
        with suppress(OSError, av.error.FFmpegError):  # the next read fails again, and is reported
            head.extend(islice(self._container.demux(), MEASURED_PACKETS))
        return head

    def _stated_of(self, packet: "Packet[Stream]") -> float | None:
        """Return the time of decoding (s) of a packet of the video, which rises where frames are reordered."""
        ticks = packet.dts if packet.dts is not None else packet.pts
        if packet.stream_index != self._stream.index or ticks is None:
            return None
        return float(ticks * packet.time_base)

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
        if self._has_other_unit:
            log.warning(
                "the recording states times in another unit, so its frames follow at the usual step",
                source=str(Address.parse(self.source)),
                fps=round(1 / self.frame_s, 1),
            )
        held = next(decoded, None)
        while held is not None:
            following = next(decoded, None)
            yield times.place(self._recorded_s(held), self._recorded_s(following)), held
            held = following

    def _recorded_s(self, decoded: DecodedFrame | None) -> float | None:
        """Return the time of a frame as the recording states it; None for one far from its time of decoding."""
        if decoded is None or self._has_other_unit or decoded.picture.pts is None:
            return None
        frame = decoded.picture
        ahead = 0 if frame.dts is None or frame.pts is None else frame.pts - frame.dts
        is_stray = frame.time_base is not None and abs(ahead * frame.time_base) > MAX_STEP_S
        return None if is_stray else frame.time

    @property
    def frames_without_image(self) -> int:
        """Number of frames so far that were skipped or damaged."""
        return max(0, self._packets - self._decoded_frames)

    def _decoded(self) -> Iterator[DecodedFrame]:
        # Of all tracks: a live stream ends where its sound goes on without pictures.
        packets = chain(self._head, self._container.demux())
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
            except av.error.EOFError:
                continue  # of a second empty packet at the end: a file has one for each track
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
