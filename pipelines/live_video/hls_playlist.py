"""The HLS playlist of one camera, which outlives its connections (RFC 8216)."""

import re
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from pipelines.atomic_file import write_atomically

PLAYLIST = "index.m3u8"
STILL_READ = 3
"""Segments that left the playlist and are kept a little longer, for those who are about to read them."""

_ENTRY = re.compile(r"(#EXTINF:([\d.]+).*\n(?:#EXT-X-PROGRAM-DATE-TIME:.*\n)?)(\d+)\.m4s\n")


@dataclass(frozen=True, slots=True)
class Segment:
    """init: the file with the header that it needs. tags: its lines in the playlist, without its name."""

    sequence: int
    init: str
    tags: str
    duration_s: float

    @property
    def name(self) -> str:
        return f"{self.sequence}.m4s"


class LivePlaylist:
    """Joins the segments of all connections, so that a viewer's player goes on when the camera comes back.

    Segments are numbered without gaps; where a new connection begins, a discontinuity is marked and its own header
    named. Numbers begin at the time of creation, so that no name is used twice even after a restart.
    """

    def __init__(self, folder: Path, *, segments_kept: int) -> None:
        self.folder = folder
        self._kept = segments_kept
        self._segments: deque[Segment] = deque()
        self._gone: deque[Segment] = deque()
        self._discontinuities_gone = 0
        self.next_sequence = int(time.time() * 2)
        folder.mkdir(parents=True, exist_ok=True)
        self.clear()

    def ingest(self, init: str, run: str) -> None:
        """Add what is new in `run`, the playlist of the present connection, whose header is in the file `init`."""
        for tags, duration, number in _ENTRY.findall(run):
            if int(number) >= self.next_sequence:
                self._segments.append(Segment(int(number), init, tags, float(duration)))
                self.next_sequence = int(number) + 1
        while len(self._segments) > self._kept:
            self._let_go()
        write_atomically(self.folder / PLAYLIST, self._text(), durable=False)

    def clear(self) -> None:
        """Delete the live video of a camera that is down: what is hours old must not look live."""
        while self._segments:
            self._let_go()
        self._gone.clear()
        for path in self.folder.iterdir():
            path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        oldest = self._segments.popleft()
        if not self._segments or self._segments[0].init != oldest.init:
            self._discontinuities_gone += 1
        self._gone.append(oldest)
        while len(self._gone) > STILL_READ:
            segment = self._gone.popleft()
            (self.folder / segment.name).unlink(missing_ok=True)
            if segment.init not in {other.init for other in (*self._gone, *self._segments)}:
                (self.folder / segment.init).unlink(missing_ok=True)

    def _text(self) -> str:
        longest_s = max((segment.duration_s for segment in self._segments), default=1.0)
        first = self._segments[0].sequence if self._segments else self.next_sequence
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{max(1, round(longest_s))}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self._discontinuities_gone}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        init = None
        for segment in self._segments:
            if segment.init != init:
                lines += ["#EXT-X-DISCONTINUITY"] if init is not None else []
                lines += [f'#EXT-X-MAP:URI="{segment.init}"']
                init = segment.init
            lines += [f"{segment.tags}{segment.name}"]
        return "\n".join(lines) + "\n"
