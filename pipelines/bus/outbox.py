"""Outbox of a worker: events on disk until the bus has acknowledged them, and two minutes longer.

`put` returns when the event is on disk, and never waits for a network. A thread of the outbox publishes, in the order
of `pipelines.bus.lanes`, and retries without end while the bus is unavailable. An event keeps its id across attempts
and restarts, so that the store recognises a replay.

A broker without replicas acknowledges events before they are on its disk, and loses them in a power cut. Therefore
acknowledged events stay for KEPT_S. They are published again after every loss of the bus and after every start. The
store ignores replays.

Where the disk fails or is full, new events wait in memory, and are published from there. They go to the file as soon as
it can be written. What a full outbox drops is reported by `gap` events (docs/adr/0133, 0173).
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from math import inf
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, time
from types import TracebackType
from typing import Self

import structlog
from pydantic import ValidationError

from pipelines.bus.bus import Publisher, TopicsUnavailable
from pipelines.bus.dead_letter import DEAD_LETTERS, DeadLetterFile, DeadLetterLog, DeadLetters, deliver
from pipelines.bus.disk_reserve import is_full
from pipelines.bus.lanes import BATCH, Lanes
from pipelines.bus.old_outbox import old_events, remove_old
from pipelines.bus.record_format import ATTEMPTED, KINDS, OVERHEAD, SET_ASIDE, WAITING, DamagedRecordError
from pipelines.bus.room import Room, entry_of, losses
from pipelines.bus.spool import DROPPED, Entry, Segment, Spool
from pipelines.errors import UserError
from pipelines.events.schema import TOPICS, Event, LossReason
from pipelines.retry import Backoff, Retry

log = structlog.get_logger()

CAPACITY_BYTES = 512 * 2**20
"""Capacity in bytes on disk. 36 busy cameras write about 1.1 MB a minute, so it lasts for 8 hours of a broken link.
[measured once before 0.1.0, no bench]"""
MEMORY_BYTES = 64 * 2**20
"""Capacity in bytes of event bodies in memory while the file cannot be written; about an hour of 36 busy cameras.
[measured once before 0.1.0, no bench]"""
SEGMENTS = 32
"""Files in a full outbox; 16 MiB each, a quarter of an hour of 36 busy cameras. [assumption]"""
KEPT_S = 120.0
"""Seconds for which acknowledged events are kept. [assumption: brokers write to disk every minute or sooner]"""
BACKOFF = Backoff(first_s=0.25, longest_s=10.0)
"""Delays, in seconds, between attempts to publish. [assumption]"""
DRAIN_S = 1.0
"""Longest time in seconds to publish the rest when the outbox closes. [requirement: the program ends within 5 s]"""
REPORT_EVERY_S = 60.0
"""Least interval, in seconds, between two reports of a disk that fails. [assumption]"""
PRUNE_EVERY_S = 1.0
"""Interval, in seconds, at which files of acknowledged events are deleted. [assumption]"""

_ROOM_MADE = 0.05
"""Fraction of the capacity that is freed at once when the outbox is full. [assumption]"""


class Outbox:
    """A context manager that publishes while it is open. On exit it drains for `drain_s` and keeps the rest on disk.

    path: folder, for one process at a time. capacity_bytes: on disk. dead_letters: receives events that cannot be
    published; by default a file beside `path`. The caller closes the publisher after the outbox.
    """

    def __init__(
        self,
        path: Path,
        publisher: Publisher,
        *,
        capacity_bytes: int = CAPACITY_BYTES,
        kept_s: float = KEPT_S,
        drain_s: float = DRAIN_S,
        dead_letters: DeadLetters | None = None,
    ) -> None:
        self._path = path
        self._publisher = publisher
        self._capacity_bytes = capacity_bytes
        self._kept_s = kept_s
        self._drain_s = drain_s
        self._dead_letters = dead_letters or DeadLetterFile(path.with_name(DEAD_LETTERS))
        self._changed = Condition()  # guards all below
        self._open = False
        self._spool = Spool(path, capacity_bytes // SEGMENTS)
        self._lanes = Lanes()
        self._room = Room(self._spool, self._lanes, self._dead_letters)
        self._in_flight: list[Entry] = []  # passed to the bus at present
        self._apart_topics: frozenset[str] = frozenset()  # reported as unavailable
        self._unwritten: deque[Entry] = deque()
        self._unwritten_bytes = 0
        self._reported_at = -inf
        self._stop_by: float | None = None
        self._pump = Thread(target=self._publish_for_ever, name="outbox", daemon=True)

    def __enter__(self) -> Self:
        """Open the files and start to publish. Raises UserError where they cannot be used."""
        with self._changed:
            try:
                damages = self._spool.open()
            except OSError as error:
                if not is_full(error):
                    problem = f"{self._path}: {error.strerror}; data_dir must be a folder that can be written"
                    raise UserError(problem) from error
                log.error("the disk is full; events wait in memory until it has space", error=error)
                damages = []
            for segment in {segment.path: segment for segment, _ in damages}.values():
                self._set_aside(segment, [damage.content for of, damage in damages if of is segment])
            since = time() - self._kept_s
            self._spool.set_states(self._spool.acknowledged_since(since), ATTEMPTED)
            everything = [entry for segment in self._spool.segments for entry in segment.entries]
            self._lanes.add_old(entry for entry in everything if not entry.acknowledged)
            try:
                self._import_old()
            except UserError:
                self._spool.close()
                raise
            self._open = True
        self._pump.start()
        return self

    def _import_old(self) -> None:
        """Take over the events of a release that kept them in one file."""
        path = self._path.with_suffix(".sqlite")
        imported: list[Entry] = []
        try:
            for kind, body in old_events(path):
                if kind not in KINDS[1:]:
                    error = DamagedRecordError(f"{path.name}: no event of kind {kind!r}")
                    self._dead_letters.add(body, source="outbox file", error=error)
                    continue
                imported.append(Entry(kind, body, len(body), ATTEMPTED))
                self._unwritten.append(imported[-1])
                self._unwritten_bytes += len(body)
                if len(self._unwritten) >= BATCH:
                    self._write_waiting()
                    self._drop_oldest_unwritten()
            while self._unwritten and self._write_waiting():
                pass
            if not self._unwritten:
                remove_old(path)
        except OSError as failure:
            log.error("the outbox of an earlier version is read at the next start", path=str(path), error=failure)
        self._lanes.add_old(entry for entry in imported if entry.state != DROPPED)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stop_by = monotonic() + self._drain_s
            self._changed.notify_all()
        self._pump.join(self._drain_s)
        with self._changed:
            self._open = False
            while self._unwritten and self._write_waiting():
                pass
            waiting, lost = self._waiting(), len(self._unwritten)
            self._spool.close()
        if lost:
            log.error("events lost: the outbox could not be written until the end", lost=lost, path=str(self._path))
        if waiting > lost:
            log.warning("events stay in the outbox until the next start", waiting=waiting - lost, path=str(self._path))

    def put(self, event: Event) -> None:
        """Write `event` to disk, from any thread. It waits in memory where the disk fails; the analysis continues."""
        entry = entry_of(event)
        with self._changed:
            if not self._open:
                raise ValueError("the outbox is closed")
            self._add(entry)
            self._changed.notify_all()

    def _add(self, entry: Entry) -> None:
        self._lanes.add(entry)
        self._unwritten.append(entry)
        self._unwritten_bytes += entry.size
        self._write_waiting()
        self._drop_oldest_unwritten()

    @property
    def waiting(self) -> int:
        """Number of events that the bus has not acknowledged."""
        with self._changed:
            return self._waiting()

    def _waiting(self) -> int:
        return len(self._lanes) + len(self._in_flight)

    def _write_waiting(self) -> bool:
        """Write the oldest events in memory to the disk; return whether it could be written."""
        oldest = list(islice(self._unwritten, BATCH))
        if not oldest:
            return True
        size = sum(entry.size + OVERHEAD for entry in oldest)
        try:
            if self._spool.size + size > self._capacity_bytes:
                self._make_room()
            self._spool.append(oldest)
        except OSError as error:
            if monotonic() - self._reported_at > REPORT_EVERY_S:
                self._reported_at = monotonic()
                log.error("the outbox cannot be written; events wait in memory", path=str(self._path), error=error)
            return False
        for _ in oldest:
            self._unwritten_bytes -= self._unwritten.popleft().size
        return True

    def _drop_oldest_unwritten(self) -> None:
        if self._unwritten_bytes <= MEMORY_BYTES:
            return
        in_flight = set(map(id, self._in_flight))
        kept: deque[Entry] = deque()
        lost: list[tuple[Entry, bytes]] = []
        for entry in self._unwritten:
            is_report = entry.kind == "gap"  # joined with those of the events that are lost now
            enough = self._unwritten_bytes <= MEMORY_BYTES * (1 - _ROOM_MADE)
            if id(entry) in in_flight or (entry.state == ATTEMPTED if is_report else enough):
                kept.append(entry)
                continue
            self._unwritten_bytes -= entry.size
            entry.state = DROPPED
            lost.append((entry, entry.body or b""))
        self._lanes.remove_dropped()
        self._unwritten = kept
        for report in losses(lost, LossReason.DISK_FAILED):
            self._lanes.add(report)
            self._unwritten.append(report)
            self._unwritten_bytes += report.size
        number = sum(entry.kind != "gap" for entry, _ in lost)
        log.error("events lost: the outbox cannot be written, and the memory for them is full", lost=number)

    def _set_aside(self, segment: Segment, damages: Sequence[bytes]) -> None:
        """Move what is damaged in a segment to the dead letters."""
        for content in damages:
            error = DamagedRecordError(f"{segment.path.name}: {len(content)} bytes without a checksum")
            self._dead_letters.add(content, source="outbox file", error=error)
        try:
            self._room.set_damage_aside(segment)
        except OSError as error:
            log.error("a file of the outbox cannot be written", path=str(segment.path), error=error)

    def _publish_for_ever(self) -> None:
        retry, delay_s = Retry(BACKOFF), 0.0
        while self._wait(delay_s):
            delay_s, started = 0.0, monotonic()
            batch: list[Entry] = []
            try:
                batch = self._take()
                self._publish(batch)
            except TopicsUnavailable as error:
                self._set_apart(batch, error)
                continue
            except ConnectionError as error:
                delay_s = retry.failed("bus is unavailable; events wait in the outbox", error, waiting=self.waiting)
                self._failed(batch, monotonic() - started)
                continue
            except Exception as error:
                log.exception("events cannot be published because of a fault of this program", events=len(batch))
                for entry in batch:
                    DeadLetterLog().add(entry.body or entry.kind.encode(), source="outbox", error=error)
            self._acknowledge(batch, monotonic() - started)
            if batch and retry.succeeded():
                log.info("bus is available again", waiting=self.waiting)

    def _wait(self, delay_s: float) -> bool:
        """Wait for an event to publish, at least `delay_s` seconds. Returns False where the outbox closes."""
        with self._changed:
            if delay_s:
                self._changed.wait_for(lambda: self._stop_by is not None, delay_s)
                return self._stop_by is None
            while (due_s := self._lanes.due_s()) > 0:
                if self._stop_by is not None and due_s > self._stop_by - monotonic():
                    return False
                self._changed.wait(min(due_s, PRUNE_EVERY_S))
                self._spool.delete_acknowledged(time() - self._kept_s)
            return self._stop_by is None or monotonic() < self._stop_by

    def _take(self) -> list[Entry]:
        """Return the events to publish, and note that the bus may have them."""
        with self._changed:
            self._in_flight = self._lanes.take()
            self._spool.set_states([entry for entry in self._in_flight if entry.state == WAITING], ATTEMPTED)
            return self._in_flight

    def _publish(self, batch: Sequence[Entry]) -> None:
        events: list[Event] = []
        problems: list[tuple[Entry, bytes, Exception]] = []
        with self._changed:
            for entry in batch if self._open else ():
                body = b""
                try:
                    body = self._spool.read(entry)
                    events.append(Event.from_json(body))
                except (ValidationError, DamagedRecordError, OSError) as error:
                    problems.append((entry, body, error))
        for _, body, problem in problems:
            self._dead_letters.add(body, source="outbox file", error=problem)
        with self._changed:  # they are neither published nor set aside once more
            self._spool.set_states([entry for entry, *_ in problems], SET_ASIDE)
        if events:
            deliver(self._publisher.publish, events, self._dead_letters, source="outbox")

    def _acknowledge(self, batch: Sequence[Entry], seconds: float) -> None:
        """Note that the bus has the events of a batch, which took some seconds."""
        with self._changed:
            self._in_flight = []
            self._lanes.took(len(batch), seconds)
            self._lanes.recovered()
            published = [entry for entry in batch if not entry.acknowledged]  # the others were set aside
            if any(TOPICS[entry.kind] in self._apart_topics for entry in published):
                self._apart_topics = frozenset()
                self._lanes.join_apart()
            self._spool.set_states(published, int(time()))
            if self._unwritten:
                self._unwritten = deque(entry for entry in self._unwritten if not entry.acknowledged)
                self._unwritten_bytes = sum(entry.size for entry in self._unwritten)
                self._write_waiting()

    def _set_apart(self, batch: Sequence[Entry], error: TopicsUnavailable) -> None:
        """Keep back the events of some topics alone; what is set aside already is not published again."""
        batch = [entry for entry in batch if not entry.acknowledged]
        if error.topics - self._apart_topics:
            log.warning("events of a topic wait in the outbox", topics=", ".join(sorted(error.topics)), error=error)
        self._apart_topics |= error.topics
        with self._changed:
            self._in_flight = []
            self._lanes.set_apart(batch, lambda entry: TOPICS[entry.kind] in error.topics)

    def _failed(self, batch: Sequence[Entry], seconds: float) -> None:
        """Note that the bus is down: what it acknowledged lately is published again, before all others."""
        with self._changed:
            self._in_flight = []
            lately = self._spool.acknowledged_since(time() - self._kept_s)
            self._spool.set_states(lately, ATTEMPTED)
            self._lanes.took(len(batch), seconds)
            self._lanes.failed([*lately, *(entry for entry in batch if not entry.acknowledged)])

    def _make_room(self) -> None:
        self._room.make(int(self._capacity_bytes * (1 - _ROOM_MADE)), self._in_flight)
