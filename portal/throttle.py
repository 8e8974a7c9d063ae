"""Slowing down whoever guesses passwords."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

WINDOW_S = 300.0
MAX_REMEMBERED = 10_000

Key = tuple[str, ...]


class Throttle:
    """Counts failures by key over five minutes; remembers the newest 10,000 keys and no more.

    Time is the caller's: seconds that increase.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[Key, list[float]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, limits: Iterable[tuple[Key, int]], now: float) -> float:
        """How long to wait until no key is over its limit; 0 where none is."""
        with self._lock:
            return max((self._wait_of(key, limit, now) for key, limit in limits), default=0.0)

    def failed(self, keys: Iterable[Key], now: float) -> None:
        with self._lock:
            for key in keys:
                self._failures[key] = [*self._recent(key, now), now]
                self._failures.move_to_end(key)
            while len(self._failures) > MAX_REMEMBERED:
                self._failures.popitem(last=False)

    def forget(self, key: Key) -> None:
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: Key, now: float) -> list[float]:
        return [at for at in self._failures.get(key, []) if now - at < WINDOW_S]

    def _wait_of(self, key: Key, limit: int, now: float) -> float:
        recent = self._recent(key, now)
        return recent[-limit] + WINDOW_S - now if len(recent) >= limit else 0.0
