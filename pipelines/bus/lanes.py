"""Order in which the outbox publishes: incidents, then live events, and beside them a part of the backlog.

Backlog is what was put while the bus was down, and what is published again. Each lane is in order. So the incidents of
a camera keep their order, and a live event overtakes the backlog, of its own camera too: each event has its own time,
and the store takes the newest by it. While the bus is down, all attempts are made with events that were passed to it
before: it may have them already, and of no others is that in doubt.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import inf
from time import monotonic

from pipelines.bus.spool import DROPPED, Entry

BATCH = 200
"""Most events in one call of `publish`. [assumption]"""
BACKLOG_PER_S = 500.0
"""Most events of the backlog in a second. 36 busy cameras put 12 in a second, so that an hour of them takes 90 s, and
the store, which writes some thousands, is left time for the live events of other workers. [assumption]"""
BACKLOG_CALL_S = 0.5
"""Time, in seconds, of a call with backlog above which the next has half as many events; live ones wait for it.
[requirement: live events are delayed by 2 s at most]"""
LEAST_BACKLOG = 20
"""Fewest events of the backlog in one call. [assumption: a slow link has slow answers]"""
APART_S = 30.0
"""Seconds between two attempts with some of the events whose topic could not be written. [assumption]"""


class Lanes:
    """Events to publish. For use under a lock."""

    def __init__(self) -> None:
        self._incidents: deque[Entry] = deque()
        self._live: deque[Entry] = deque()
        self._backlog: deque[Entry] = deque()
        self._again: deque[Entry] = deque()
        self._apart: deque[Entry] = deque()
        self._apart_until = inf
        self._down = False
        self._backlog_from = -inf
        self._backlog_batch = BATCH
        self._backlog_taken = False

    def __len__(self) -> int:
        return sum(map(len, self._all()))

    def _all(self) -> tuple[deque[Entry], ...]:
        return self._again, self._incidents, self._live, self._backlog, self._apart

    def add(self, entry: Entry) -> None:
        """Add a new event."""
        lane = self._backlog if self._down else self._live
        (self._incidents if entry.kind == "incident" else lane).append(entry)

    def add_old(self, entries: Iterable[Entry]) -> None:
        """Add events from before all others, in order."""
        old = list(entries)
        self._incidents.extendleft(entry for entry in reversed(old) if entry.kind == "incident")
        self._backlog.extendleft(entry for entry in reversed(old) if entry.kind != "incident")

    def failed(self, entries: Sequence[Entry]) -> None:
        """Note that the bus is down. entries: to publish before all others, once passed to it."""
        self._down = True
        self._again.extendleft(reversed(entries))
        self._live_is_late()

    def recovered(self) -> None:
        """Note that the bus is back: all events so far are backlog."""
        if self._down:
            self._down = False
            self._live_is_late()
            self.add_old(self._again)
            self._again.clear()

    def _live_is_late(self) -> None:
        self._backlog += self._live
        self._live.clear()

    def due_s(self) -> float:
        """Return the seconds until `take` returns events: 0 for now, infinite without events."""
        if self._again or self._incidents or self._live:
            return 0.0
        due_at = min(self._backlog_from if self._backlog else inf, self._apart_until)
        return max(0.0, due_at - monotonic())

    def take(self) -> list[Entry]:
        """Remove and return the events to publish next: incidents; backlog where its turn has come; live ones."""
        if monotonic() >= self._apart_until:
            self._backlog += _pop(self._apart, LEAST_BACKLOG)
            self._apart_until = monotonic() + APART_S if self._apart else inf
        if self._again:
            self._backlog_taken = False
            return _pop(self._again, BATCH)
        due = bool(self._backlog) and monotonic() >= self._backlog_from
        self._backlog_taken = due and not self._incidents
        if self._backlog_taken:
            return _pop(self._backlog, self._backlog_batch)
        return [*_pop(self._incidents, BATCH), *_pop(self._live, BATCH)]

    def set_apart(self, batch: Sequence[Entry], is_apart: Callable[[Entry], bool]) -> None:
        """Keep those of a batch apart whose topic cannot be written. The others are taken next."""
        self._again.extendleft(entry for entry in reversed(batch) if not is_apart(entry))
        self._apart += (entry for entry in batch if is_apart(entry))
        self._apart_until = min(self._apart_until, monotonic() + APART_S)

    def join_apart(self) -> None:
        """Make the events apart backlog: their topics can be written."""
        self._backlog += self._apart
        self._apart.clear()
        self._apart_until = inf

    def took(self, count: int, seconds: float) -> None:
        """Report how long the events of `take` took. The next turn of the backlog is as long after its last one."""
        if self._backlog_taken:
            self._backlog_from = monotonic() + max(seconds, count / BACKLOG_PER_S)
            factor = 0.5 if seconds > BACKLOG_CALL_S else 2
            self._backlog_batch = min(BATCH, max(LEAST_BACKLOG, int(self._backlog_batch * factor)))

    def remove_dropped(self) -> None:
        """Remove the events whose state is DROPPED."""
        for lane in self._all():
            kept = [entry for entry in lane if entry.state != DROPPED]
            lane.clear()
            lane.extend(kept)


def _pop(lane: deque[Entry], count: int) -> list[Entry]:
    taken = list(islice(lane, count))
    for _ in taken:
        lane.popleft()
    return taken
