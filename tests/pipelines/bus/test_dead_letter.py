"""Events that cannot be processed: set aside, while all others are processed in order."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipelines.bus import dead_letter
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.dead_letter import DeadLetterFile, deliver
from pipelines.bus.memory import MemoryBus
from pipelines.bus.outbox import Outbox
from pipelines.events.schema import Event
from tests.support.events import DeadLetterList, counts
from tests.support.servers import wait_until


class Handler:
    """Collects events. It fails with `error` where a batch contains the event `poison`."""

    def __init__(self, poison: Event | None = None, error: Exception | None = None) -> None:
        self.events: list[Event] = []
        self.error = error
        self.poison = poison

    def __call__(self, events: Sequence[Event]) -> None:
        if self.error is not None and self.poison in events:
            raise self.error
        self.events.extend(events)


def batch() -> list[Event]:
    return [counts(camera_id=f"camera-{n}", crossings=0) for n in range(5)]


@pytest.mark.parametrize("error", [TypeError("a bug"), KeyError("x"), ValueError("bad value"), AssertionError()])
def test_a_bug_sets_aside_the_event_that_causes_it_and_no_other(error: Exception) -> None:
    events, dead_letters = batch(), DeadLetterList()
    handler = Handler(events[2], error)
    with capture_logs() as logged:
        deliver(handler, events, dead_letters, source="test")
    assert handler.events == [*events[:2], *events[3:]]
    assert dead_letters.bodies == [events[2].to_json()]
    assert dead_letters.errors == [error]
    assert any(line.get("exc_info") for line in logged), "the traceback is logged"


def test_an_outage_is_raised_and_sets_nothing_aside() -> None:
    events, dead_letters = batch(), DeadLetterList()
    handler = Handler(events[2], ConnectionError("down"))
    with pytest.raises(ConnectionError, match="down"):
        deliver(handler, events, dead_letters, source="test")
    assert (handler.events, dead_letters.bodies) == ([], [])


def test_an_outage_after_a_bug_is_raised() -> None:
    events, dead_letters = batch(), DeadLetterList()

    def handler(received: Sequence[Event]) -> None:
        if len(received) > 1:
            raise TypeError("a bug")
        raise ConnectionError("down")

    with pytest.raises(ConnectionError):
        deliver(handler, events, dead_letters, source="test")
    assert dead_letters.bodies == []


def test_the_memory_bus_reports_outages_and_sets_bugs_aside() -> None:
    events, dead_letters = batch(), DeadLetterList()
    bus, handler = MemoryBus(dead_letters), Handler(events[0], TypeError("a bug"))
    bus.subscribe(handler)
    bus.publish(events)
    assert handler.events == events[1:]
    assert len(dead_letters.bodies) == 1
    handler.error = ConnectionError("down")
    with pytest.raises(BusUnavailable, match="in-process bus: down"):
        bus.publish(events)


def test_the_outbox_passes_an_event_that_no_bus_accepts(tmp_path: Path) -> None:
    events, dead_letters = batch(), DeadLetterList()
    handler = Handler(events[1], TypeError("a bug"))

    class Bus:
        publish = staticmethod(handler)

        def close(self) -> None:
            pass

    with Outbox(tmp_path / "outbox.db", Bus(), dead_letters=dead_letters) as outbox:
        for event in events:
            outbox.put(event)
        wait_until(lambda: not outbox.waiting, "all events to be handled")
    assert handler.events == [events[0], *events[2:]]
    assert dead_letters.bodies == [events[1].to_json()]


def test_the_file_has_one_line_for_each_event_and_no_password(tmp_path: Path) -> None:
    path = tmp_path / "data" / "dead_letters.jsonl"
    letters = DeadLetterFile(path)
    with capture_logs() as logged:
        letters.add(b'{"a": 1}', source="kafka", error=ValueError("rtsp://u:s3cret@host refused\nmore"))
        letters.add(b"\xff\n", source="kafka", error=KeyError("x"))
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["source"], first["error"], first["body"]) == (
        "kafka",
        "ValueError: rtsp://***@host refused",
        '{"a": 1}',
    )
    assert second["body"] == "\\xff\n"
    assert [line["count"] for line in logged] == [1, 2]


def test_an_event_is_logged_where_the_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with capture_logs() as logged:
        DeadLetterFile(tmp_path / "file" / "dead_letters.jsonl").add(b"body", source="kafka", error=KeyError("x"))
    assert [line["body"] for line in logged if "body" in line] == ["body"]


def test_the_file_is_bounded_and_what_exceeds_it_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dead_letters.jsonl"
    letters = DeadLetterFile(path)
    letters.add(b"first", source="outbox", error=KeyError("x"))
    size = path.stat().st_size
    monkeypatch.setattr(dead_letter, "MAX_FILE_BYTES", 2 * size)
    with capture_logs() as logged:
        for body in (b"other", b"third"):
            letters.add(body, source="outbox", error=KeyError("x"))
    assert [json.loads(line)["body"] for line in path.read_text().splitlines()] == ["first", "other"]
    assert [line["body"] for line in logged if "body" in line] == ["third"]
    assert any("simpang store dead-letters" in str(line.get("error")) for line in logged)
