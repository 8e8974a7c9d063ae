"""Writing the simulated city's past into its database, the newest days first, while the city already lives."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Event as Flag
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config
from pipelines.store.pool import DatabaseUnavailable, open_database, transaction
from simulator.demo.history_seed import SEED_MARK, PastDays, Rows, days_back

DAYS = 30
WITH_A_MONTH, DAYS_OF_OTHERS = 4, 8
"""A day of a camera takes 8 MB of disk: so many cameras have the whole month, the others the last days of it."""

AT_ONCE_DAYS = 2
ENDS_BEFORE = timedelta(minutes=20)
"""The pages of cameras count the last quarter of an hour: that must be what was seen, and nothing else."""

PACE = 4.0
"""After the newest days, this much time is spent idle for each second of work: the live city comes first."""

_WRITTEN = """
SELECT 1 FROM observed WHERE camera_id = %s AND start_at >= %s AND start_at < %s AND event_id::text LIKE %s LIMIT 1
"""

log = structlog.get_logger()


@contextmanager
def seeding(config: Config, past: Sequence[PastDays]) -> Iterator[None]:
    """In a thread of its own, until done or the block is left. Days that were written before are left as they are."""
    stop = Flag()
    thread = Thread(target=_seed, args=(config, past, stop), name="history", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def _seed(config: Config, past: Sequence[PastDays], stop: Flag) -> None:
    try:
        with open_database(config, max_connections=1) as pool:
            seed(pool, past, datetime.now(ZoneInfo(config.city.timezone)) - ENDS_BEFORE, stop)
    except DatabaseUnavailable as error:
        log.warning("the past could not be written", reason=str(error))


def seed(pool: ConnectionPool, past: Sequence[PastDays], until: datetime, stop: Flag, *, days: int = DAYS) -> None:
    """until: in the city's time zone. Raises DatabaseUnavailable."""
    for k, day in enumerate(days_back(until, days)):
        began = time.monotonic()
        for camera in past if k <= DAYS_OF_OTHERS else past[:WITH_A_MONTH]:
            if stop.is_set():
                return
            with transaction(pool) as connection:
                if not _is_written(connection, camera, day):
                    _write(connection, camera.day(day, until))
        if k >= AT_ONCE_DAYS:
            stop.wait(PACE * (time.monotonic() - began))
    log.info("the past is written", days=days, cameras=len(past))


def _is_written(connection: Connection[Any], camera: PastDays, day: date) -> bool:
    begin = camera.midnight(day)
    wanted = [camera.camera_id, begin, begin + timedelta(days=1), f"{SEED_MARK}%"]
    return connection.execute(_WRITTEN, wanted).fetchone() is not None


def _write(connection: Connection[Any], tables: Iterable[Rows]) -> None:
    with connection.cursor() as cursor:
        for rows in tables:
            with cursor.copy(_copy(rows)) as copy:
                copy.write(rows.text)


def _copy(rows: Rows) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(rows.table), columns)
