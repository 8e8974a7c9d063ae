"""Interfaces of the event bus, which carries events from workers to consumers.

Delivery is at least once on both ends, so consumers are idempotent. `publish` returns when the batch is safe: every
handler has processed it, or Kafka has acknowledged it. Otherwise it raises `BusUnavailable`, and the caller, whose
outbox still has the events, retries. An event that a handler cannot process at all becomes a dead letter.
"""

from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Protocol

from pipelines.events.schema import Event

Handler = Callable[[Sequence[Event]], None]
"""Processes a batch in order and returns when its effects are safe. It raises ConnectionError where a retry may
succeed. Any other error makes a dead letter of each event that fails on its own."""


class BusUnavailable(ConnectionError):
    """The bus cannot accept or deliver events at present. The message names its address and no password."""


class TopicsUnavailable(BusUnavailable):
    """Some topics are missing or may not be written, while the bus accepts events of all others."""

    def __init__(self, message: str, topics: frozenset[str]) -> None:
        super().__init__(message)
        self.topics = topics


class Publisher(Protocol):
    """The sending end of a bus."""

    def publish(self, events: Sequence[Event]) -> None:
        """Raise BusUnavailable where not all of `events` are safe; TopicsUnavailable where fewer events may be."""
        ...

    def close(self) -> None:
        """Close the connection to the bus."""
        ...


class Subscriber(Protocol):
    """The receiving end of a bus."""

    def run(self, handler: Handler, stop: Flag) -> None:
        """Pass events to `handler` until `stop` is set. A batch that failed is passed again after a delay."""
        ...
