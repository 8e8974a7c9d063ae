"""Supervisor of a worker's threads: starts them, restarts (reconnects) them after a failure, and ends them."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

import structlog

from pipelines.addresses.mask import without_credentials
from pipelines.errors import CredentialsRefused, NeedsRemedy
from pipelines.retry import Backoff

log = structlog.get_logger()

Task = Callable[[Flag], None]
"""Runs until the flag is set. After any error it is started again."""

STOP_WITHIN_S = 1.8
"""Longest wait (s) for all threads to end; a stopped worker must end within 2 s. [assumption]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """Delays in seconds before a failed task is started again. [assumption]

    first_s, longest_s: as in `Backoff`. The longest delay is short: a camera is online within 5 s of its return.
    remedy_s: the longest delay after NeedsRemedy, and after a bug. settled_s: a task that ran for this long starts from
    `first_s` again. refused_first_s, refused_longest_s: as in `Backoff`, after CredentialsRefused: cameras lock an
    account after 5 to 7 wrong passwords in half an hour. trusted: refusals of credentials that worked before, such as
    by a camera that starts, which are retried as a lost connection (docs/adr/0153).
    """

    first_s: float = 1.0
    longest_s: float = 2.0
    remedy_s: float = 30.0
    settled_s: float = 30.0
    refused_first_s: float = 60.0
    refused_longest_s: float = 900.0
    trusted: int = 3

    def delay_s(self, failures: int, error: Exception, *, refusals: int = 0) -> float:
        """Return the delay after `failures` failures in a row (1 or more), the last of which is `error`.

        refusals: of credentials in a row, without those of `trusted`.
        """
        if refusals > 0:
            return Backoff(first_s=self.refused_first_s, longest_s=self.refused_longest_s).delay_s(refusals)
        may_pass = isinstance(error, CredentialsRefused) or (
            isinstance(error, ConnectionError) and not isinstance(error, NeedsRemedy)
        )
        return Backoff(first_s=self.first_s, longest_s=self.longest_s if may_pass else self.remedy_s).delay_s(failures)


class Supervisor:
    """Owner of threads. Use as a context manager: leaving it ends them within `stop_within_s`.

    A thread that is still blocked in the network then ends with its read timeout. It does not keep the process alive.
    """

    def __init__(self, policy: RestartPolicy | None = None, *, stop_within_s: float = STOP_WITHIN_S) -> None:
        self._stop = Flag()
        self._stop_within_s = stop_within_s
        self._policy = policy or RestartPolicy()
        self._threads: list[Thread] = []
        self._deadline = math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End all threads, and wait for them."""
        self.request_stop()
        for thread in self._threads:
            thread.join(max(0.0, self._deadline - time.monotonic()))
        for thread in self._threads:
            if thread.is_alive():
                log.info("thread is blocked in the network and ends with its timeout", task=thread.name)

    def request_stop(self) -> None:
        """Ask all threads to end, without waiting for them."""
        if not self._stop.is_set():
            self._deadline = time.monotonic() + self._stop_within_s
            self._stop.set()

    def keep_running(self, name: str, task: Task, on_failure: Callable[[Exception], None] = lambda error: None) -> None:
        """Run `task` in its own thread until the supervisor stops, and again after every failure.

        on_failure: called with each error.
        """
        thread = Thread(target=self._run, args=(name, task, on_failure), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, name: str, task: Task, on_failure: Callable[[Exception], None]) -> None:
        failures = refusals = trusted = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                task(self._stop)
                return
            except ConnectionError as error:
                failure: Exception = error
            except Exception as error:
                failure = error
                log.exception("task failed", task=name)
            if self._stop.is_set():
                return
            if time.monotonic() - began >= self._policy.settled_s:
                failures, trusted = 0, self._policy.trusted
            failures += 1
            refusals = refusals + 1 if isinstance(failure, CredentialsRefused) else 0
            try:
                on_failure(failure)
            except Exception:  # of the disk, where live video is deleted; the task must start again all the same
                log.exception("the failure was not reported completely", task=name)
            delay_s = self._policy.delay_s(failures, failure, refusals=refusals - trusted)
            if failures.bit_count() == 1:  # 1, 2, 4, 8, ...: a camera that is off for a day adds 16 lines
                reason = message_of(failure)
                log.warning("retrying", task=name, reason=reason, failures=failures, delay_s=round(delay_s, 1))
            self._stop.wait(delay_s)


def message_of(error: Exception) -> str:
    """Return the message of an error without credentials; with its class, unless it is a ConnectionError.

    >>> message_of(ConnectionError("sends nothing")), message_of(OSError("disk full"))
    ('sends nothing', 'OSError: disk full')
    """
    text = str(error) if isinstance(error, ConnectionError) else f"{type(error).__name__}: {error}"
    return without_credentials(text)
