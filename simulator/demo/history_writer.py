"""Writing of the synthetic history into the database, the newest days first, while the city runs."""

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
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.history.rollup_marks import mark_period
from pipelines.store.pool import open_database, transaction
from simulator.demo.history_seed import SEEDED_ID_PREFIX, CameraHistory, TableRows, days_back

HISTORY_DAYS = 30
"""Days of the history [assumption]."""

FULL_HISTORY_CAMERAS, SHORT_HISTORY_DAYS = 4, 8
"""Cameras with all days, and days of the other cameras: a day takes 8 MB of disk [assumption]."""

FULL_SPEED_DAYS = 2
"""Days that are written without pauses, so that the charts of yesterday are complete at once [assumption]."""

HISTORY_END_OFFSET = timedelta(minutes=20)
"""The history ends this long before now: the camera page counts the last 15 minutes, which must be observed."""

IDLE_PER_WORK_S = 4.0
"""Seconds of pause for each second of writing after the newest days: the live city has priority [assumption]."""

_SEEDED_ROW_QUERY = """
SELECT 1 FROM observed WHERE camera_id = %s AND start_at >= %s AND start_at < %s AND event_id::text LIKE %s LIMIT 1
"""
"""SQL: whether a synthetic row of a camera exists in a span of time."""

log = structlog.get_logger()


@contextmanager
def writing_history(config: Config, histories: Sequence[CameraHistory]) -> Iterator[None]:
    """Write the history in a thread until it is complete or the block ends. Days written before are skipped."""
    stop = Flag()
    thread = Thread(target=_write_history, args=(config, histories, stop), name="history", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def _write_history(config: Config, histories: Sequence[CameraHistory], stop: Flag) -> None:
    try:
        with open_database(config, max_connections=1) as pool:
            write_history(pool, histories, datetime.now(ZoneInfo(config.city.timezone)) - HISTORY_END_OFFSET, stop)
    except DatabaseUnavailable as error:
        log.warning("history could not be written", reason=str(error))


def write_history(
    pool: ConnectionPool, histories: Sequence[CameraHistory], until: datetime, stop: Flag, *, days: int = HISTORY_DAYS
) -> None:
    """Write the history before `until`, in the city's time zone. Raises DatabaseUnavailable."""
    for k, day in enumerate(days_back(until, days)):
        began = time.monotonic()
        for camera in histories if k <= SHORT_HISTORY_DAYS else histories[:FULL_HISTORY_CAMERAS]:
            if stop.is_set():
                return
            with transaction(pool) as connection:
                if not _is_written(connection, camera, day):
                    _write(connection, camera.day(day, until))
                    begin = camera.midnight(day)
                    mark_period(connection, camera.camera_id, begin, min(begin + timedelta(days=1), until))
        if k >= FULL_SPEED_DAYS:
            stop.wait(IDLE_PER_WORK_S * (time.monotonic() - began))
    log.info("history written", days=days, cameras=len(histories))


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
