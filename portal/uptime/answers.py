"""Answers of the API of uptime, which are computed once for all clients and kept for some minutes."""

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog
from starlette.concurrency import run_in_threadpool

from pipelines.store.database_errors import DatabaseUnavailable
from portal.cameras.camera_scope import CameraScope
from portal.uptime.daily_uptime import DailyUptime

MAX_AGE_S = 300.0
"""Age in seconds from which on uptime is read again. [assumption: a day of a camera changes by 0.3 % meanwhile]"""
RETRY_S = 10.0
"""Seconds until uptime is read again where that failed; an older answer serves meanwhile, or the error. [assumption]"""

Key = tuple[CameraScope | None, int, str]
"""Scope of the client, version of the catalogue, and period."""
log = structlog.get_logger(__name__)


class UptimeAnswers:
    """Keeps answers by key. Clients that come while one is computed wait without a thread, or get the older one.

    read: reads the uptime of all days, in a thread.
    """

    def __init__(self, read: Callable[[], DailyUptime], max_age_s: float = MAX_AGE_S) -> None:
        self._read = read
        self._max_age_s = max_age_s
        self._lock = asyncio.Lock()
        self._daily: DailyUptime | None = None
        self._failure: Exception | None = None
        self._read_again_at = 0.0
        self._answers: dict[Key, bytes] = {}

    async def answer(self, key: Key, make: Callable[[DailyUptime], bytes | None]) -> bytes | None:
        """Return the answer to `key`, which `make` computes in a thread; None is not kept.

        Raises what `read` raised, such as DatabaseUnavailable, where no uptime was read before.
        """
        kept = self._answers.get(key)
        if kept is not None and (self._lock.locked() or monotonic() < self._read_again_at):
            return kept
        async with self._lock:
            daily = await self._current()
            kept = self._answers.get(key)
            if kept is None:
                kept = await run_in_threadpool(make, daily)
                if kept is not None:
                    self._answers[key] = kept
            return kept

    async def _current(self) -> DailyUptime:
        if monotonic() >= self._read_again_at:
            await self._read_now()
        if self._daily is not None:
            return self._daily
        assert self._failure is not None
        raise self._failure.with_traceback(None)  # or each client would lengthen the traceback

    async def _read_now(self) -> None:
        try:
            self._daily = await run_in_threadpool(self._read)
        except Exception as error:
            log.warning("uptime cannot be read", error=str(error), exc_info=not isinstance(error, DatabaseUnavailable))
            self._failure = error
            self._read_again_at = monotonic() + RETRY_S
            return
        self._read_again_at = monotonic() + self._max_age_s
        self._answers.clear()
