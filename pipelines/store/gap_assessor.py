"""Thread that stores the cameras of the configuration, and assesses gaps while it is open."""

from collections.abc import Sequence
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

import structlog
from psycopg_pool import ConnectionPool

from pipelines.config.settings import CameraConfig
from pipelines.retry import Backoff, Retry
from pipelines.store.camera_service import record_cameras
from pipelines.store.gap_assessment import assess_next

log = structlog.get_logger()

ASSESS_EVERY_S = 10.0
"""Seconds between two assessments, once none is left. [assumption]"""
BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
"""Delays between attempts after a failure, in seconds. [assumption]"""
STOP_S = 2.0
"""Longest wait for the thread at the end, in seconds. [requirement: the program ends within 5 s of Ctrl-C]"""


class GapAssessor:
    """A context manager. cameras: of the configuration; they replace those that an earlier run stored."""

    def __init__(self, pool: ConnectionPool, cameras: Sequence[CameraConfig]) -> None:
        self._pool = pool
        self._cameras = cameras
        self._stop = Flag()
        self._thread = Thread(target=self._run, name="gaps", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        retry, recorded = Retry(BACKOFF), False
        while not self._stop.is_set():
            try:
                if not recorded:
                    record_cameras(self._pool, self._cameras)
                    recorded = True
                while assess_next(self._pool) and not self._stop.is_set():
                    pass
                retry.succeeded()
                self._stop.wait(ASSESS_EVERY_S)
            except ConnectionError as error:
                if not self._stop.is_set():
                    retry.wait(self._stop, "gaps cannot be assessed; retrying", error)
            except Exception as error:  # events must be stored all the same
                if not self._stop.is_set():
                    log.exception("gaps cannot be assessed because of a fault of this program")
                    retry.wait(self._stop, "gaps cannot be assessed; retrying", error)
