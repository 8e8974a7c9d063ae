"""Live video for browsers: the camera's own packets, cut into fragmented MP4 segments. Nothing is transcoded."""

import time
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from types import TracebackType
from typing import Self, cast

import av
import structlog
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.source import Source, UnsupportedStream, VideoPacket
from pipelines.live_video.hls_playlist import LivePlaylist

log = structlog.get_logger()

CODECS = {"h264": "avc1", "hevc": "hvc1"}
HLS_FLAGS = "program_date_time+independent_segments+temp_file+omit_endlist"
SEGMENTS_LISTED = 5
CLOCK_DRIFT_TOLERATED_S = 5.0


class TimestampUnwrapper:
    """Continuous timestamps from 0, whatever the camera's do: a jump becomes one frame's length."""

    def __init__(self, time_base: Fraction, longest_gap_s: float = 2.0) -> None:
        self._longest_gap = round(longest_gap_s / time_base)
        self._usual_step = max(1, round(Fraction(1, 25) / time_base))
        self._offset: int | None = None
        self._last = -1

    def unwrap(self, dts: int) -> int:
        """The continuous time for `dts`, later than all before."""
        if self._offset is None:
            self._offset = -dts
        step = dts + self._offset - self._last
        if self._last >= 0 and not 0 < step <= self._longest_gap:
            self._offset = self._last + self._usual_step - dts
        self._last = dts + self._offset
        return self._last


class HlsWriter:
    """Writes one connection's segments into the playlist's folder, and lists them.

    The times in the playlist are wall-clock time. Raises UnsupportedStream for anything but H.264 and H.265.
    """

    def __init__(self, playlist: LivePlaylist, source: Source, *, segment_s: float) -> None:
        if source.codec not in CODECS:
            raise UnsupportedStream(
                CameraCondition.of(Condition.UNSUPPORTED_CODEC, address=source.address, codec=source.codec)
            )
        self._playlist = playlist
        self._source = source
        self._segment_s = segment_s
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._finish()

    def write(self, packet: VideoPacket) -> None:
        """The packet stays as it is. What precedes the first keyframe cannot be shown and is left out."""
        try:
            if packet.is_keyframe:
                self._prepare(packet)
            if self._started:
                placed = self._placed(packet)
                self._mux([placed] if self._reorder is None else self._reorder.filter(placed))
        except FFmpegError as error:
            log.warning("live video begins anew", camera=self._source.address, error=error)
            self._finish()

    def _prepare(self, keyframe: VideoPacket) -> None:
        if self._started and abs(self._drift()) > CLOCK_DRIFT_TOLERATED_S:
            self._finish()
        if not self._started:
            self._start(keyframe)

    def _placed(self, packet: VideoPacket) -> VideoPacket:
        """The same data, without copying it, at its place on our timeline."""
        dts = packet.dts if packet.dts is not None else packet.pts
        place = self._timeline.unwrap(0 if dts is None else dts)
        ahead = 0 if packet.pts is None or dts is None else packet.pts - dts
        self._written_s = float(place * packet.time_base)
        placed = cast(VideoPacket, Packet(cast(bytes, packet)))
        placed.stream, placed.time_base = packet.stream, packet.time_base
        placed.is_keyframe, placed.duration = packet.is_keyframe, packet.duration
        placed.dts = place
        placed.pts = place + max(0, ahead) if self._reorder is None else None
        return placed

    def _drift(self) -> float:
        """Seconds by which the wall clock is ahead of the times in the playlist."""
        return time.monotonic() - self._opened - self._written_s

    def _start(self, keyframe: VideoPacket) -> None:
        stream: VideoStream = self._source.stream
        width, height = self._source.picture_size(keyframe)
        if not (width and height):
            return
        sequence, folder = self._playlist.next_sequence, self._playlist.folder
        self._init = f"init-{sequence}.mp4"
        self._run = folder / f"run-{sequence}.m3u8"
        self._listed_ns = 0
        self._output = av.open(
            str(self._run),
            "w",
            format="hls",
            options={
                "hls_time": str(self._segment_s),
                "hls_list_size": str(SEGMENTS_LISTED),
                "hls_segment_type": "fmp4",
                "hls_fmp4_init_filename": self._init,
                "hls_segment_filename": str(folder / "%d.m4s"),
                "start_number": str(sequence),
                "hls_flags": HLS_FLAGS,
            },
        )
        self._stream = self._output.add_stream_from_template(stream)
        self._stream.codec_context.codec_tag = CODECS[self._source.codec]
        self._stream.codec_context.width, self._stream.codec_context.height = width, height
        self._reorder = BitStreamFilterContext("dts2pts", stream) if self._source.decode_ordered else None
        assert stream.time_base is not None
        self._timeline = TimestampUnwrapper(stream.time_base)
        self._opened = time.monotonic()
        self._written_s = 0.0
        self._started = True

    def _mux(self, packets: Iterable[VideoPacket]) -> None:
        """A keyframe may end the segment before it; to ask for that with each packet costs all other threads time."""
        for packet in packets:
            if packet.pts is None or packet.dts is None or packet.pts < packet.dts:
                packet.pts = packet.dts
            packet.stream = self._stream
            self._output.mux_one(packet)
            if packet.is_keyframe:
                self._list()

    def _list(self) -> None:
        """Tell the playlist what av has listed since the last time."""
        try:
            written_ns = self._run.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if written_ns != self._listed_ns:
            self._listed_ns = written_ns
            self._playlist.ingest(self._init, self._run.read_text())

    def _finish(self) -> None:
        if self._started:
            self._started = False
            with suppress(FFmpegError):
                self._output.close()
            self._list()
            self._run.unlink(missing_ok=True)
