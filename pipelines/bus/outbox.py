"""Outbox of a worker: events on disk until the bus has acknowledged them, and two minutes longer.

`put` returns when the event is on disk, and never waits for a network. A thread of the outbox publishes in order and
retries without end while the bus is unavailable. An event keeps its id across attempts and restarts, so that the store
recognises a replay.

A broker without replicas acknowledges events before they are on its disk, and loses them in a power cut. Therefore
acknowledged events stay for KEPT_S. They are published again after every loss of the bus and after every start. The
store ignores replays.

Where the disk fails or is full, new events wait in memory, and are published from there. They go to the file as soon as
it can be written. Positions of acknowledged events are kept in memory too, since a full disk takes no change of the
file (docs/adr/0133).
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from math import inf
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, time
from types import TracebackType
from typing import Self

import structlog
from pydantic import ValidationError

from pipelines.bus.bus import Publisher
from pipelines.bus.dead_letter import DEAD_LETTERS, DeadLetterFile, DeadLetters, deliver
from pipelines.bus.disk_reserve import is_full
from pipelines.errors import UserError
from pipelines.events.schema import Event
from pipelines.retry import Backoff, Retry

log = structlog.get_logger()

CAPACITY_BYTES = 512 * 2**20
"""Capacity in bytes of event bodies. 36 busy cameras write about 1.1 MB a minute, so it lasts for 8 hours of a broken
link. [measured once before 0.1.0, no bench]"""
MEMORY_BYTES = 64 * 2**20
"""Capacity in bytes of event bodies in memory while the file cannot be written; about an hour of 36 busy cameras.
[measured once before 0.1.0, no bench]"""
KEPT_S = 120.0
"""Seconds for which acknowledged events are kept. [assumption: brokers write to disk every minute or sooner]"""
BATCH = 200
"""Most events in one call of `publish`. [assumption]"""
BACKOFF = Backoff(first_s=0.25, longest_s=10.0)
"""Delays, in seconds, between attempts to publish. [assumption]"""
DRAIN_S = 1.0
"""Longest time in seconds to publish the rest when the outbox closes. [requirement: the program ends within 5 s]"""

REPORT_EVERY_S = 60.0
"""Least interval, in seconds, between two reports of a disk that fails. [assumption]"""

_TABLE = """
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    acknowledged_at REAL
)
"""
"""Schema of the file. seq: order of publication. acknowledged_at: Unix seconds, NULL until then."""
_INDEX = "CREATE INDEX IF NOT EXISTS outbox_acknowledged ON outbox (acknowledged_at, seq)"
"""Index for the oldest event that is not acknowledged, and for those that are old enough to delete."""
# Order in which a full outbox drops events: acknowledged ones, then the least important, within each the oldest first.
_EXPENDABLE = ("acknowledged_at IS NOT NULL", "kind = 'health'", "kind = 'congestion'", "true")
_ROOM_MADE = 0.05
"""Fraction of the capacity that is freed at once when the outbox is full. [assumption]"""


class Outbox:
    """A context manager that publishes while it is open. On exit it drains for `drain_s` and keeps the rest on disk.

    path: SQLite file, for one process at a time. capacity_bytes: of event bodies. dead_letters: receives events that
    cannot be published; by default a file beside `path`. The caller closes the publisher after the outbox.
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
        self._database: sqlite3.Connection | None = None
        self._bytes = 0
        self._unwritten: deque[tuple[str, bytes]] = deque()
        self._unwritten_bytes = 0
        self._published_up_to = 0  # sequence number up to which the bus has acknowledged, the file may be behind it
        self._reported_at = -inf
        self._stop_by: float | None = None
        self._pump = Thread(target=self._publish_for_ever, name="outbox", daemon=True)

    def __enter__(self) -> Self:
        """Open the file and start to publish. Raises UserError where the file cannot be used."""
        with self._changed:
            try:
                self._database = _open(self._path)
            except FullDiskError as error:
                log.error("the disk is full; events wait in memory only, until the next start", error=error)
                self._database = _connect(Path(":memory:"))
                self._capacity_bytes = min(self._capacity_bytes, MEMORY_BYTES)
            self._bytes = self._scalar("SELECT coalesce(sum(length(body)), 0) FROM outbox")
            self._requeue_acked()
        self._pump.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stop_by = monotonic() + self._drain_s
            self._changed.notify_all()
        self._pump.join(self._drain_s)
        with self._changed:
            while self._unwritten and self._write_waiting():
                pass
            waiting, lost = self._waiting(), len(self._unwritten)
            if self._database is not None:
                self._database.close()
                self._database = None
        if lost:
            log.error("events lost: the outbox could not be written until the end", lost=lost, path=str(self._path))
        if waiting > lost:
            log.warning("events stay in the outbox until the next start", waiting=waiting - lost, path=str(self._path))

    def put(self, event: Event) -> None:
        """Write `event` to disk, from any thread. It waits in memory where the disk fails; the analysis continues."""
        body = event.to_json()
        with self._changed:
            if self._database is None:
                raise ValueError("the outbox is closed")
            self._unwritten.append((event.data.kind, body))
            self._unwritten_bytes += len(body)
            self._write_waiting()
            self._drop_oldest_unwritten()
            self._changed.notify_all()

    def _write_waiting(self) -> bool:
        """Write the oldest events in memory to the file; return whether it could be written."""
        oldest = list(islice(self._unwritten, BATCH))
        size = sum(len(body) for _, body in oldest)
        if not oldest or self._database is None:
            return True
        try:
            if self._bytes + size > self._capacity_bytes:
                self._make_room()
            self._database.execute("BEGIN")
            self._database.executemany("INSERT INTO outbox (kind, body) VALUES (?, ?)", oldest)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._database.rollback()
            self._report_unwritable(error)
            return False
        self._bytes += size
        for _ in oldest:
            self._pop_unwritten()
        return True

    def _report_unwritable(self, error: sqlite3.Error) -> None:
        if monotonic() - self._reported_at > REPORT_EVERY_S:
            self._reported_at = monotonic()
            log.error("the outbox cannot be written; events wait in memory", path=str(self._path), error=error)

    def _pop_unwritten(self) -> None:
        _, body = self._unwritten.popleft()
        self._unwritten_bytes -= len(body)

    def _drop_oldest_unwritten(self) -> None:
        lost = 0
        while self._unwritten_bytes > MEMORY_BYTES:
            self._pop_unwritten()
            lost += 1
        if lost:
            log.error("events lost: the outbox cannot be written, and the memory for them is full", lost=lost)

    @property
    def waiting(self) -> int:
        """Number of events that the bus has not acknowledged."""
        with self._changed:
            return self._waiting()

    def _waiting(self) -> int:
        unacknowledged = "SELECT count(*) FROM outbox WHERE acknowledged_at IS NULL AND seq > ?"
        written = 0
        with suppress(sqlite3.Error):
            written = self._scalar(unacknowledged, self._published_up_to)
        return written + len(self._unwritten)

    def _scalar(self, query: str, *values: int) -> int:
        if self._database is None:
            return 0
        (value,) = self._database.execute(query, values).fetchone()
        return int(value)

    def _publish_for_ever(self) -> None:
        retry, delay_s = Retry(BACKOFF), 0.0
        while self._wait(delay_s):
            try:
                events, last, unwritten = self._next_batch()
                if events:
                    deliver(self._publisher.publish, events, self._dead_letters, source="outbox")
                self._acknowledge(last, unwritten)
            except Exception as error:
                if not isinstance(error, ConnectionError):  # a disk that fails, or a bug
                    log.exception("events cannot be published; retrying", path=str(self._path))
                delay_s = retry.failed("bus is unavailable; events wait in the outbox", error, waiting=self.waiting)
                self._requeue_acked()
                continue
            delay_s = 0.0
            if events and retry.succeeded():
                log.info("bus is available again", waiting=self.waiting)

    def _wait(self, delay_s: float) -> bool:
        """Wait for an event to publish, at least `delay_s` seconds. Returns False where the outbox closes."""
        with self._changed:
            if delay_s:
                self._changed.wait_for(lambda: self._stop_by is not None, delay_s)
                return self._stop_by is None
            while not self._has_unpublished():
                if self._stop_by is not None:
                    return False
                self._changed.wait(1.0)
                self._prune_acked()
            return self._stop_by is None or monotonic() < self._stop_by

    def _has_unpublished(self) -> bool:
        unacknowledged = "SELECT EXISTS (SELECT 1 FROM outbox WHERE acknowledged_at IS NULL AND seq > ?)"
        try:
            return bool(self._unwritten) or bool(self._scalar(unacknowledged, self._published_up_to))
        except sqlite3.Error:  # raised again, and retried, where the events are read
            return True

    def _next_batch(self) -> tuple[list[Event], int, list[tuple[str, bytes]]]:
        """Return the oldest unpublished events, the last sequence number, and those of them in memory only."""
        with self._changed:
            if self._database is None:
                return [], 0, []
            rows = self._database.execute(
                "SELECT seq, body FROM outbox WHERE acknowledged_at IS NULL AND seq > ? ORDER BY seq LIMIT ?",
                (self._published_up_to, BATCH),
            ).fetchall()
            unwritten = [] if rows else list(islice(self._unwritten, BATCH))
        events = []
        for source, body in [*rows, *(("in memory", body) for _, body in unwritten)]:
            try:
                events.append(Event.from_json(body))
            except ValidationError as error:
                self._dead_letters.add(body, source=f"outbox event {source}", error=error)
        return events, rows[-1][0] if rows else self._published_up_to, unwritten

    def _acknowledge(self, last: int, unwritten: Sequence[tuple[str, bytes]]) -> None:
        """Note that the bus has the events up to `last`, and those of `unwritten`."""
        with self._changed:
            self._published_up_to = last
            for event in unwritten:
                if self._unwritten and self._unwritten[0] is event:  # else it was written meanwhile, or dropped
                    self._pop_unwritten()
            self._prune_acked()

    def _prune_acked(self) -> None:
        """Store what was acknowledged, and delete what was acknowledged long ago; later, where the disk is full."""
        with suppress(sqlite3.Error):
            if self._database is not None:
                self._database.execute(
                    "UPDATE outbox SET acknowledged_at = ? WHERE acknowledged_at IS NULL AND seq <= ?",
                    (time(), self._published_up_to),
                )
            self._delete("acknowledged_at < ?", (time() - self._kept_s,))

    def _requeue_acked(self) -> None:
        with self._changed, suppress(sqlite3.Error):
            self._published_up_to = 0
            if self._database is not None:
                self._database.execute("UPDATE outbox SET acknowledged_at = NULL WHERE acknowledged_at IS NOT NULL")

    def _make_room(self) -> None:
        for expendable in _EXPENDABLE:
            excess = self._bytes - int(self._capacity_bytes * (1 - _ROOM_MADE))
            if excess <= 0:
                return
            before = "sum(length(body)) OVER (ORDER BY seq) - length(body) AS before"
            oldest = f"SELECT seq FROM (SELECT seq, {before} FROM outbox WHERE {expendable}) WHERE before < ?"  # noqa: S608
            dropped = self._delete(f"seq IN ({oldest})", (excess,))
            if dropped and expendable != _EXPENDABLE[0]:
                log.error("outbox is full: oldest events lost", lost=dropped, which=expendable, path=str(self._path))

    def _delete(self, where: str, values: tuple[float, ...]) -> int:
        if self._database is None:
            return 0
        gone = self._database.execute(f"DELETE FROM outbox WHERE {where} RETURNING length(body)", values).fetchall()  # noqa: S608
        self._bytes -= sum(size for (size,) in gone)
        return len(gone)


class FullDiskError(Exception):
    """The file of the outbox cannot be opened, since the disk is full."""


def _open(path: Path) -> sqlite3.Connection:
    """Return the open file, a new one in place of a damaged one. Raises FullDiskError and UserError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connect(path)
    except (OSError, sqlite3.OperationalError) as error:
        if is_full(error) or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise FullDiskError(f"{path}: {error}") from error
        raise UserError(f"{path}: {error}; is data_dir writable, and is no other Simpang using it?") from error
    except sqlite3.DatabaseError as error:
        damaged = f".damaged-{int(time())}"
        for part in (path, path.with_name(f"{path.name}-wal")):
            if part.exists():
                part.rename(part.with_name(part.name + damaged))
        log.error("outbox is damaged and renamed; a new one is created", path=f"{path}{damaged}", error=error)
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
    try:
        # EXCLUSIVE: two processes on one outbox would publish everything twice. FULL: on disk when `put` returns.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(_TABLE)
        database.execute(_INDEX)
    except sqlite3.Error:
        database.close()
        raise
    return database
