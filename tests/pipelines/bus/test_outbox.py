"""The outbox against buses that fail, processes that die and files that fill up."""

import errno
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import TypeVar

import pytest

from pipelines.bus.lanes import BATCH
from pipelines.bus.outbox import Outbox
from pipelines.errors import UserError
from pipelines.events.schema import AnyData, Congestion, CountsReport, Event, GapReport, Health, LossReason
from tests.support.events import DeadLetterList
from tests.support.numbered_events import NOON, SwitchedBus, counts, crossing, health, level
from tests.support.servers import wait_until


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events]


Data = TypeVar("Data", bound=AnyData)


def of_kind(events: Sequence[Event], kind: type[Data]) -> list[Data]:
    return [event.data for event in events if isinstance(event.data, kind)]


def tracks(events: Sequence[Event]) -> list[int]:
    return [record.track for report in of_kind(events, CountsReport) for record in report.crossings]


@pytest.mark.slow
def test_events_are_published_in_order(tmp_path: Path) -> None:
    bus, events = SwitchedBus(), [counts(n) for n in range(450)]
    with Outbox(tmp_path / "outbox", bus) as outbox:
        for event in events:
            outbox.put(event)
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == ids(events)


def test_many_threads_may_put_at_once(tmp_path: Path) -> None:
    bus = SwitchedBus()
    groups = [[counts(25 * group + n) for n in range(25)] for group in range(8)]
    with Outbox(tmp_path / "outbox", bus) as outbox:
        threads = [Thread(target=lambda group=group: [outbox.put(event) for event in group]) for group in groups]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    for group in groups:
        assert [i for i in bus.taken if i in set(ids(group))] == ids(group)


def test_events_wait_while_the_bus_is_down_and_keep_their_order(tmp_path: Path) -> None:
    bus, events = SwitchedBus(up=False), [counts(n) for n in range(30)]
    with Outbox(tmp_path / "outbox", bus) as outbox:
        for event in events:
            outbox.put(event)
        assert outbox.waiting == 30
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == ids(events)


def test_put_does_not_wait_for_a_bus_that_hangs(tmp_path: Path) -> None:
    let_go, reached = Flag(), Flag()

    class HangingBus(SwitchedBus):
        def publish(self, events: Sequence[Event]) -> None:
            reached.set()
            let_go.wait(30)
            super().publish(events)

    bus, events = HangingBus(), [counts(n) for n in range(5)]
    with Outbox(tmp_path / "outbox", bus) as outbox:
        outbox.put(events[0])
        assert reached.wait(10)
        for event in events[1:]:
            outbox.put(event)
        assert outbox.waiting == 5
        let_go.set()
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == ids(events)


def test_recently_acknowledged_events_are_published_again_after_a_loss(tmp_path: Path) -> None:
    bus, first, second = SwitchedBus(), counts(1), counts(2)
    with Outbox(tmp_path / "outbox", bus) as outbox:
        outbox.put(first)
        wait_until(lambda: not outbox.waiting, "the first event to be taken")
        bus.up = False
        outbox.put(second)
        wait_until(lambda: outbox.waiting == 2, "the loss to be noticed")
        bus.taken.clear()  # the broker lost power, and what it had acknowledged
        bus.up = True
        wait_until(lambda: not outbox.waiting, "both events to be taken")
    assert bus.taken == ids([first, second])


def test_events_acknowledged_long_ago_are_deleted(tmp_path: Path) -> None:
    bus, first, second = SwitchedBus(), counts(1), counts(2)
    with Outbox(tmp_path / "outbox", bus, kept_s=0) as outbox:
        outbox.put(first)
        wait_until(lambda: not outbox.waiting, "the first event to be taken")
        outbox.put(second)
        wait_until(lambda: not outbox.waiting, "the second event to be taken")
    again = SwitchedBus()
    with Outbox(tmp_path / "outbox", again, kept_s=0) as outbox:
        outbox.put(third := counts(3))
        wait_until(lambda: not outbox.waiting, "the third event to be taken")
    assert first.id not in again.taken
    assert again.taken[-1] == third.id


def test_unpublished_events_are_published_at_the_next_start_with_their_ids(tmp_path: Path) -> None:
    events = [counts(n) for n in range(3)]
    with Outbox(tmp_path / "outbox", SwitchedBus(up=False)) as outbox:
        for event in events:
            outbox.put(event)
    bus = SwitchedBus()
    with Outbox(tmp_path / "outbox", bus) as outbox:
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == ids(events)


DYING_WORKER = """
import os, sys
from pathlib import Path
from pipelines.bus.outbox import Outbox
from tests.support.numbered_events import SwitchedBus, counts

events = [counts(n) for n in range(20)]
Path(sys.argv[2]).write_text("\\n".join(event.id for event in events))
outbox = Outbox(Path(sys.argv[1]), SwitchedBus(up=False)).__enter__()
for event in events:
    outbox.put(event)
os._exit(9)
"""


@pytest.mark.slow
def test_a_killed_process_loses_no_event_in_the_outbox(tmp_path: Path) -> None:
    path, put = tmp_path / "outbox", tmp_path / "put"
    root = Path(__file__).resolve().parents[3]
    worker = subprocess.run(
        [sys.executable, "-c", DYING_WORKER, str(path), str(put)], check=False, cwd=root, timeout=60
    )
    assert worker.returncode == 9
    bus = SwitchedBus()
    with Outbox(path, bus) as outbox:
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert bus.taken == put.read_text().split()


@pytest.mark.slow
def test_a_full_outbox_drops_health_first_and_counts_last_and_reports_what_it_lost(tmp_path: Path) -> None:
    counted = [crossing(n) for n in range(400)]
    capacity = sum(len(event.to_json()) for event in counted) * 3 // 2
    bus = SwitchedBus(up=False)
    with Outbox(tmp_path / "outbox", bus, capacity_bytes=capacity) as outbox:
        for n, event in enumerate(counted):
            outbox.put(event)
            outbox.put(level(n))
            outbox.put(health(n))
            outbox.put(health(n))
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert sorted(tracks(bus.events)) == list(range(400))
    gaps = of_kind(bus.events, GapReport)
    lost = {kind: sum(gap.events for gap in gaps if gap.lost == kind) for kind in ("health", "congestion", "counts")}
    assert lost["counts"] == 0
    assert lost["health"] == 800 - len(of_kind(bus.events, Health)) > 0
    assert lost["congestion"] == 400 - len(of_kind(bus.events, Congestion))


@pytest.mark.slow
def test_the_size_on_disk_is_bounded_and_what_is_lost_is_a_report(tmp_path: Path) -> None:
    capacity = 200_000
    events = [crossing(n) for n in range(3000)]
    with Outbox(tmp_path / "outbox", SwitchedBus(up=False), capacity_bytes=capacity) as outbox:
        for event in events:
            outbox.put(event)
    assert sum(file.stat().st_size for file in (tmp_path / "outbox").iterdir()) <= capacity
    assert len(list((tmp_path / "outbox").iterdir())) < 200
    bus = SwitchedBus()
    with Outbox(tmp_path / "outbox", bus) as outbox:
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    taken = sorted(tracks(bus.events))
    assert len(taken) == len(set(taken)) > 0.5 * capacity / len(events[0].to_json())
    # All but the oldest; a batch that is passed to the bus at that moment is not dropped.
    recent = [n for n in taken if n >= BATCH]
    assert recent == list(range(recent[0], 3000))
    gaps = of_kind(bus.events, GapReport)
    assert sum(gap.events for gap in gaps) == 3000 - len(taken)
    for n in set(range(3000)) - set(taken):
        at = NOON + n * timedelta(seconds=10)
        assert any(gap.start_at <= at < gap.end_at for gap in gaps), n
    assert len(gaps) < 20


def test_events_that_the_memory_cannot_take_while_the_disk_fails_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [crossing(n) for n in range(600)]
    monkeypatch.setattr("pipelines.bus.outbox.MEMORY_BYTES", 100 * len(events[0].to_json()))
    bus = SwitchedBus(up=False)
    with Outbox(tmp_path / "outbox", bus) as outbox:
        outbox.put(events[0])
        wait_until(lambda: outbox.waiting == 1, "the event to be written")
        with monkeypatch.context() as patch:
            patch.setattr("pipelines.bus.spool.Segment.append", _full)
            for event in events[1:]:
                outbox.put(event)
            assert outbox.waiting < 110
        bus.up = True
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    gaps = of_kind(bus.events, GapReport)
    assert len(gaps) <= 3
    assert {gap.reason for gap in gaps} == {LossReason.DISK_FAILED}
    assert sum(gap.events for gap in gaps) == 600 - len(tracks(bus.events)) > 0


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_closing_drains_what_it_can(tmp_path: Path) -> None:
    bus, events = SwitchedBus(), [counts(n) for n in range(100)]
    with Outbox(tmp_path / "outbox", bus, drain_s=20) as outbox:
        for event in events:
            outbox.put(event)
    assert bus.taken == ids(events)


def test_two_processes_cannot_share_an_outbox(tmp_path: Path) -> None:
    with (
        Outbox(tmp_path / "outbox", SwitchedBus()),
        pytest.raises(UserError, match="outbox: in use by another Simpang"),
        Outbox(tmp_path / "outbox", SwitchedBus()),
    ):
        pass


def test_a_file_in_place_of_the_folder_is_one_error_line(tmp_path: Path) -> None:
    (tmp_path / "outbox").touch()
    with (
        pytest.raises(UserError, match="outbox: File exists; data_dir must be a folder"),
        Outbox(tmp_path / "outbox", SwitchedBus()),
    ):
        pass


def test_the_events_of_version_0_1_0_are_taken_over_once(tmp_path: Path) -> None:
    old, new = [counts(n) for n in range(450)], counts(450)
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)) as database:
        database.execute("CREATE TABLE outbox (seq INTEGER PRIMARY KEY, kind TEXT, body BLOB, acknowledged_at REAL)")
        rows = [(event.data.kind, event.to_json()) for event in old]
        database.executemany("INSERT INTO outbox (kind, body) VALUES (?, ?)", rows)
    with Outbox(tmp_path / "outbox", SwitchedBus(up=False)) as outbox:
        assert outbox.waiting == len(old)
    bus = SwitchedBus()
    with Outbox(tmp_path / "outbox", bus) as outbox:
        outbox.put(new)
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert sorted(bus.taken) == sorted(ids([*old, new]))


def test_an_outbox_of_version_0_1_0_that_is_in_use_stays_and_is_one_error_line(tmp_path: Path) -> None:
    old = tmp_path / "outbox.sqlite"
    with closing(sqlite3.connect(old, isolation_level=None)) as database:
        database.execute("CREATE TABLE outbox (seq INTEGER PRIMARY KEY, kind TEXT, body BLOB, acknowledged_at REAL)")
        database.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match="in use by another Simpang"), Outbox(tmp_path / "outbox", SwitchedBus()):
            pass
        database.execute("COMMIT")
    assert old.exists()
    with Outbox(tmp_path / "outbox", SwitchedBus()):
        assert not old.exists()


def test_a_row_of_version_0_1_0_that_is_no_event_costs_no_other(tmp_path: Path) -> None:
    bus, dead_letters, event = SwitchedBus(), DeadLetterList(), counts(1)
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)) as database:
        database.execute("CREATE TABLE outbox (seq INTEGER PRIMARY KEY, kind TEXT, body BLOB, acknowledged_at REAL)")
        rows = [("counxs", b"{}"), (event.data.kind, event.to_json())]
        database.executemany("INSERT INTO outbox (kind, body) VALUES (?, ?)", rows)
    with Outbox(tmp_path / "outbox", bus, dead_letters=dead_letters) as outbox:
        wait_until(lambda: not outbox.waiting, "the outbox to be empty")
    assert (bus.taken, dead_letters.bodies) == ([event.id], [b"{}"])


def test_a_closed_outbox_refuses_events(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox", SwitchedBus()) as outbox:
        pass
    with pytest.raises(ValueError, match="closed"):
        outbox.put(counts(1))
