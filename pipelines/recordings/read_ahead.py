"""Iteration in a thread of its own, a few items ahead of the consumer."""

from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event as Flag
from threading import Thread
from typing import TypeVar

STOP_POLL_S = 0.1
"""Interval (s) at which both threads check for a stop. [assumption]"""

JOIN_S = 2.0
"""Longest wait (s) for the producing thread at the end; it may block in a read. [assumption]"""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    """Last entry of the queue. error: what ended the iteration early."""

    error: Exception | None


def read_ahead(items: Iterable[Item], depth: int, stop: Flag, *, drop_oldest: bool) -> Generator[Item, None, None]:
    """Yield the items; a thread produces up to `depth` of them in advance. Ends early once `stop` is set.

    drop_oldest: a full queue drops its oldest item, as for a live stream; otherwise the producer waits.
    An error of the producer is raised after the items before it.
    """
    ready: Queue[Item | _End] = Queue(depth)
    closed = Flag()

    def put(item: Item | _End) -> None:
        while not (stop.is_set() or closed.is_set()):
            try:
                ready.put(item, timeout=STOP_POLL_S)
            except Full:
                if drop_oldest:
                    with suppress(Empty):
                        ready.get_nowait()
            else:
                return

    def produce() -> None:
        error: Exception | None = None
        try:
            for item in items:
                put(item)
                if stop.is_set() or closed.is_set():
                    return
        except Exception as raised:  # raised again in the thread of the consumer
            error = raised
        put(_End(error))

    producer = Thread(target=produce, name="read-ahead", daemon=True)
    producer.start()
    try:
        while not stop.is_set():
            try:
                item = ready.get(timeout=STOP_POLL_S)
            except Empty:
                continue
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        closed.set()
        producer.join(timeout=JOIN_S)
