"""Reading ahead in a thread: order, errors, drops and ends."""

from collections.abc import Iterator
from itertools import count
from threading import Event, active_count

import pytest

from pipelines.recordings.read_ahead import read_ahead
from tests.support.servers import wait_until


def test_items_come_in_order_and_none_is_missing() -> None:
    assert list(read_ahead(range(100), 3, Event(), drop_oldest=False)) == list(range(100))


def test_the_producer_is_at_most_the_depth_ahead() -> None:
    produced: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            produced.append(number)
            yield number

    for number in read_ahead(items(), 3, Event(), drop_oldest=False):
        assert len(produced) <= number + 1 + 3 + 1  # consumed, queued, and one that waits for room
    assert len(produced) == 20


def test_an_error_is_raised_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise OSError("the disk is gone")

    received = []
    with pytest.raises(OSError, match="the disk is gone"):
        for item in read_ahead(items(), 8, Event(), drop_oldest=False):
            received.append(item)  # noqa: PERF402 - the items before the error are what is tested
    assert received == [1, 2]


def test_a_slow_consumer_of_a_live_stream_misses_the_oldest_items() -> None:
    finished = Event()

    def items() -> Iterator[int]:
        yield from range(10)
        finished.set()

    received = []
    for item in read_ahead(items(), 3, Event(), drop_oldest=True):
        assert finished.wait(10)
        received.append(item)
    assert received[0] == 0
    assert len(received) <= 5
    assert received[1:] == list(range(10))[-len(received) + 1 :]


def test_a_stop_ends_the_iteration_and_the_thread() -> None:
    stop, threads = Event(), active_count()
    for item in read_ahead(count(), 3, stop, drop_oldest=False):
        if item == 5:
            stop.set()
    assert item <= 6
    wait_until(lambda: active_count() == threads, "the end of the producer")


def test_a_consumer_that_gives_up_ends_the_thread() -> None:
    threads = active_count()
    reader = read_ahead(count(), 3, Event(), drop_oldest=False)
    assert next(iter(reader)) == 0
    reader.close()
    wait_until(lambda: active_count() == threads, "the end of the producer")
