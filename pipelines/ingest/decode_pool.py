"""DecodeTask for all cameras by a few threads, no more of it than analysis wants.

The thread that reads a camera leaves its packets in a `DecodeTask`, as they are. When a picture is wanted, that camera
gets a turn: one of the pool's threads decodes what has gathered and shows the newest picture. Turns are taken in the
order in which they became due, so that no camera waits for another one twice; and what became superfluous by then (all
that lies before a fresh start, and what no other picture needs) is never decoded. Where decoding cannot keep up,
packets are let go up to the next keyframe: a camera is looked at less often then, but never late.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from queue import Empty, SimpleQueue
from threading import Condition
from threading import Event as Flag
from types import TracebackType
from typing import Self

import structlog
from av.video.frame import VideoFrame

from models.detection.cpu import available_cores
from pipelines.ingest.clock import StreamClock
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.ingest.nal import FrameRole, classify_access_unit
from pipelines.ingest.rate_limiter import RateLimiter
from pipelines.ingest.source import Source, VideoPacket

log = structlog.get_logger()

PACKETS_KEPT = 100
"""Waiting for one camera, at most: 4 s at 25 pictures a second."""

HEADERS_KEPT = 4
CLOSED_WITHIN_S = 1.0
IDLE_CHECK_S = 0.5

OnFrame = Callable[[TimedFrame], None]
WantedRate = Callable[[], float]
"""Pictures a second that are wanted at the moment; 0 for none."""


class DecodePool:
    """threads: how many may decode at once; by default one for each CPU core that this process may use.

    Its owner calls `run` in that many threads.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or available_cores()
        self._due: SimpleQueue[DecodeTask] = SimpleQueue()

    def run(self, stop: Flag) -> None:
        while not stop.is_set():
            try:
                decoding = self._due.get(timeout=IDLE_CHECK_S)
            except Empty:
                continue
            if decoding.run():
                self.schedule(decoding)

    def schedule(self, decoding: "DecodeTask") -> None:
        self._due.put(decoding)

    def open(self, source: Source, *, watch: OnFrame, wanted_rate: WantedRate) -> "DecodeTask":
        """The way to pictures of an open source. watch: is given them, in one of the pool's threads."""
        return DecodeTask(self, source, watch, wanted_rate)


@dataclass(slots=True)
class DecodeStats:
    """What became of one connection's pictures.

    decoded: some of them for the sake of later ones only. shown: to analysis. Never decoded were those that were
    unneeded (no other picture builds on them), outdated (a fresh start came before their turn), unwanted (nobody
    looks at this stream now) or let go (decoding fell behind).
    """

    arrived: int = 0
    decoded: int = 0
    shown: int = 0
    unneeded: int = 0
    outdated: int = 0
    unwanted: int = 0
    dropped_overload: int = 0


class DecodeTask:
    """One connection's packets on their way to pictures. Use as a context manager, inside that of its source."""

    def __init__(self, pool: DecodePool, source: Source, watch: OnFrame, wanted_rate: WantedRate) -> None:
        self._pool = pool
        self._source = source
        self._watch = watch
        self._wanted_rate = wanted_rate
        self.stats = DecodeStats()
        self._decoder, self._clock = Decoder(source), StreamClock()
        self._needed = ReferenceFrameRate()
        self._changed = Condition()
        self._waiting: deque[_QueuedPacket] = deque()
        self._needs_keyframe = False
        self._unseen = self._missed = 0
        self._cadence = RateLimiter()
        self._scheduled = self._in_turn = self._due_again = self._closed = False
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._in_turn, CLOSED_WITHIN_S)
        log.debug("decoding ended", camera=self._source.address, **asdict(self.stats))

    def put(self, packet: VideoPacket) -> None:
        """The next packet of the source, which nobody may change from now on.

        Raises what went wrong with an earlier one: SourceLost, or whatever `watch` raised.
        """
        if self._failure is not None:
            raise self._failure
        rate = self._wanted_rate()
        role = (
            classify_access_unit(self._source.codec, bytes(packet))
            if self._source.has_start_codes
            else FrameRole.NEEDED
        )
        now = time.monotonic()
        with self._changed:
            self._keep(_QueuedPacket(role, packet, now), rate)
            if not self._becomes_due(rate, now):
                return
            if self._in_turn:
                self._missed += self._due_again
                self._due_again = True
                return
            if self._scheduled:
                self._missed += 1
                return
            self._scheduled = True
        self._pool.schedule(self)

    def _keep(self, arrived: "_QueuedPacket", rate: float) -> None:
        role, packet = arrived.role, arrived.packet
        self._needed.update(role, packet)
        if role is FrameRole.HEADERS:
            self._waiting.append(arrived)
            return
        self.stats.arrived += 1
        self._unseen += 1
        if role is FrameRole.RANDOM_ACCESS:
            self.stats.outdated += self._forget_pictures()
        self._needs_keyframe &= not (role is FrameRole.RANDOM_ACCESS or packet.is_keyframe)
        if rate <= 0:
            self.stats.unwanted += 1 + self._forget_pictures()
            self._needs_keyframe, self._unseen = True, 0
        elif self._needs_keyframe:
            self.stats.dropped_overload += 1
        elif role is FrameRole.DISPOSABLE and self._others_suffice(rate):
            self.stats.unneeded += 1
        else:
            self._waiting.append(arrived)
            if len(self._waiting) > PACKETS_KEPT:
                self.stats.dropped_overload += self._forget_pictures()
                self._needs_keyframe = True

    def _others_suffice(self, rate: float) -> bool:
        """Where times tell the order of decoding only, a picture's time shows in the number of those before it."""
        return self._needed.per_s >= rate and not self._source.decode_ordered

    def _forget_pictures(self) -> int:
        """How many they were. Headers stay: what comes next may be read by them."""
        before = len(self._waiting)
        headers = [kept for kept in self._waiting if kept.role is FrameRole.HEADERS]
        self._waiting = deque(headers[-HEADERS_KEPT:])
        return before - len(headers)

    def _becomes_due(self, rate: float, now: float) -> bool:
        if not (self._waiting and self._cadence.is_due(rate, now)):
            return False
        self._cadence.spend(rate, now)
        return True

    def run(self) -> bool:
        """Decode what is waiting, in a thread of the pool; True where the next turn is due already."""
        with self._changed:
            if self._closed:
                return False
            packets = list(self._waiting)
            self._waiting.clear()
            self._in_turn = True
        try:
            self._show_newest(packets)
        except Exception as error:  # raised again in the thread that owns the connection
            self._failure = error
        with self._changed:
            self._scheduled, self._in_turn, self._due_again = self._due_again, False, False
            self._changed.notify_all()
            return self._scheduled

    def _show_newest(self, packets: list["_QueuedPacket"]) -> None:
        newest: tuple[float, VideoFrame, float] | None = None
        for waiting in packets:
            for seconds, picture in self._decoder.frames(waiting.packet):
                newest = seconds, picture, waiting.since
                self.stats.decoded += 1
        if newest is not None:
            with self._changed:
                passed_over = max(0, self._unseen - 1)
                missed = min(self._missed, passed_over)
                self._unseen = self._missed = 0
                self.stats.shown += 1
            seconds, picture, arrived = newest
            self._watch(TimedFrame(self._clock.wall(seconds), picture, passed_over, missed, arrived))


@dataclass(frozen=True, slots=True)
class _QueuedPacket:
    """A packet, and since when it is here (monotonic seconds)."""

    role: FrameRole
    packet: VideoPacket
    since: float


class ReferenceFrameRate:
    """How many pictures a second are left where those that no other picture needs are left out.

    Counted from one keyframe to the next, in the stream's own time.
    """

    def __init__(self) -> None:
        self.per_s = 0.0
        self._count = 0
        self._since: float | None = None

    def update(self, role: FrameRole, packet: VideoPacket) -> None:
        if packet.is_keyframe and packet.dts is not None:
            now = float(packet.dts * packet.time_base)
            if self._since is not None:
                self.per_s = self._count / (now - self._since) if now > self._since else 0.0
            self._count, self._since = 0, now
        self._count += role in (FrameRole.RANDOM_ACCESS, FrameRole.NEEDED)
