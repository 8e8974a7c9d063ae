"""Live events beside a backlog: they overtake it, and it takes half of the time at most."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from time import sleep

import pytest

from pipelines.bus.bus import BusUnavailable, TopicsUnavailable
from pipelines.bus.lanes import APART_S, BATCH, LEAST_BACKLOG, Lanes
from pipelines.bus.outbox import Outbox
from pipelines.bus.spool import Entry
from pipelines.events.schema import Event, IncidentPhase
from tests.support.events import incident
from tests.support.numbered_events import counts, level
from tests.support.servers import wait_until


class SlowBus:
    """A bus that takes a time for each event. batches: the ids of the events of each call."""

    def __init__(self, seconds: float) -> None:
        self.up = False
        self.batches: list[list[str]] = []
        self._seconds = seconds
        self._lock = Lock()

    def publish(self, events: Sequence[Event]) -> None:
        if not self.up:
            raise BusUnavailable("switched off")
        sleep(self._seconds * len(events))
        self.batches.append([event.id for event in events])

    def close(self) -> None:
        pass


def entries(count: int, kind: str = "counts") -> list[Entry]:
    return [Entry(kind, b"{}", 2, 0) for _ in range(count)]


def test_live_events_overtake_an_hour_of_backlog(tmp_path: Path) -> None:
    """On a bus that needs 20 s for the backlog, live events wait for one call of it: a tenth of that at most."""
    bus, late = SlowBus(0.01), [counts(n) for n in range(2000)]
    with Outbox(tmp_path / "outbox", bus, drain_s=0) as outbox:
        for event in late:
            outbox.put(event)
        bus.up = True
        wait_until(lambda: bool(bus.batches), "the bus to be back", within_s=30)
        live = [counts(3000 + n) for n in range(5)]
        for event in live:
            before = len(bus.batches)
            outbox.put(event)
            wait_until(lambda e=event: any(e.id in batch for batch in bus.batches[-3:]), "a live event")
            assert len(bus.batches) - before <= 4
        assert outbox.waiting > len(late) / 4, "the backlog still waits"
    sent = [i for batch in bus.batches for i in batch]
    assert [i for i in sent if i in {e.id for e in late}] == [e.id for e in late[: len(sent) - len(live)]]


def test_the_backlog_takes_a_turn_between_live_events_and_no_more() -> None:
    lanes, old, new = Lanes(), entries(1000), entries(3 * BATCH)
    lanes.add_old(old)
    for entry in new:
        lanes.add(entry)
    assert lanes.take() == old[:BATCH]
    lanes.took(BATCH, 3600.0)
    assert lanes.take() == new[:BATCH]
    lanes.took(BATCH, 0.0)
    assert lanes.take() == new[BATCH : 2 * BATCH], "the backlog took an hour, and waits for one"


def test_a_slow_bus_gets_fewer_events_of_the_backlog_at_a_time() -> None:
    lanes = Lanes()
    lanes.add_old(entries(1000))
    sizes = []
    for _ in range(6):
        lanes._backlog_from = 0.0
        sizes.append(len(lanes.take()))
        lanes.took(sizes[-1], 1.0)
    assert sizes == [200, 100, 50, 25, LEAST_BACKLOG, LEAST_BACKLOG]


def test_incidents_keep_their_order_and_precede_all_others(tmp_path: Path) -> None:
    bus = SlowBus(0.0)
    raised, ended = incident(IncidentPhase.RAISED), incident(IncidentPhase.ENDED)
    with Outbox(tmp_path / "outbox", bus) as outbox:
        for n in range(BATCH + 50):
            outbox.put(counts(n))
        outbox.put(raised)
    with Outbox(tmp_path / "outbox", bus) as outbox:
        outbox.put(ended)
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty", within_s=30)
    sent = [i for batch in bus.batches for i in batch]
    assert sent.index(raised.id) < sent.index(ended.id)
    assert sent.index(ended.id) < len(sent) - 50


@pytest.mark.parametrize("kind", ["counts", "incident"])
def test_an_attempt_while_the_bus_is_down_is_made_with_the_events_of_the_first(kind: str) -> None:
    lanes = Lanes()
    for entry in entries(5, kind):
        lanes.add(entry)
    first = lanes.take()
    for _ in range(3):
        lanes.took(len(first), 0.1)
        lanes.failed(first)
        lanes.add(Entry(kind, b"{}", 2, 0))
        assert lanes.take() == first
    lanes.recovered()
    assert len(lanes) == 3


class PickyBus(SlowBus):
    """A bus without the topic of levels."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.up = True
        self.missing = frozenset({"traffic.congestion"})

    def publish(self, events: Sequence[Event]) -> None:
        if missing := self.missing & {event.topic for event in events}:
            raise TopicsUnavailable("no such topic", missing)
        super().publish(events)


def test_events_whose_topic_is_missing_keep_no_others_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.bus.lanes.APART_S", 0.05)
    bus, apart = PickyBus(), [level(n) for n in range(3 * LEAST_BACKLOG)]
    with Outbox(tmp_path / "outbox", bus) as outbox:
        for n, event in enumerate(apart):
            outbox.put(event)
            outbox.put(counts(n))
        wait_until(lambda: outbox.waiting == len(apart), "the events of other topics")
        outbox.put(counts(1000))
        wait_until(lambda: outbox.waiting == len(apart), "a live event of another topic")
    with Outbox(tmp_path / "outbox", bus) as outbox:
        wait_until(lambda: outbox.waiting == len(apart), "the events that were published again")
        bus.missing = frozenset()
        wait_until(lambda: not outbox.waiting, "the events of the topic that has come")
    sent = {i for batch in bus.batches for i in batch}
    assert sent >= {event.id for event in apart}


def test_of_events_whose_topic_is_missing_a_few_are_tried() -> None:
    lanes, apart, others = Lanes(), entries(100, "gap"), entries(5)
    for entry in (*apart, *others):
        lanes.add(entry)
    lanes.set_apart(lanes.take(), lambda entry: entry.kind == "gap")
    assert lanes.take() == others
    lanes.took(5, 0.0)
    assert (lanes.take(), len(lanes)) == ([], 100)
    assert 0 < lanes.due_s() <= APART_S
    lanes._apart_until = 0.0
    assert lanes.take() == apart[:LEAST_BACKLOG]
    lanes.join_apart()
    lanes._backlog_from = 0.0
    assert lanes.take() == apart[LEAST_BACKLOG:]
