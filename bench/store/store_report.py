"""Speed of the database with a history in place: `make bench-store`, by default in less than two minutes.

    python -m bench.store.store_report [--cameras 3] [--days 10] [--dsn DSN]

Generates history, computes its roll-ups, and measures writes, the queries of long periods, and a day that arrives late.
Without --dsn it starts PostgreSQL in a temporary folder, which it removes. Writes build/bench/store.json: a figure that
the server cannot have is null, and the console states why.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import numpy as np
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from bench.inputs import RESULTS
from bench.store.generated_history import DAY, GATES, ZONES, Amount, insert_day, minute_event
from bench.target_table import target_lines
from pipelines.config.settings import Config, StoreConfig
from pipelines.errors import UserError
from pipelines.store.bounded_connection import without_limit
from pipelines.store.history.bucket_edges import DAY_S, MAX_BUCKETS, bucket_edges
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.history.refresh import refresh
from pipelines.store.history.rollup_marks import mark_period
from pipelines.store.history.rollups import ROLLED_UP_S
from pipelines.store.pool import STATEMENT_TIMEOUT_MS, open_database, transaction
from pipelines.store.tables import TIME_SERIES
from pipelines.store.timescale import compress_next, has_hypertables, may_compress
from pipelines.store.writer import EventWriter
from portal.history.rows import gate_history, zone_history

RESULT = RESULTS / "store.json"
"""Figures that this benchmark writes."""
CITY = ZoneInfo("Asia/Jakarta")
"""Time zone of the days."""
EVENTS_PER_BATCH = 500
"""Events of one transaction [source: pipelines.bus.kafka.subscriber.BATCH]."""
ROWS_PER_EVENT = 37
"""Rows of the event of one minute at rush hour [source: the load with which the store was measured on Kafka]."""
ROW_BYTES = 320
"""Bytes of a generated row with its indexes and its part of the roll-ups. [measured: this benchmark prints them]"""
QUERIED_CAMERAS = 10
"""Most cameras whose history is queried."""
TARGETS = {
    "rows_per_s": ">= 30000",
    "year_query_p95_ms": "<= 200",
    "compression_ratio": ">= 10",
    "late_day_refresh_s": "<= 300",
}
"""Figure -> what is wanted on two cores with 300 cameras and a year [requirement]."""

Figures = dict[str, float | None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--step-minutes", type=int, default=1, help="minutes from one with rows to the next")
    parser.add_argument("--crossings", type=int, default=6, help="of one camera in each of these minutes")
    parser.add_argument("--events", type=int, default=1000, help="events to write, of one minute and camera each")
    parser.add_argument("--batch", type=int, default=EVENTS_PER_BATCH, help="of these events, in one transaction")
    parser.add_argument("--disk-gb", type=float, default=10, help="refuse a history that takes more")
    parser.add_argument("--dsn", help="an empty database, also TimescaleDB, instead of an own PostgreSQL")
    parser.add_argument("--json", type=Path, default=RESULT)
    wanted = parser.parse_args()
    step = timedelta(minutes=wanted.step_minutes)
    amount = Amount(cameras=wanted.cameras, days=wanted.days, step=step, crossings=wanted.crossings)
    needed_gb = amount.rows * ROW_BYTES / 1e9
    if needed_gb > wanted.disk_gb:
        parser.error(f"that takes about {needed_gb:.0f} GB; choose fewer cameras or days, or give --disk-gb")
    try:
        with database(wanted.dsn) as pool:
            figures = measured(pool, amount, wanted.events, wanted.batch)
    except UserError as error:
        parser.error(str(error))
    wanted.json.parent.mkdir(parents=True, exist_ok=True)
    wanted.json.write_text(json.dumps(figures, indent=1) + "\n")
    rows = f"{amount.cameras} cameras, {amount.days} days, {amount.rows} rows"
    print(f"{rows}; wanted: with 300 cameras and 365 days", *target_lines(figures, TARGETS, {}), sep="\n")
    return 0


@contextmanager
def database(dsn: str | None) -> Iterator[ConnectionPool]:
    """Open the empty database of `dsn`, or one in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="simpang-bench-") as folder:
        store = StoreConfig(dsn=SecretStr(dsn) if dsn else None)
        with open_database(Config(data_dir=Path(folder), store=store), max_connections=1) as pool:
            with transaction(pool) as connection:
                if connection.execute("SELECT FROM observed LIMIT 1").fetchone():
                    raise UserError("the database has rows; name an empty one, since this one would be filled")
            yield pool


def measured(pool: ConnectionPool, amount: Amount, events: int, batch: int) -> Figures:
    """Fill the database and return all figures. events: to write, in transactions of `batch`."""
    late = datetime.combine(datetime.now(UTC).date(), time(), UTC) - 2 * DAY
    begin = late - amount.days * DAY
    began = monotonic()
    for camera_id in amount.camera_ids:
        for number in range(amount.days):
            with transaction(pool) as connection:
                insert_day(connection, camera_id, begin + number * DAY, amount)
        with transaction(pool) as connection:
            mark_period(connection, camera_id, begin, late)
    print(f"{amount.rows} rows generated in {monotonic() - began:.0f} s")
    began = monotonic()
    refresh_all(pool)
    rollup_s = monotonic() - began
    vacuum(pool)
    of_disk = sizes(pool, amount)
    queries = query_times_ms(pool, amount, begin, late)
    late_s = late_day_s(pool, amount, late)
    compression, reason = compression_ratio(pool)
    if compression is None:
        print(f"compression_ratio is null: {reason}")
    return {
        "cameras": amount.cameras,
        "days": amount.days,
        "rows": amount.rows,
        "rollup_camera_days_per_s": round(amount.cameras * amount.days / rollup_s, 2),
        **of_disk,
        "rows_per_s": round(rows_per_s(pool, amount, late + DAY, events, batch)),
        "year_query_p95_ms": round(float(np.percentile(queries, 95)), 1),
        "year_query_max_ms": round(max(queries), 1),
        "late_day_refresh_s": round(late_s, 2),
        "compression_ratio": compression,
    }


def vacuum(pool: ConnectionPool) -> None:
    """Reclaim and analyse all tables, as the server does by itself in the course of a day."""
    with pool.connection() as connection, without_limit(connection):
        connection.execute("SET statement_timeout = 0")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.autocommit = False
        connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")


def sizes(pool: ConnectionPool, amount: Amount) -> Figures:
    """Return the bytes of a row, with its indexes, and of a roll-up."""
    query = """
    SELECT sum(pg_total_relation_size(relid)) FILTER (WHERE relname <> 'rollups'),
        pg_total_relation_size('rollups') / (SELECT greatest(count(*), 1) FROM rollups)
    FROM pg_stat_user_tables
    """
    with transaction(pool) as connection:
        row = connection.execute(query).fetchall()[0]
    return {"bytes_per_row": round(float(row[0]) / amount.rows), "bytes_per_rollup": round(float(row[1]))}


def refresh_all(pool: ConnectionPool) -> None:
    """Compute all roll-ups that are due."""
    while refresh(pool, CITY, at_once=True):
        pass


def query_times_ms(pool: ConnectionPool, amount: Amount, begin: datetime, end: datetime) -> list[float]:
    """Return the times of the history of gates and zones by every length of buckets, each asked a second time."""
    times = []
    for camera_id in amount.camera_ids[:QUERIED_CAMERAS]:
        for interval_s in ROLLED_UP_S:
            first = max(begin, end - (MAX_BUCKETS - 2) * timedelta(seconds=interval_s))
            edges = bucket_edges(first, end, interval_s, CITY)
            span = BucketRange(camera_id=camera_id, edges=edges, interval_s=interval_s)
            for read, place in ((gate_history, GATES[0]), (zone_history, ZONES[0])):
                for is_warm in (False, True):
                    began = monotonic()
                    with transaction(pool) as connection:
                        read(connection, span, place)
                    if is_warm:
                        times.append(1000 * (monotonic() - began))
    return times


def late_day_s(pool: ConnectionPool, amount: Amount, start: datetime) -> float:
    """Insert a day of all cameras, and return the time until its roll-ups are computed. Fails where one is wrong."""
    for camera_id in amount.camera_ids:
        with transaction(pool) as connection:
            insert_day(connection, camera_id, start, amount)
            mark_period(connection, camera_id, start, start + DAY)
    began = monotonic()
    refresh_all(pool)
    elapsed_s = monotonic() - began
    for camera_id in amount.camera_ids[:QUERIED_CAMERAS]:
        require_same_answers(pool, camera_id, start)
    return elapsed_s


def require_same_answers(pool: ConnectionPool, camera_id: str, start: datetime) -> None:
    """Raise AssertionError where a day's history from roll-ups differs from that of the rows."""
    for interval_s in (300, DAY_S):
        edges = bucket_edges(start, start + DAY, interval_s, CITY)
        spans = [BucketRange(camera_id=camera_id, edges=edges, interval_s=each) for each in (interval_s, 0)]
        with transaction(pool) as connection:
            rolled_up, single = (gate_history(connection, span, GATES[0]) for span in spans)
        if rolled_up != single:
            raise AssertionError(f"{camera_id}: roll-ups of {interval_s} s differ from the rows")


def rows_per_s(pool: ConnectionPool, amount: Amount, start: datetime, events: int, batch: int) -> float:
    """Return the rows a second that the writer stores of events of all cameras, of yesterday, without decoding them."""
    crossings = ROWS_PER_EVENT - amount.rows_per_minute + amount.crossings
    made = [
        minute_event(f"made-{number % 300:03}", start + timedelta(minutes=number // 300), crossings)
        for number in range(events)
    ]
    writer = EventWriter(pool)
    began = monotonic()
    for first in range(0, events, batch):
        writer.write(made[first : first + batch])
    return events * ROWS_PER_EVENT / (monotonic() - began)


def compression_ratio(pool: ConnectionPool) -> tuple[float | None, str]:
    """Return the ratio of sizes before and after compression of all whole days, or None and the reason."""
    with transaction(pool) as connection:
        if not has_hypertables(connection):
            return None, "the server is PostgreSQL without TimescaleDB"
        if not may_compress(connection):
            return None, "this build of TimescaleDB has no licence to compress"
    for name in TIME_SERIES:
        has_more = True
        while has_more:
            with transaction(pool) as connection:
                has_more = compress_next(connection, name, datetime.now(UTC))
    query = """
    SELECT hypertable_name, before_compression_total_bytes, after_compression_total_bytes
    FROM timescaledb_information.hypertables
    CROSS JOIN LATERAL hypertable_compression_stats(format('%I.%I', hypertable_schema, hypertable_name)::regclass)
    WHERE after_compression_total_bytes > 0
    """
    with transaction(pool) as connection:
        found = connection.execute(query).fetchall()
    for name, before, after in found:
        print(f"{name}: {before / 1e6:.1f} MB, compressed {after / 1e6:.1f} MB")
    return round(float(sum(row[1] for row in found)) / float(sum(row[2] for row in found)), 1), ""


if __name__ == "__main__":
    sys.exit(main())
