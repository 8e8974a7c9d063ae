"""The event bus: how events get from workers to whoever keeps or forwards them.

Both ends are at-least-once, so every consumer is idempotent. `publish` returns only when the batch is safe (every
handler has taken it, or Kafka has acknowledged it); it raises `BusUnavailable` otherwise, and the caller, which still
has the events in its outbox, tries again. The same holds for a handler: what it raises is not acknowledged.
"""

from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Protocol

from pipelines.events.schema import Event

Handler = Callable[[Sequence[Event]], None]
"""Takes a batch in order; returns when it is safely kept; raises where it could not be."""


class BusUnavailable(ConnectionError):
    """The bus cannot take or give events at present; the message names its address and no password."""


class Publisher(Protocol):
    def publish(self, events: Sequence[Event]) -> None:
        """Raises BusUnavailable where not all of them are safe."""
        ...

    def close(self) -> None: ...


class Subscriber(Protocol):
    def run(self, handler: Handler, stop: Flag) -> None:
        """Feed `handler` until `stop` is set. A failed batch is given again, after a wait; nothing is skipped."""
        ...


class MemoryBus:
    """In one process: publishing calls every handler in the publisher's thread.

    That makes it exact: an event is acknowledged when the database has it.
    """

    def __init__(self) -> None:
        self._handlers: list[Handler] = []

    def subscribe(self, handler: Handler) -> None:
        self._handlers.append(handler)

    def publish(self, events: Sequence[Event]) -> None:
        for handler in self._handlers:
            try:
                handler(events)
            except Exception as error:
                raise BusUnavailable(f"in-process bus: {error}") from error

    def close(self) -> None:
        self._handlers.clear()
