"""Delays between attempts that failed: doubled each time, bounded, and spread at random.

Users wait on a stop event or a condition of their own, which `stamina` and `tenacity` cannot do. See ADR 0051.
"""

import random
from dataclasses import dataclass
from threading import Event as Flag

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """first_s: bound of the first delay in seconds. longest_s: bound of every delay."""

    first_s: float
    longest_s: float

    def delay_s(self, failures: int) -> float:
        """Return the delay in seconds after `failures` failures in a row (1 or more).

        It is random between half of its bound and the bound. Clients that failed together do not return together,
        and none returns at once.

        >>> 0.5 <= Backoff(first_s=1, longest_s=10).delay_s(1) <= 1
        True
        >>> 5 <= Backoff(first_s=1, longest_s=10).delay_s(1000) <= 10
        True
        """
        bound_s = min(self.first_s * 2.0 ** min(failures - 1, 30), self.longest_s)
        return bound_s * random.uniform(0.5, 1.0)  # noqa: S311


class Retry:
    """The failures in a row of one task. Only the first of them is logged."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self.failures = 0

    def failed(self, message: str, error: Exception, **fields: object) -> float:
        """Count a failure, and return the delay in seconds before the next attempt."""
        self.failures += 1
        if self.failures == 1:
            log.warning(message, error=error, **fields)
        return self._backoff.delay_s(self.failures)

    def wait(self, stop: Flag, message: str, error: Exception) -> None:
        """Count a failure, and wait for the delay or until `stop` is set."""
        stop.wait(self.failed(message, error))

    def succeeded(self) -> bool:
        """Start from the first delay again. Returns whether the attempt before this one had failed."""
        recovered, self.failures = self.failures > 0, 0
        return recovered
