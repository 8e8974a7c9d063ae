"""Small rendition of one camera's live video for weak links: 8 frames a second, at most 192 kbit/s, in H.264.

`python -m pipelines.live_video.small_video SOURCE TARGET` follows the playlist in one folder and writes that of another
until its standard input ends. It runs on idle time of the CPU only, so that it takes none from the analysis
(docs/adr/0197-small-video-on-demand.md).
"""

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

import av
import structlog
from av.error import FFmpegError
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter

from pipelines.ingest.displayed_frame import DisplayConverter, NotDisplayable
from pipelines.live_video.fragmented_mp4 import BUFFER_BYTES, MOVFLAGS, ByteSink, split_header
from pipelines.live_video.hls_playlist import PLAYLIST, InitSection, LivePlaylist
from pipelines.live_video.playlist_reader import PlaylistRun
from pipelines.logging import configure_logging

log = structlog.get_logger()

MAX_SIZE = 426, 240
"""Largest width and height in pixels. [assumption: the usual 240 lines; a vehicle is still one to the eye]"""

FPS = 8
"""Most frames a second. [assumption]"""

VIDEO_BITS_PER_S = 150_000
"""Wanted bits a second of the pictures alone. [target: 192 kbit/s with their containers and peaks]"""

MAX_BITS_PER_S = 176_000
"""Most bits a second of the pictures alone, over `BUFFERED_S`. [target: 192 kbit/s]"""

BUFFERED_S = 2.0
"""Length (s) over which `MAX_BITS_PER_S` holds: that of a segment. [assumption]"""

SEGMENT_S = 2.0
"""Length (s) of a segment, which is one key frame and what follows it: shorter ones cost bits. [assumption]"""

SEGMENTS_KEPT = 6
"""Least number of segments in the playlist. [assumption: as that of the camera]"""

POLL_S = 0.2
"""Time (s) between two reads of the playlist. [assumption]"""

TOO_SLOW_TIMES, TOO_SLOW_WITHIN_S = 3, 60.0
"""So many times behind within so many seconds: this machine has no time left for it. [assumption]"""

TOO_SLOW = 75
"""Exit status of a rendition that had no time. [source: EX_TEMPFAIL of sysexits.h]"""

_TICK = Fraction(1, 1000)
"""Unit of timestamps, in seconds."""


class SmallVideoWriter:
    """Encoder of one run, whose segments go into a playlist. Use as a context manager. Not thread-safe.

    size: (width, height) in pixels, both even.
    """

    def __init__(self, playlist: LivePlaylist, size: tuple[int, int]) -> None:
        self._playlist = playlist
        self._sink = ByteSink()
        self._output = av.open(self._sink, "w", format="mp4", options={"movflags": MOVFLAGS}, buffer_size=BUFFER_BYTES)
        options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "maxrate": str(MAX_BITS_PER_S),
            "bufsize": str(round(MAX_BITS_PER_S * BUFFERED_S)),
            "g": str(1000 * FPS),  # key frames are at the starts of segments alone
        }
        self._stream = self._output.add_stream("libx264", rate=FPS, options=options)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.bit_rate = VIDEO_BITS_PER_S
        self._stream.codec_context.time_base = _TICK
        self._stream.codec_context.thread_count = 1
        self._reformatter = VideoReformatter()
        self._init: InitSection | None = None
        self._began_at: float | None = None
        self._segment_at = self._last_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(FFmpegError):
            self._output.mux(self._stream.encode(None))
            self._output.close()
        if exc is None and self._began_at is not None:
            self._store(self._last_at + 1 / FPS)

    def put(self, frame: VideoFrame, at: float) -> None:
        """Encode a displayed frame of `at` (Unix seconds). Raises FFmpegError or OSError."""
        first = self._began_at is None
        if self._began_at is None:
            self._began_at = self._segment_at = at
        ends = first or at - self._segment_at >= SEGMENT_S - 0.5 / FPS
        small = self._reformatter.reformat(frame, self._stream.width, self._stream.height, "yuv420p")
        small.pts, small.time_base = round((at - self._began_at) / _TICK), _TICK
        small.pict_type = PictureType.I if ends else PictureType.NONE
        self._output.mux(self._stream.encode(small))
        self._last_at = at
        if ends and not first:
            self._store(at)
            self._segment_at = at

    def _store(self, end_at: float) -> None:
        """Store the segment that is complete."""
        media = self._sink.pop()
        if self._init is None:
            header, media = split_header(media)
            self._init = InitSection(header)
        if media:
            self._playlist.add(
                self._init, media, start_at=self._segment_at, duration_s=max(end_at - self._segment_at, 1 / FPS)
            )


def small_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of the rendition: within `MAX_SIZE`, never larger, even, of the same shape.

    >>> small_size(1920, 1080), small_size(480, 640), small_size(200, 100)
    ((426, 240), (180, 240), (200, 100))
    """
    scale = min(1.0, MAX_SIZE[0] / width, MAX_SIZE[1] / height)
    return max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2))


def follow(source: Path, playlist: LivePlaylist, wait: Callable[[], bool]) -> int:
    """Write the rendition of the live video in `source` until a stop; return the exit status.

    wait: sleeps for a moment, and returns True at a stop.
    """
    last: int | None = None
    behind: deque[float] = deque(maxlen=TOO_SLOW_TIMES)
    while not wait():
        if not (source / PLAYLIST).exists():
            playlist.clear()
            continue
        run = PlaylistRun(source, last, wait)
        try:
            _write_run(run, playlist)
        except (FFmpegError, NotDisplayable, OSError) as error:
            log.warning("a part of the small video is missing", folder=playlist.folder.name, error=error)
        last = run.last
        if run.fell_behind:
            behind.append(time.monotonic())
            if len(behind) == TOO_SLOW_TIMES and behind[-1] - behind[0] < TOO_SLOW_WITHIN_S:
                return TOO_SLOW
    return 0


def _write_run(run: PlaylistRun, playlist: LivePlaylist) -> None:
    with av.open(run, "r", format="mp4") as container, ExitStack() as stack:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        display = DisplayConverter(stream)
        writer: SmallVideoWriter | None = None
        begin_s: float | None = None
        due_s = 0.0
        for packet in container.demux(stream):
            if begin_s is None and packet.pts is not None:
                begin_s = float(packet.pts * packet.time_base)
            for frame in packet.decode():
                noted = display.note(frame)
                if frame.time is None or begin_s is None or (writer is not None and frame.time < due_s):
                    continue
                shown = display.convert(noted)
                if writer is None:
                    writer = stack.enter_context(SmallVideoWriter(playlist, small_size(shown.width, shown.height)))
                due_s = frame.time + 0.9 / FPS
                writer.put(shown, run.start_at + frame.time - begin_s)


def main(source: Path, target: Path) -> int:
    """Write the rendition until the standard input ends: the program that started this one has ended it, or is gone."""
    configure_logging()
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    stop = Flag()

    def await_end() -> None:
        sys.stdin.buffer.read()
        stop.set()

    Thread(target=await_end, daemon=True).start()
    playlist = LivePlaylist(target, segments_kept=SEGMENTS_KEPT)
    try:
        return follow(source, playlist, lambda: stop.wait(POLL_S))
    finally:
        playlist.clear()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
