"""Thread that repeats a task on the database for as long as a program runs."""

from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Self

import structlog

from pipelines.retry import Backoff, Retry

log = structlog.get_logger()

STOP_S = 2.0
"""Longest wait for the thread at the end, in seconds. [requirement: the program ends within 5 s of Ctrl-C]"""

Task = Callable[[Flag], bool]
"""Part of the work; returns whether there may be more at once. The flag is set at the end of the program."""


class PollingThread:
    """A context manager. After a failure the task is repeated with growing delays; a bug is logged and ends nothing.

    every_s: seconds from the end of the work to the next attempt. failure: what is logged where the task fails.
    """

    def __init__(self, name: str, task: Task, *, every_s: float, backoff: Backoff, failure: str) -> None:
        self._task, self._every_s = task, every_s
        self._backoff, self._failure = backoff, failure
        self._stop, self._stopped_by = Flag(), 0.0
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.request_stop()
        self._thread.join(max(0.0, self._stopped_by - monotonic()))

    def request_stop(self) -> None:
        """Ask the thread to end, without waiting for it: several threads end at the same time."""
        if not self._stop.is_set():
            self._stopped_by = monotonic() + STOP_S
            self._stop.set()

    def _run(self) -> None:
        retry = Retry(self._backoff)
        while not self._stop.is_set():
            try:
                has_more = self._task(self._stop)
                retry.succeeded()
                if not has_more:
                    self._stop.wait(self._every_s)
            except Exception as error:  # one part of the work must not end all others
                if self._stop.is_set():
                    return
                if not isinstance(error, ConnectionError):
                    log.exception("a task failed because of a fault of this program", task=self._thread.name)
                retry.wait(self._stop, self._failure, error)
