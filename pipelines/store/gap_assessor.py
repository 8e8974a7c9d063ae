"""Thread that stores the cameras of the configuration, and assesses gaps."""

from collections.abc import Sequence
from threading import Event as Flag

from psycopg_pool import ConnectionPool

from pipelines.config.settings import CameraConfig
from pipelines.retry import Backoff
from pipelines.store.camera_service import record_cameras
from pipelines.store.gap_assessment import assess_next
from pipelines.store.polling_thread import PollingThread

ASSESS_EVERY_S = 10.0
"""Seconds between two assessments, once none is left. [assumption]"""
BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
"""Delays between attempts after a failure, in seconds. [assumption]"""


def gap_assessor(pool: ConnectionPool, cameras: Sequence[CameraConfig]) -> PollingThread:
    """Return the thread. cameras: of the configuration; they replace those that an earlier run stored."""
    recorded = Flag()

    def assess(_stop: Flag) -> bool:
        if not recorded.is_set():
            record_cameras(pool, cameras)
            recorded.set()
        return assess_next(pool)

    return PollingThread(
        "gaps", assess, every_s=ASSESS_EVERY_S, backoff=BACKOFF, failure="gaps cannot be assessed; retrying"
    )
