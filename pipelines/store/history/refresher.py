"""Thread that refreshes roll-ups beside the store."""

from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import structlog
from psycopg_pool import ConnectionPool

from pipelines.retry import Backoff, Retry
from pipelines.store.history.refresh import refresh

log = structlog.get_logger()

POLL_EVERY_S = 10.0
"""Seconds between two queries of the marks. [assumption]"""
BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
"""Delays after a failure, in seconds. [assumption]"""
STOP_S = 2.0
"""Longest wait for the thread at the end, in seconds. [requirement: the program ends within 5 s of Ctrl-C]"""


class RollupRefresher:
    """A context manager with a thread that refreshes what is due. zone: time zone of the city."""

    def __init__(self, pool: ConnectionPool, zone: ZoneInfo) -> None:
        self._pool, self._zone = pool, zone
        self._stop = Flag()
        self._thread = Thread(target=self._run, name="rollups", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        retry = Retry(BACKOFF)
        while not self._stop.is_set():
            try:
                if not refresh(self._pool, self._zone, is_stopped=self._stop.is_set):
                    self._stop.wait(POLL_EVERY_S)
                retry.succeeded()
            except ConnectionError as error:
                if not self._stop.is_set():
                    retry.wait(self._stop, "roll-ups cannot be refreshed; retrying", error)
            except Exception as error:  # a bug in one camera must not end the refresh of all others
                log.exception("roll-ups cannot be computed")
                retry.wait(self._stop, "roll-ups cannot be computed; retrying", error)
