"""Bus inside one process: `publish` calls every handler in the publisher's thread.

An event is acknowledged only after all handlers have processed it, so that delivery is exact.
"""

from collections.abc import Sequence

from pipelines.bus.bus import BusUnavailable, Handler
from pipelines.bus.dead_letter import DeadLetterLog, DeadLetters, deliver
from pipelines.events.schema import Event


class MemoryBus:
    """dead_letters: receives the events that a handler cannot process."""

    def __init__(self, dead_letters: DeadLetters | None = None) -> None:
        self._dead_letters = dead_letters or DeadLetterLog()
        self._handlers: list[Handler] = []

    def subscribe(self, handler: Handler) -> None:
        """Call `handler` for every batch that is published from now on."""
        self._handlers.append(handler)

    def publish(self, events: Sequence[Event]) -> None:
        """Pass `events` to every handler. Raises BusUnavailable where a handler asks for a retry."""
        for handler in self._handlers:
            try:
                deliver(handler, events, self._dead_letters, source="memory bus")
            except ConnectionError as error:
                raise BusUnavailable(f"in-process bus: {error}") from error

    def close(self) -> None:
        """Remove all handlers."""
        self._handlers.clear()
