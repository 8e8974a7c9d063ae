"""Trends of cameras, each computed once for all clients and kept for a minute."""

import asyncio
from collections.abc import Callable
from time import monotonic

from starlette.concurrency import run_in_threadpool

from portal.cameras.catalogue import CatalogueEntry
from portal.history.schemas import Trend

MAX_AGE_S = 60.0
"""Age in seconds from which on a trend is computed again: a minute changes little in it. [assumption]"""


class TrendAnswers:
    """Keeps one trend for each camera. Clients that come while it is computed wait without a thread.

    compute: reads the trend of a camera, in a thread. A failure is raised to all that wait for it, and not kept.
    """

    def __init__(self, compute: Callable[[CatalogueEntry], Trend], max_age_s: float = MAX_AGE_S) -> None:
        self._compute = compute
        self._max_age_s = max_age_s
        self._computed: dict[str, asyncio.Task[Trend]] = {}
        self._kept_until: dict[str, float] = {}

    async def answer(self, entry: CatalogueEntry) -> Trend:
        """Return the trend of a camera. Raises what `compute` raises, such as DatabaseUnavailable."""
        task = self._computed.get(entry.id)
        if task is None or (task.done() and monotonic() >= self._kept_until.get(entry.id, 0.0)):
            task = self._computed[entry.id] = asyncio.create_task(self._computation(entry))
        return await asyncio.shield(task)  # a client that goes away does not end the computation for the others

    async def _computation(self, entry: CatalogueEntry) -> Trend:
        self._kept_until.pop(entry.id, None)
        trend = await run_in_threadpool(self._compute, entry)
        self._kept_until[entry.id] = monotonic() + self._max_age_s
        return trend
