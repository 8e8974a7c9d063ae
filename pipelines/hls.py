"""Live video for browsers: the camera's own packets, cut into fragmented MP4 segments. Nothing is transcoded."""

import time
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import structlog
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.video.stream import VideoStream

from pipelines.source import Source, UnsupportedStream, VideoPacket

log = structlog.get_logger()

PLAYLIST = "index.m3u8"
CODECS = {"h264": "avc1", "hevc": "hvc1"}
HLS_FLAGS = "delete_segments+program_date_time+independent_segments+discont_start+temp_file+omit_endlist"
CLOCK_DRIFT_TOLERATED_S = 5.0


class Timeline:
    """Continuous timestamps from 0, whatever the camera's do: a jump becomes one frame's length."""

    def __init__(self, time_base: Fraction, longest_gap_s: float = 2.0) -> None:
        self._longest_gap = round(longest_gap_s / time_base)
        self._usual_step = max(1, round(Fraction(1, 25) / time_base))
        self._offset: int | None = None
        self._last = -1

    def place(self, dts: int) -> int:
        """The continuous time for `dts`, later than all before."""
        if self._offset is None:
            self._offset = -dts
        step = dts + self._offset - self._last
        if self._last >= 0 and not 0 < step <= self._longest_gap:
            self._offset = self._last + self._usual_step - dts
        self._last = dts + self._offset
        return self._last


class HlsWriter:
    """Writes `index.m3u8`, one `init-N.mp4` and numbered segments into a folder of its own.

    Sequence numbers begin at the time of opening, so neither they nor file names are used twice when a camera comes
    back; what an earlier connection left is deleted once the first new segment is there. The times in the playlist
    are wall-clock time.

    Raises UnsupportedStream for anything but H.264 and H.265.
    """

    def __init__(self, folder: Path, source: Source, *, segment_s: float, segments_kept: int) -> None:
        if source.codec not in CODECS:
            raise UnsupportedStream(f"{source.address}: sends {source.codec}; set the camera to H.264 (or H.265)")
        self._folder = folder
        self._source = source
        self._segment_s = segment_s
        self._segments_kept = segments_kept
        self._started = False
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._finish()

    def write(self, packet: VideoPacket) -> None:
        """Takes the packet over: decode it before. What precedes the first keyframe cannot be shown and is left out."""
        try:
            if packet.is_keyframe:
                self._prepare()
            if self._started:
                self._place(packet)
                self._mux([packet] if self._reorder is None else self._reorder.filter(packet))
        except FFmpegError as error:
            log.warning("live video begins anew", camera=self._source.address, error=error)
            self._finish()

    def _prepare(self) -> None:
        if self._started and abs(self._drift()) > CLOCK_DRIFT_TOLERATED_S:
            self._finish()
        if not self._started:
            self._start()
        self._delete_predecessors()

    def _place(self, packet: VideoPacket) -> None:
        dts = packet.dts if packet.dts is not None else packet.pts
        placed = self._timeline.place(0 if dts is None else dts)
        ahead = 0 if packet.pts is None or dts is None else packet.pts - dts
        self._written_s = float(placed * packet.time_base)
        packet.dts = placed
        packet.pts = placed + max(0, ahead) if self._reorder is None else None

    def _drift(self) -> float:
        """Seconds by which the wall clock is ahead of the times in the playlist."""
        return time.monotonic() - self._opened - self._written_s

    def _start(self) -> None:
        stream: VideoStream = self._source.stream
        sequence = int(time.time() * 2)
        self._init_name = f"init-{sequence}.mp4"
        self._output = av.open(
            str(self._folder / PLAYLIST),
            "w",
            format="hls",
            options={
                "hls_time": str(self._segment_s),
                "hls_list_size": str(self._segments_kept),
                "hls_delete_threshold": "3",
                "hls_segment_type": "fmp4",
                "hls_fmp4_init_filename": self._init_name,
                "hls_segment_filename": str(self._folder / "%d.m4s"),
                "start_number": str(sequence),
                "hls_flags": HLS_FLAGS,
            },
        )
        self._stream = self._output.add_stream_from_template(stream)
        self._stream.codec_context.codec_tag = CODECS[self._source.codec]
        self._reorder = BitStreamFilterContext("dts2pts", stream) if self._source.decode_ordered else None
        assert stream.time_base is not None
        self._timeline = Timeline(stream.time_base)
        self._opened = time.monotonic()
        self._written_s = 0.0
        self._started = True
        self._predecessors = [path for path in self._folder.iterdir() if path.name != PLAYLIST]

    def _mux(self, packets: Iterable[VideoPacket]) -> None:
        for packet in packets:
            if packet.pts is None or packet.dts is None or packet.pts < packet.dts:
                packet.pts = packet.dts
            packet.stream = self._stream
            self._output.mux_one(packet)

    def _finish(self) -> None:
        if self._started:
            self._started = False
            with suppress(FFmpegError):
                self._output.close()

    def _delete_predecessors(self) -> None:
        playlist = self._folder / PLAYLIST
        if self._predecessors and playlist.exists() and self._init_name in playlist.read_text():
            for path in self._predecessors:
                path.unlink(missing_ok=True)
            self._predecessors = []


def clear(folder: Path) -> None:
    """Deletes the live video of a camera that is down: what is hours old must not look live."""
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)
