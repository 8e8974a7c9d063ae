"""Answers that are computed once for all clients that ask within some seconds."""

import time
from collections.abc import Callable
from threading import Lock

from fastapi import HTTPException, status

from portal.cacheable_answer import CacheableAnswer

STALE = 4
"""Multiple of its age limit up to which an answer serves others while one request computes the next. [assumption]"""
WAIT_S = 2.0
"""Longest wait for an answer that another request computes, s: a waiting request holds a thread. [assumption]"""


class RecentAnswers:
    """The newest answer by name. Any thread may call `get`; one of them computes. now: monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._locks: dict[str, Lock] = {}
        self._answers: dict[str, tuple[float, CacheableAnswer]] = {}

    def get(self, name: str, max_age_s: float, compute: Callable[[], CacheableAnswer]) -> CacheableAnswer:
        """The answer `name`, computed if it is older than `max_age_s`. Raises 503 where it takes others too long."""
        lock = self._locks.setdefault(name, Lock())
        if not lock.acquire(timeout=0 if self._kept(name, STALE * max_age_s) else WAIT_S):
            old = self._kept(name, STALE * max_age_s)
            if old is None:
                raise HTTPException(
                    status.HTTP_503_SERVICE_UNAVAILABLE, "This data is not ready; ask again.", {"Retry-After": "5"}
                )
            return old
        try:
            answer = self._kept(name, max_age_s)
            if answer is None:
                computed_at, answer = self._now(), compute()
                self._answers[name] = computed_at, answer
            return answer
        finally:
            lock.release()

    def _kept(self, name: str, max_age_s: float) -> CacheableAnswer | None:
        """The answer `name` that was computed within `max_age_s`; None without one."""
        computed_at, answer = self._answers.get(name, (0.0, None))
        return answer if answer is not None and self._now() - computed_at < max_age_s else None
