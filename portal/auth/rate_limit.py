"""Rate limit of sign-in attempts, against guessed passwords. See docs/adr/0061-sign-in-rate-limit.md."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

WINDOW_S = 300.0
"""Seconds for which an attempt counts. [assumption]"""
MAX_KEYS = 10_000
"""Keys whose attempts are stored, the newest; bounds the memory to a few MiB. [assumption]"""

Key = tuple[str, ...]
"""What attempts are counted by: kind and value, such as ("address", "10.0.0.1")."""


class AttemptLimiter:
    """Sliding-window limit of attempts by key, in bounded memory. For any thread.

    An attempt counts from its beginning, so that simultaneous attempts cannot exceed the limit. Times are those of
    the caller, in seconds that increase.
    """

    def __init__(self) -> None:
        self._attempts: OrderedDict[Key, list[float]] = OrderedDict()
        self._lock = Lock()

    def attempt(self, limits: Mapping[Key, int], now: float) -> float:
        """Count an attempt for every key and return 0, or return the seconds to wait where a limit is reached.

        limits: most attempts within WINDOW_S, by key.
        """
        with self._lock:
            wait_s = max(self._wait_s(key, limit, now) for key, limit in limits.items())
            if wait_s == 0:
                self._count(limits, now)
            return wait_s

    def refund(self, key: Key) -> None:
        """Remove the newest attempt of a key, after it has succeeded."""
        with self._lock:
            if self._attempts.get(key):
                self._attempts[key].pop()

    def reset(self, key: Key) -> None:
        """Remove all attempts of a key."""
        with self._lock:
            self._attempts.pop(key, None)

    def _count(self, keys: Mapping[Key, int], now: float) -> None:
        for key in keys:
            self._attempts[key] = [*self._recent(key, now), now]
            self._attempts.move_to_end(key)
        while len(self._attempts) > MAX_KEYS:
            self._attempts.popitem(last=False)

    def _recent(self, key: Key, now: float) -> list[float]:
        return [at for at in self._attempts.get(key, []) if now - at < WINDOW_S]

    def _wait_s(self, key: Key, limit: int, now: float) -> float:
        recent = self._recent(key, now)
        return recent[-limit] + WINDOW_S - now if len(recent) >= limit else 0.0
