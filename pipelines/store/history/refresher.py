"""Thread that refreshes roll-ups beside the store."""

from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool

from pipelines.retry import Backoff
from pipelines.store.history.refresh import refresh
from pipelines.store.polling_thread import PollingThread

POLL_EVERY_S = 10.0
"""Seconds between two queries of the marks. [assumption]"""
BACKOFF = Backoff(first_s=1.0, longest_s=30.0)
"""Delays after a failure, in seconds. [assumption]"""


def rollup_refresher(pool: ConnectionPool, zone: ZoneInfo) -> PollingThread:
    """Return the thread that refreshes what is due. zone: time zone of the city."""
    return PollingThread(
        "rollups",
        lambda stop: refresh(pool, zone, is_stopped=stop.is_set) > 0,
        every_s=POLL_EVERY_S,
        backoff=BACKOFF,
        failure="roll-ups cannot be refreshed; retrying",
    )
