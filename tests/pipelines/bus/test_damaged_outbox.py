"""The files of an outbox, cut and changed at every byte: each other event is published, in order, and once."""

import errno
import os
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from threading import Event as Flag

import pytest

from pipelines.bus.bus import TopicsUnavailable
from pipelines.bus.outbox import Outbox
from pipelines.bus.record_format import ATTEMPTED, OVERHEAD, SET_ASIDE
from pipelines.bus.spool import Entry
from pipelines.events.schema import TOPICS, Event
from tests.support.events import DeadLetterList
from tests.support.numbered_events import SwitchedBus, counts, health, level
from tests.support.servers import wait_until

STATE = range(16, OVERHEAD)
"""Bytes of a record that are overwritten in place. [format of the file]"""


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, list[Event]]:
    """A file of an outbox, and the events in it."""
    events = [counts(1), health(1), level(1), counts(2)]
    with Outbox(tmp_path / "outbox", SwitchedBus(up=False)) as outbox:
        for event in events:
            outbox.put(event)
    (segment,) = (tmp_path / "outbox").glob("*.segment")
    return segment, events


def starts_of(events: Sequence[Event]) -> list[int]:
    """Return the offset of each event, and the end of the file."""
    return [0, *accumulate(OVERHEAD + len(event.to_json()) for event in events)]


def damage(folder: Path, at: int) -> None:
    """Change one byte of the only file of an outbox."""
    (segment,) = folder.glob("*.segment")
    with segment.open("r+b") as file:
        file.seek(at)
        file.write(b"!")


def reopened(folder: Path, segment: Path, content: bytes) -> tuple[list[str], DeadLetterList]:
    """Return what an outbox with this file publishes and sets aside."""
    for file in folder.glob("*.segment"):
        file.unlink()
    segment.write_bytes(content)
    bus, dead_letters = SwitchedBus(), DeadLetterList()
    with Outbox(folder, bus, dead_letters=dead_letters, drain_s=20):
        pass  # it drains at its end
    return bus.taken, dead_letters


@pytest.mark.slow
def test_a_file_that_is_cut_at_any_byte_loses_the_event_at_the_cut_and_what_follows(
    written: tuple[Path, list[Event]],
) -> None:
    segment, events = written
    content, starts = segment.read_bytes(), starts_of(events)
    assert len(content) == starts[-1]
    for cut in range(len(content)):
        taken, dead_letters = reopened(segment.parent, segment, content[:cut])
        intact = sum(end <= cut for end in starts[1:])
        assert taken == [event.id for event in events[:intact]], cut
        torn = content[starts[intact] : cut]
        assert dead_letters.bodies == ([torn] if torn else []), cut


@pytest.mark.slow
def test_a_file_that_is_changed_at_any_byte_loses_that_event_alone(written: tuple[Path, list[Event]]) -> None:
    segment, events = written
    content, starts = segment.read_bytes(), starts_of(events)
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        taken, dead_letters = reopened(segment.parent, segment, bytes(changed))
        hit = sum(end <= at for end in starts[1:])
        lost = [] if at - starts[hit] in STATE else [hit]
        assert taken == [event.id for n, event in enumerate(events) if n not in lost], at
        assert len(dead_letters.bodies) == len(lost), at


def test_a_file_of_other_content_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    segment = tmp_path / "outbox" / "000000000001.segment"
    taken, dead_letters = reopened(segment.parent, segment, b"power cut" * 1000)
    assert (taken, dead_letters.bodies) == ([], [b"power cut" * 1000])
    assert reopened(segment.parent, segment, b"")[1].bodies == []


@pytest.mark.parametrize("place", [0, 5, 13, OVERHEAD + 5], ids=["magic", "size", "checksum", "body"])
def test_damage_while_the_outbox_is_open_costs_that_event_alone(tmp_path: Path, place: int) -> None:
    events, bus, dead_letters = [counts(n) for n in range(3)], SwitchedBus(up=False), DeadLetterList()
    with Outbox(tmp_path / "outbox", bus, dead_letters=dead_letters) as outbox:
        for event in events:
            outbox.put(event)
        damage(tmp_path / "outbox", starts_of(events)[1] + place)
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == [events[0].id, events[2].id]
    assert len(dead_letters.bodies) == 1


def test_a_file_that_is_emptied_while_the_outbox_is_open_stops_nothing(tmp_path: Path) -> None:
    bus, dead_letters, last = SwitchedBus(), DeadLetterList(), counts(2)
    with Outbox(tmp_path / "outbox", bus, dead_letters=dead_letters) as outbox:
        bus.up = False
        outbox.put(counts(0))
        outbox.put(counts(1))
        (segment,) = (tmp_path / "outbox").glob("*.segment")
        os.truncate(segment, 0)
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
        outbox.put(last)
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken[-1] == last.id


def test_a_bus_that_answers_after_the_end_changes_no_other_file(tmp_path: Path) -> None:
    reached, let_go, ended = Flag(), Flag(), Flag()

    class HangingBus(SwitchedBus):
        def publish(self, events: Sequence[Event]) -> None:
            reached.set()
            let_go.wait(30)
            ended.set()

    event = counts(1)
    with Outbox(tmp_path / "outbox", HangingBus(), drain_s=0) as outbox:
        outbox.put(event)
        assert reached.wait(10)
    others = [(tmp_path / f"other-{n}").open("w+b", buffering=0) for n in range(30)]
    try:
        for other in others:
            other.write(b"x" * 4096)
        let_go.set()
        assert ended.wait(10)
        outbox._pump.join(10)
        assert all(os.pread(other.fileno(), 4096, 0) == b"x" * 4096 for other in others)
    finally:
        for other in others:
            other.close()


def test_damage_is_set_aside_once_however_long_the_bus_is_down(tmp_path: Path) -> None:
    class Refusing(SwitchedBus):
        attempts = 0

        def publish(self, events: Sequence[Event]) -> None:
            self.attempts += 1
            super().publish(events)

    events, bus, dead_letters = [counts(n) for n in range(3)], Refusing(up=False), DeadLetterList()
    with Outbox(tmp_path / "outbox", bus, dead_letters=dead_letters) as outbox:
        for event in events:
            outbox.put(event)
        damage(tmp_path / "outbox", starts_of(events)[1] + 5)
        seen = bus.attempts
        wait_until(lambda: bus.attempts >= seen + 3, "attempts while the bus is down")
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == [events[0].id, events[2].id]
    assert len(dead_letters.bodies) == 1


def test_damage_is_set_aside_once_where_a_topic_is_missing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", SwitchedBus())
    batch = [Entry("counts", None, 2, SET_ASIDE), Entry("congestion", b"{}", 2, ATTEMPTED)]
    missing = TopicsUnavailable("no such topic", frozenset({TOPICS["congestion"]}))
    outbox._set_apart(batch, missing)
    assert outbox.waiting == 1


@pytest.mark.slow
def test_a_full_outbox_with_a_damaged_record_takes_new_events(tmp_path: Path) -> None:
    dead_letters, first = DeadLetterList(), level(0)
    capacity = 400 * (OVERHEAD + len(first.to_json()))
    bus = SwitchedBus(up=False)
    with Outbox(tmp_path / "outbox", bus, capacity_bytes=capacity, dead_letters=dead_letters) as outbox:
        outbox.put(first)
        damage(tmp_path / "outbox", OVERHEAD + 5)
        for event in [*(level(n) for n in range(1, 100)), *(health(n) for n in range(900))]:
            outbox.put(event)
        assert sum(file.stat().st_size for file in (tmp_path / "outbox").iterdir()) <= capacity


def test_an_outbox_whose_folder_could_not_be_made_writes_as_soon_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    events = [counts(n) for n in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", full)
        outbox = Outbox(tmp_path / "outbox", SwitchedBus(up=False)).__enter__()
        outbox.put(events[0])
        assert not (tmp_path / "outbox").exists()
    for event in events[1:]:
        outbox.put(event)
    outbox.__exit__(None, None, None)
    bus = SwitchedBus()
    with Outbox(tmp_path / "outbox", bus, drain_s=20):
        pass
    assert bus.taken == [event.id for event in events]
