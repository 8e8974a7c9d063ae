"""Connection to the database on which no statement waits for ever.

The server ends a statement that takes too long by itself. A server that hangs, or a link that is silent in one
direction, ends nothing: the client waits until the time of TCP is over, or without an end.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from time import monotonic
from typing import Any, TypeVar

import psycopg

BEYOND_TIMEOUT_S = 5.0
"""Time (s) beyond the server's own limit of a statement, in which its answer must arrive. [assumption]"""
STOP_WITHIN_S = 1.5
"""Time (s) that is left to a statement once the program stops; it must end within 5 s. [assumption]"""

Result = TypeVar("Result")


class BoundedConnection(psycopg.Connection[Any]):
    """Connection that closes where a statement has no answer in time. Raises psycopg.OperationalError.

    limit_s: longest time of a statement on the server, in seconds; None for any. stop: set where the program stops.
    """

    limit_s: float | None = None
    stop: Flag | None = None

    def wait(self, gen: Generator[Any, Any, Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Wait for the answer as psycopg does, and check each `interval` (s) whether that is in vain."""
        return super().wait(self._until_in_vain(gen), interval, timeout)

    def _until_in_vain(self, steps: Generator[Any, Any, Result]) -> Generator[Any, Any, Result]:
        began, stopped_at = monotonic(), None
        try:
            waits_for = next(steps)
            while True:
                ready = yield waits_for
                now = monotonic()
                if stopped_at is None and self.stop is not None and self.stop.is_set():
                    stopped_at = now
                is_late = self.limit_s is not None and now - began > self.limit_s + BEYOND_TIMEOUT_S
                if is_late or (stopped_at is not None and now - stopped_at > STOP_WITHIN_S):
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer to a statement within {now - began:.0f} s")
                waits_for = steps.send(ready)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


@contextmanager
def without_limit(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Let statements take any time during the block, as far as the server allows."""
    limit_s = getattr(connection, "limit_s", None)
    if isinstance(connection, BoundedConnection):
        connection.limit_s = None
    try:
        yield
    finally:
        if isinstance(connection, BoundedConnection):
            connection.limit_s = limit_s
