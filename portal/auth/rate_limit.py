"""Slowing down whoever guesses passwords."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

WINDOW_S = 300.0
MAX_REMEMBERED = 10_000

Key = tuple[str, ...]


class AttemptLimiter:
    """Counts attempts by key over five minutes; remembers the newest 10,000 keys and no more.

    An attempt counts as failed from its beginning, so that a thousand at once are no way around the limit. Time is
    the caller's: seconds that increase.
    """

    def __init__(self) -> None:
        self._attempts: OrderedDict[Key, list[float]] = OrderedDict()
        self._lock = Lock()

    def attempt(self, limits: Mapping[Key, int], now: float) -> float:
        """0 where the attempt may be made, which is counted for every key; else how long to wait, in seconds."""
        with self._lock:
            wait_s = max(self._wait_s(key, limit, now) for key, limit in limits.items())
            if wait_s == 0:
                self._count(limits, now)
            return wait_s

    def take_back(self, key: Key) -> None:
        """The newest attempt was none."""
        with self._lock:
            if self._attempts.get(key):
                self._attempts[key].pop()

    def forget(self, key: Key) -> None:
        with self._lock:
            self._attempts.pop(key, None)

    def _count(self, keys: Mapping[Key, int], now: float) -> None:
        for key in keys:
            self._attempts[key] = [*self._recent(key, now), now]
            self._attempts.move_to_end(key)
        while len(self._attempts) > MAX_REMEMBERED:
            self._attempts.popitem(last=False)

    def _recent(self, key: Key, now: float) -> list[float]:
        return [at for at in self._attempts.get(key, []) if now - at < WINDOW_S]

    def _wait_s(self, key: Key, limit: int, now: float) -> float:
        recent = self._recent(key, now)
        return recent[-limit] + WINDOW_S - now if len(recent) >= limit else 0.0
