"""Ways to insert rows, side by side: executemany, arrays with unnest, JSON records, COPY into a staging table.

    python -m bench.store.write_methods [--events 2000] [--batch 500] [--dsn DSN]

Each way inserts the crossings of the same minute events into `crossings`, with its indexes, in transactions of --batch
events. A row that exists is skipped. Client time is CPU of this process, without the server's.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from time import monotonic, process_time
from typing import Any

import psycopg
from pydantic_core import to_json

from bench.store.generated_history import minute_event
from bench.store.store_report import database
from pipelines.events.schema import CountsReport, CrossingRecord, Event
from pipelines.store.pool import transaction
from pipelines.store.tables import EVENT_COLUMNS, columns_of

CROSSINGS = 30
"""Crossings of one event, as at rush hour. [source: bench.store.store_report.ROWS_PER_EVENT]"""
COLUMNS = EVENT_COLUMNS["crossings"]
"""Columns of the table."""
RECORD = columns_of(CrossingRecord)
"""Columns that are fields of a record."""
NAMES = ", ".join(COLUMNS)
"""The same as SQL."""

Connection = psycopg.Connection[Any]
Way = Callable[[Connection, Sequence[Event]], None]


def rows_of(events: Sequence[Event]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the crossings, with values in the order of the columns."""
    for event in events:
        assert isinstance(event.data, CountsReport)
        for n, crossing in enumerate(event.data.crossings):
            values = {"event_id": event.id, "n": n, "camera_id": event.data.camera_id}
            yield tuple(values[name] if name in values else getattr(crossing, name) for name in COLUMNS)


def by_executemany(connection: Connection, events: Sequence[Event]) -> None:
    values = ", ".join(f"%s::{kind}" for kind in COLUMNS.values())
    query = f"INSERT INTO crossings ({NAMES}) VALUES ({values}) ON CONFLICT DO NOTHING"
    with connection.cursor() as cursor:
        cursor.executemany(query, list(rows_of(events)))


def by_unnest(connection: Connection, events: Sequence[Event]) -> None:
    arrays = ", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())
    query = f"INSERT INTO crossings ({NAMES}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"
    connection.execute(query, [list(values) for values in zip(*rows_of(events), strict=True)])


def by_json(connection: Connection, events: Sequence[Event]) -> None:
    fields = ", ".join(f"{name} {kind}" for name, kind in RECORD.items())
    chosen = ", ".join("place - 1" if name == "n" else name for name in COLUMNS)
    query = f"""
    INSERT INTO crossings ({NAMES}) SELECT {chosen}
    FROM json_to_recordset(%s::json) AS event (event_id uuid, camera_id text, records json)
    CROSS JOIN LATERAL ROWS FROM (json_to_recordset(records) AS ({fields})) WITH ORDINALITY
        AS record ({", ".join(RECORD)}, place)
    ON CONFLICT DO NOTHING
    """
    found = [
        {"event_id": event.id, "camera_id": event.data.camera_id, "records": event.data.crossings}
        for event in events
        if isinstance(event.data, CountsReport)
    ]
    connection.execute(query, [to_json(found).decode()])


def by_staging(connection: Connection, events: Sequence[Event]) -> None:
    connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE crossings) ON COMMIT DELETE ROWS")
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY staged ({NAMES}) FROM STDIN") as copy:
            for row in rows_of(events):
                copy.write_row(row)
        cursor.execute(f"INSERT INTO crossings ({NAMES}) SELECT {NAMES} FROM staged ON CONFLICT DO NOTHING")


WAYS: dict[str, Way] = {
    "executemany": by_executemany,
    "unnest": by_unnest,
    "json": by_json,
    "staging": by_staging,
}
"""Name -> way."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=500, help="events of one transaction")
    parser.add_argument("--dsn", help="an empty database instead of an own PostgreSQL")
    wanted = parser.parse_args()
    start = datetime(2026, 11, 1, tzinfo=UTC)
    print(f"{'way':12}{'rows/s':>9}{'client s per 100,000 rows':>27}")
    for name, way in WAYS.items():
        events = [
            minute_event(f"made-{number % 300:03}", start + timedelta(minutes=number // 300), CROSSINGS)
            for number in range(wanted.events)
        ]
        batches = [events[first : first + wanted.batch] for first in range(0, len(events), wanted.batch)]
        with database(wanted.dsn) as pool:
            began, cpu = monotonic(), process_time()
            for batch in batches:
                with transaction(pool) as connection:
                    way(connection, batch)
            elapsed_s, cpu_s = monotonic() - began, process_time() - cpu
            with transaction(pool) as connection:
                stored = connection.execute("SELECT count(*) FROM crossings").fetchall()[0][0]
                connection.execute("TRUNCATE crossings")
        rows = len(list(chain.from_iterable(rows_of(batch) for batch in batches)))
        if stored != rows:
            raise AssertionError(f"{name}: {stored} of {rows} rows stored")
        print(f"{name:12}{rows / elapsed_s:9.0f}{cpu_s * 1e5 / rows:27.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
