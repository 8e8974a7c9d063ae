"""HLS playlist of one camera, which outlives its connections, and the files that it names (RFC 8216)."""

import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import structlog
from pydantic import BaseModel, NonNegativeInt, ValidationError

from pipelines.atomic_file import write_atomically
from pipelines.bus.disk_reserve import require_space

log = structlog.get_logger()

PLAYLIST = "index.m3u8"
"""File name of the playlist."""

STILL = "still.jpg"
"""File name of the newest picture of a camera without a playlist."""

PREVIEW = "preview.jpg"
"""File name of the newest small picture of a camera."""

NUMBERS = ".numbers.json"
"""File name of the reserved numbers, which survive a restart; the portal serves no hidden file."""

MIN_PLAYLIST_TARGETS = 3
"""Least length of a playlist from which a segment is removed, in target durations. [source: RFC 8216, 6.2.2]"""

START_SEGMENTS = 3
"""Segments from the one at which players start to the last one at least, so that they do not wait. [assumption]"""

START_INSET_S = 0.05
"""Distance (s) of the stated start from the start of its segment, against rounding in players. [assumption]"""

MAX_SEGMENTS = 300
"""Most segments in the playlist, and most kept after it. Only segments of a few frames reach it. [assumption]"""

JITTER_S = 0.1
"""Difference (s) in length of segments with regular keyframes. The target duration covers it from the first segment on.
[measured: 0.08 s over RTSP, keyframes every 2.5 s]"""

EXTINF_DECIMALS = 6
"""Decimals of the length of a segment, in seconds. [assumption]"""

RESERVED_NUMBERS = 1000
"""Sequence numbers reserved by one write of `NUMBERS`; a restart skips the rest of them. [assumption]"""

CLOCK_STEPS_PER_S = 2
"""Steps a second of the first number without `NUMBERS`; a number of version 0.1.0 is lower. [assumption]"""


@dataclass(frozen=True, eq=False, slots=True)
class InitSection:
    """Media initialization section, the header that all segments of one run need. A new object starts a new run."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """A stored segment. run: number of its run. init: file with its header. start_at: Unix seconds.

    is_independent: it starts with a keyframe.
    """

    sequence: int
    run: int
    init: str
    start_at: float
    duration_s: float
    is_independent: bool = True

    @property
    def name(self) -> str:
        """File name."""
        return f"{self.sequence}.m4s"


@dataclass(frozen=True, slots=True)
class _Unlisted:
    """A segment that left the playlist. until_s: length of the video after which its file may be deleted."""

    segment: Segment
    until_s: float


class LivePlaylist:
    """Segments of all connections to one camera in one playlist, so that players go on after a reconnect.

    Segments are numbered without gaps. A new run is marked by a discontinuity and names its own header. Numbers of
    segments and discontinuities never decrease, also after a restart with the clock set back (RFC 8216, 6.2.2).
    Where keyframes are rare, not every segment starts with one. Players then start at the last one that does, which
    stays in the playlist. The target duration grows with the longest segment and never decreases (docs/adr/0140).
    The folder belongs to the playlist, which deletes all other files in it. Not thread-safe. `add` raises OSError.

    segments_kept: least number of segments in the playlist. now: returns Unix seconds, replaceable in tests.
    """

    def __init__(self, folder: Path, *, segments_kept: int, now: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._path, self._draft = folder / PLAYLIST, folder / f".{PLAYLIST}.part"
        self._kept = segments_kept
        self._listed: deque[Segment] = deque()
        self._unlisted: deque[_Unlisted] = deque()
        self._init: InitSection | None = None
        self._added_s = 0.0
        self._target_s = 1
        with suppress(OSError):  # a disk that fails is reported at the first segment
            folder.mkdir(parents=True, exist_ok=True)
        self.next_sequence, self._next_run = self._first_numbers(now)
        self._reserved_until = self.next_sequence
        self.clear()

    def add(
        self, init: InitSection, media: bytes, *, start_at: float, duration_s: float, is_independent: bool = True
    ) -> None:
        """Store the next segment, list it, and delete the oldest. start_at: Unix seconds of its first frame.

        is_independent: the segment starts with a keyframe. Space that is reserved for events is not used.
        """
        if init is not self._init:
            self.folder.mkdir(parents=True, exist_ok=True)
        require_space(self.folder, len(media))
        if init is self._init:
            run, init_name = self._next_run - 1, self._listed[-1].init
        else:
            run, init_name = self._next_run, f"init-{self.next_sequence}.mp4"
        if init is not self._init or self.next_sequence >= self._reserved_until:
            self._reserve(run)
        if init is not self._init:
            (self.folder / init_name).write_bytes(init.data)
        segment = Segment(self.next_sequence, run, init_name, start_at, duration_s, is_independent)
        (self.folder / segment.name).write_bytes(media)
        self._init, self._next_run = init, run + 1
        self.next_sequence += 1
        self._listed.append(segment)
        self._added_s += duration_s
        self._target_s = max(self._target_s, _target_duration(duration_s))
        self._unlist_old()
        self._draft.write_bytes(self._text().encode())
        self._draft.replace(self._path)

    def clear(self) -> None:
        """Delete the live video of a camera without a connection, so that old video does not appear to be live."""
        self._listed.clear()
        self._unlisted.clear()
        self._init = None
        self._target_s = 1
        for path in self.folder.glob("*"):
            if path.name != NUMBERS:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    log.error("old live video cannot be deleted; delete it", path=str(path), error=error)

    def _first_numbers(self, now: Callable[[], float]) -> tuple[int, int]:
        """Return the numbers of the next segment and the next run: those reserved, else by the clock and the files."""
        try:
            reserved = _Reserved.model_validate_json((self.folder / NUMBERS).read_bytes())
        except FileNotFoundError:
            pass
        except (ValidationError, OSError) as error:
            log.warning(
                "unreadable numbers of segments; the clock sets them again", folder=str(self.folder), error=error
            )
        else:
            return reserved.next_sequence, reserved.next_run
        stored = [int(path.stem) for path in self.folder.glob("*.m4s") if path.stem.isdecimal()]
        return max(int(now() * CLOCK_STEPS_PER_S), *(number + 1 for number in stored), 0), 0

    def _reserve(self, run: int) -> None:
        """Reserve the run, and the next `RESERVED_NUMBERS` sequence numbers, also against a power cut."""
        reserved = _Reserved(next_sequence=self.next_sequence + RESERVED_NUMBERS, next_run=run + 1)
        write_atomically(self.folder / NUMBERS, reserved.model_dump_json())
        self._reserved_until = reserved.next_sequence

    def _unlist_old(self) -> None:
        """Remove the oldest segments from the playlist, and delete files that no player needs any more.

        A file remains for the length of its segment and of the playlist that named it (RFC 8216, 6.2.2).
        """
        listed_s = whole_s = sum(segment.duration_s for segment in self._listed)
        least_s = MIN_PLAYLIST_TARGETS * self._target_s
        while len(self._listed) > max(self._kept, self._start_from_end()) and (
            listed_s - self._listed[0].duration_s >= least_s or len(self._listed) > MAX_SEGMENTS
        ):
            segment = self._listed.popleft()
            self._unlisted.append(_Unlisted(segment, self._added_s + segment.duration_s + whole_s))
            listed_s -= segment.duration_s
        while self._unlisted and (self._unlisted[0].until_s <= self._added_s or len(self._unlisted) > MAX_SEGMENTS):
            segment = self._unlisted.popleft().segment
            (self.folder / segment.name).unlink(missing_ok=True)
            if segment.init not in {other.init for other in (*(u.segment for u in self._unlisted), *self._listed)}:
                (self.folder / segment.init).unlink(missing_ok=True)

    def _start_from_end(self) -> int:
        """Return how many segments are listed from the one at which players start; at most `MAX_SEGMENTS`."""
        independent = [n for n, segment in enumerate(reversed(self._listed), 1) if segment.is_independent]
        return min(next((n for n in independent if n >= START_SEGMENTS), max(independent, default=0)), MAX_SEGMENTS)

    def _start_line(self) -> list[str]:
        """Return the line that states where players start; none without a segment that starts with a keyframe."""
        count = self._start_from_end()
        if count == 0:
            return []
        start_s = sum(segment.duration_s for segment in islice(reversed(self._listed), count))
        return [f"#EXT-X-START:TIME-OFFSET={START_INSET_S - start_s:.3f}"]

    def _text(self) -> str:
        first = self._listed[0]
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{self._target_s}",
            f"#EXT-X-MEDIA-SEQUENCE:{first.sequence}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.run}",
        ]
        is_usual = all(segment.is_independent for segment in self._listed)
        lines += ["#EXT-X-INDEPENDENT-SEGMENTS"] if is_usual else self._start_line()
        init = None
        for segment in self._listed:
            if segment.init != init:
                lines += ["#EXT-X-DISCONTINUITY"] if init is not None else []
                lines += [f'#EXT-X-MAP:URI="{segment.init}"']
                init = segment.init
            start = datetime.fromtimestamp(segment.start_at, UTC).isoformat(timespec="milliseconds")
            lines += [
                f"#EXTINF:{segment.duration_s:.{EXTINF_DECIMALS}f},",
                f"#EXT-X-PROGRAM-DATE-TIME:{start}",
                segment.name,
            ]
        return "\n".join(lines) + "\n"


def _target_duration(duration_s: float) -> int:
    """Return the target duration that a segment needs, in whole seconds: halves count upwards (RFC 8216, 4.3.3.1).

    >>> [_target_duration(s) for s in (2.3, 2.49, 2.5, 3.5)]
    [2, 3, 3, 4]
    """
    return math.floor(duration_s + JITTER_S + 0.5)


class _Reserved(BaseModel):
    """First numbers that no segment and no run of this folder has used."""

    next_sequence: NonNegativeInt
    next_run: NonNegativeInt
