"""Last packets of one camera in memory, from which clips of evidence are cut."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import structlog

from pipelines.evidence.clip_file import ClipFormat, ClipPacket
from pipelines.evidence.gaps import MIN_GAP_S
from pipelines.ingest.clock import StreamClock
from pipelines.ingest.nal import FrameRole, classify_access_unit, header_units, renews_in_parts
from pipelines.ingest.source import Source, VideoPacket
from pipelines.live_video.fragmented_mp4 import CODEC_TAGS
from pipelines.live_video.hls_muxer import TimestampUnwrapper

log = structlog.get_logger()

MAX_RING_BYTES = 32_000_000
"""Most bytes of one camera in memory: 30 s at 8 Mbit/s. [assumption]"""

MAX_RUNS = 3
"""Most connections or formats of a camera whose packets are kept. [assumption]"""

MAX_HEADERS_BYTES = 4096
"""Most bytes of parameter sets and messages that wait for their frame. [assumption: pipelines.ingest.nal]"""


@dataclass(eq=False)
class _Run:
    """Packets of one connection in one format, by groups of pictures."""

    format: ClipFormat
    gops: deque[list[ClipPacket]] = field(default_factory=deque)

    @property
    def begin(self) -> float:
        return self.gops[0][0].at

    @property
    def end(self) -> float:
        return self.gops[-1][-1].at


@dataclass(frozen=True)
class Cut:
    """Packets of a clip, from a keyframe on, in one format."""

    format: ClipFormat
    packets: list[ClipPacket]


class PacketRing:
    """Ring of at most `max_bytes`, of the last `before_s` seconds and of periods that are reserved. Thread-safe.

    The oldest groups of pictures are dropped as a whole. now: returns Unix seconds; replaceable in tests.
    """

    def __init__(
        self, before_s: float, *, max_bytes: int = MAX_RING_BYTES, now: Callable[[], float] = time.time
    ) -> None:
        self._before_s = before_s
        self._now = now
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._runs: deque[_Run] = deque()
        self._bytes = 0
        self._reserved: list[float] = []

    @contextmanager
    def open(self, source: Source) -> "Iterator[_Writer]":
        """Yield the sink of a connection."""
        yield _Writer(source, self._add, StreamClock(self._now))

    def reserve(self, from_at: float) -> None:
        """Keep packets from a time (Unix seconds) on until `release` of that time, within the limit of memory."""
        with self._lock:
            self._reserved.append(from_at)

    def release(self, from_at: float) -> None:
        """End a reservation."""
        with self._lock:
            self._reserved.remove(from_at)

    @property
    def newest_at(self) -> float:
        """Unix seconds of the newest packet; 0 without one."""
        with self._lock:
            return self._runs[-1].end if self._runs else 0.0

    def cut(self, from_at: float, to_at: float, moment: float) -> Cut | None:
        """Return the packets of a period around a moment; None where there are none.

        They begin with the keyframe before `from_at`, where that was kept, and are of the connection of the moment.
        """
        earliest = from_at - MIN_GAP_S  # the newest packet of a period of no length is the one before it
        with self._lock:
            runs = [run for run in self._runs if run.begin <= to_at and run.end >= earliest]
            if not runs:
                return None
            run = next((run for run in reversed(runs) if run.begin <= moment), runs[0])
            gops = [list(gop) for gop in run.gops]
        first = max((number for number, gop in enumerate(gops) if gop[0].at <= from_at), default=0)
        packets = [packet for gop in gops[first:] for packet in gop]
        end = next((number for number, packet in enumerate(packets) if packet.at > to_at), len(packets))
        return Cut(run.format, packets[:end]) if end and packets[end - 1].at >= earliest else None

    def _add(self, run: _Run, packet: ClipPacket) -> None:
        with self._lock:
            if run not in self._runs:
                if not packet.is_keyframe:
                    return
                self._runs.append(run)
            if packet.is_keyframe:
                run.gops.append([])
            run.gops[-1].append(packet)
            self._bytes += len(packet.data)
            horizon = min([packet.at - self._before_s, *self._reserved])
            while self._runs[0] is not run and (len(self._runs) > MAX_RUNS or self._runs[0].end < horizon):
                self._drop(len(self._runs[0].gops))
            while len(self._runs[0].gops) > 1 and self._runs[0].gops[1][0].at <= horizon:
                self._drop(1)
            while self._bytes > self._max_bytes:
                self._drop(1)

    def _drop(self, number: int) -> None:
        """Drop the oldest groups of pictures of the oldest run, and the run with its last one."""
        gops = self._runs[0].gops
        for _ in range(number):
            self._bytes -= sum(len(packet.data) for packet in gops.popleft())
        if not gops:
            self._runs.popleft()


class _Writer:
    """Sink of one connection. Errors end the recording up to the next keyframe, never the connection."""

    def __init__(self, source: Source, add: Callable[[_Run, ClipPacket], None], clock: StreamClock) -> None:
        self._source = source
        self._add = add
        self._is_usable = source.codec in CODEC_TAGS
        self._timestamps = TimestampUnwrapper(source.time_base)
        self._clock = clock
        self._run: _Run | None = None
        self._parameters = b""
        self._headers = b""

    def put(self, packet: VideoPacket) -> None:
        """Keep the next packet, which is not changed."""
        if not self._is_usable:
            return
        try:
            self._put(packet)
        except Exception as error:
            log.debug("packets are not kept up to the next keyframe", camera=self._source.address, error=error)
            self._run = None

    def _put(self, packet: VideoPacket) -> None:
        data = bytes(packet)
        if self._source.has_start_codes and classify_access_unit(self._source.codec, data) is FrameRole.HEADERS:
            # Some cameras send parameter sets by themselves; in a file they stand in front of their frame.
            self._headers += data
            if len(self._headers) > MAX_HEADERS_BYTES:
                self._headers = b""
            return
        data, self._headers = self._headers + data, b""
        stated = packet.dts if packet.dts is not None else packet.pts
        dts = self._timestamps.unwrap(0 if stated is None else stated)
        pts = dts if packet.pts is None or stated is None else dts + max(0, packet.pts - stated)
        is_keyframe = packet.is_keyframe and not renews_in_parts(self._source.codec, data)
        if is_keyframe:
            self._follow_format(packet, data)
        if self._run is not None:
            at = self._clock.wall(float(pts * self._source.time_base))
            self._add(self._run, ClipPacket(data, dts, pts, is_keyframe, at))

    def _follow_format(self, keyframe: VideoPacket, data: bytes) -> None:
        """Begin a run at the first keyframe, and where the parameter sets change."""
        units = header_units(self._source.codec, data)
        parameters = units.parameters + units.orientation
        changed = parameters not in (b"", self._parameters)
        if self._run is not None and not changed:
            return
        coded = self._source.coded_picture(keyframe)
        if coded is None or not all(coded.size):
            self._run = None
            return
        self._parameters = parameters or self._parameters
        self._run = _Run(ClipFormat(self._source, coded))
