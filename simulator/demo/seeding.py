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
from simulator.demo.history_seed import SEEDED_ID_PREFIX, CameraHistory, TableRows, days_back

HISTORY_DAYS = 30
FULL_HISTORY_CAMERAS, SHORT_HISTORY_DAYS = 4, 8
"""A day of a camera takes 8 MB of disk: so many cameras have the whole month, the others the last days of it."""

FULL_SPEED_DAYS = 2
HISTORY_END_OFFSET = timedelta(minutes=20)
"""The pages of cameras count the last quarter of an hour: that must be what was seen, and nothing else."""

IDLE_PER_WORK_S = 4.0
"""After the newest days, this much time is spent idle for each second of work: the live city comes first."""

_SEEDED_ROW_QUERY = """
SELECT 1 FROM observed WHERE camera_id = %s AND start_at >= %s AND start_at < %s AND event_id::text LIKE %s LIMIT 1
"""

log = structlog.get_logger()


@contextmanager
def seeding(config: Config, past: Sequence[CameraHistory]) -> Iterator[None]:
    """In a thread of its own, until done or the block is left. Days that were written before are left as they are."""
    stop = Flag()
    thread = Thread(target=_seed, args=(config, past, stop), name="history", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def _seed(config: Config, past: Sequence[CameraHistory], stop: Flag) -> None:
    try:
        with open_database(config, max_connections=1) as pool:
            seed(pool, past, datetime.now(ZoneInfo(config.city.timezone)) - HISTORY_END_OFFSET, stop)
    except DatabaseUnavailable as error:
        log.warning("the past could not be written", reason=str(error))


def seed(
    pool: ConnectionPool, past: Sequence[CameraHistory], until: datetime, stop: Flag, *, days: int = HISTORY_DAYS
) -> None:
    """until: in the city's time zone. Raises DatabaseUnavailable."""
    for k, day in enumerate(days_back(until, days)):
        began = time.monotonic()
        for camera in past if k <= SHORT_HISTORY_DAYS else past[:FULL_HISTORY_CAMERAS]:
            if stop.is_set():
                return
            with transaction(pool) as connection:
                if not _is_written(connection, camera, day):
                    _write(connection, camera.day(day, until))
        if k >= FULL_SPEED_DAYS:
            stop.wait(IDLE_PER_WORK_S * (time.monotonic() - began))
    log.info("the past is written", days=days, cameras=len(past))


def _is_written(connection: Connection[Any], camera: CameraHistory, day: date) -> bool:
    begin = camera.midnight(day)
    wanted = [camera.camera_id, begin, begin + timedelta(days=1), f"{SEEDED_ID_PREFIX}%"]
    return connection.execute(_SEEDED_ROW_QUERY, wanted).fetchone() is not None


def _write(connection: Connection[Any], tables: Iterable[TableRows]) -> None:
    with connection.cursor() as cursor:
        for rows in tables:
            with cursor.copy(_copy(rows)) as copy:
                copy.write(rows.text)


def _copy(rows: TableRows) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(rows.table), columns)
