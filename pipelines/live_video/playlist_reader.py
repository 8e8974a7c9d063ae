"""Segments of a playlist in the order of its video, for a program that follows it as a player does (RFC 8216)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.live_video.hls_playlist import PLAYLIST

START_SEGMENTS = 2
"""Segments from the one with which a reader starts to the newest one. [assumption: close to now, with one to read]"""

MAX_BEHIND = 4
"""Most segments between the one that is read and the newest one; a reader further behind skips. [assumption]"""

_MAP = re.compile(r'#EXT-X-MAP:URI="([^"/]+)"')
"""Line with the file of the header. [source: RFC 8216]"""
_TIME = re.compile(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)")
"""Line with the time of the next segment's first frame. [source: RFC 8216]"""
_SEQUENCE = re.compile(r"(\d+)\.m4s")
"""Line with the file of a segment, as `LivePlaylist` names it."""


@dataclass(frozen=True, slots=True)
class ListedSegment:
    """A segment of a playlist. init: file with its header. start_at: Unix seconds."""

    sequence: int
    init: str
    start_at: float

    @property
    def name(self) -> str:
        """File name."""
        return f"{self.sequence}.m4s"


def listed_segments(text: str) -> list[ListedSegment]:
    """Return the segments of a playlist that `LivePlaylist` wrote, the oldest first.

    >>> listed_segments('#EXT-X-MAP:URI="init-7.mp4"\\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:09+00:00\\n7.m4s\\n')
    [ListedSegment(sequence=7, init='init-7.mp4', start_at=9.0)]
    """
    found, init, start_at = [], "", 0.0
    for line in text.splitlines():
        if match := _MAP.fullmatch(line):
            init = match[1]
        elif match := _TIME.fullmatch(line):
            start_at = datetime.fromisoformat(match[1]).timestamp()
        elif match := _SEQUENCE.fullmatch(line):
            found.append(ListedSegment(int(match[1]), init, start_at))
    return found


class PlaylistRun:
    """Bytes of one run of a playlist, as a file for `av.open` that waits for each next segment. Not thread-safe.

    The file ends where the run ends, where the playlist is gone, at a stop, or where its reader is too far behind.
    folder: of the playlist. after: last segment of the run before; None at first. wait: sleeps for a moment, and
    returns True at a stop.
    start_at: Unix seconds of the first frame. last: sequence number of the newest segment read; None without any.
    fell_behind: whether segments are skipped after the end.
    """

    def __init__(self, folder: Path, after: int | None, wait: Callable[[], bool]) -> None:
        self._folder = folder
        self._wait = wait
        self._init: str | None = None
        self._rest = memoryview(b"")
        self.start_at = 0.0
        self.last = after
        self.fell_behind = False

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end."""
        if not self._rest:
            self._rest = memoryview(self._next())
        part, self._rest = self._rest[:size], self._rest[size:]
        return bytes(part)

    def _next(self) -> bytes:
        while True:
            try:
                segments = listed_segments((self._folder / PLAYLIST).read_text())
                newer = [each for each in segments if self.last is None or each.sequence > self.last]
                if newer:
                    return self._taken(newer)
            except OSError:  # there is no live video, or a segment was deleted before it was read
                return b""
            if self._wait():
                return b""

    def _taken(self, newer: list[ListedSegment]) -> bytes:
        first = newer[0]
        if self._init is None:
            first = newer[-min(START_SEGMENTS, len(newer))]
            header = (self._folder / first.init).read_bytes()
            media = header + (self._folder / first.name).read_bytes()
            self._init, self.start_at = first.init, first.start_at
        elif first.init != self._init:
            return b""
        elif len(newer) > MAX_BEHIND:
            self.fell_behind = True
            return b""
        else:
            media = (self._folder / first.name).read_bytes()
        self.last = first.sequence
        return media
