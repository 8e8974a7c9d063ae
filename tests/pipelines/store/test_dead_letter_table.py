"""Events that the database refuses: in the table, else in the file, and never in the way of others."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from pipelines.bus.bus import BusUnavailable
from pipelines.bus.dead_letter import DeadLetterFile
from pipelines.bus.memory import MemoryBus
from pipelines.events.schema import Event
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.dead_letter_table import DeadLetterTable
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from tests.support.events import counts, one_of_each
from tests.support.store_config import config_for


@pytest.fixture
def pool(postgres_dsn: str) -> Iterator[ConnectionPool]:
    with open_database(config_for(postgres_dsn)) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dead_letters.jsonl"


@pytest.fixture
def bus(pool: ConnectionPool, file: Path) -> MemoryBus:
    """A bus whose handler is the writer, as in `simpang run`."""
    opened = MemoryBus(DeadLetterTable(pool, DeadLetterFile(file)))
    opened.subscribe(EventWriter(pool).write)
    return opened


def stored(pool: ConnectionPool, query: str) -> list[str]:
    with pool.connection() as connection:
        return [value for (value,) in connection.execute(query).fetchall()]


def poison(case: str) -> Event:
    """Return an event that the database refuses: as DataError, IntegrityError or by a limit of an index."""
    if case == "data":
        return counts().model_copy(update={"id": "not a uuid"})
    if case == "integrity":
        _, level, *_ = one_of_each()
        return level.model_copy(update={"data": level.data.model_copy(update={"zone": None})})
    return counts(camera_id="".join(chr(33 + n * 7919 % 50000) for n in range(4000)))  # too long for an index


@pytest.mark.parametrize("case", ["data", "integrity", "limit"])
def test_a_refused_event_is_set_aside_and_all_others_are_stored(
    bus: MemoryBus, pool: ConnectionPool, file: Path, case: str
) -> None:
    refused = poison(case)
    bus.publish([counts(camera_id="before", crossings=1), refused, counts(camera_id="after", crossings=1)])
    assert stored(pool, "SELECT camera_id FROM crossings ORDER BY camera_id") == ["after", "before"]
    (body,) = stored(pool, "SELECT body FROM dead_letters")
    assert json.loads(body)["id"] == refused.id
    assert stored(pool, "SELECT source FROM dead_letters") == ["memory bus"]
    assert not file.exists()


def test_events_wait_while_a_table_is_missing_and_none_is_lost(bus: MemoryBus, pool: ConnectionPool) -> None:
    def rename(table: str, name: str) -> None:
        with pool.connection() as connection:
            connection.execute(f"ALTER TABLE {table} RENAME TO {name}")

    rename("levels", "away")
    with pytest.raises(BusUnavailable):
        bus.publish(one_of_each())
    rename("away", "levels")
    bus.publish(one_of_each())
    assert len(stored(pool, "SELECT camera_id FROM crossings")) == 3
    assert len(stored(pool, "SELECT camera_id FROM levels")) == 1
    assert stored(pool, "SELECT body FROM dead_letters") == []


def test_the_file_takes_what_the_table_refuses(bus: MemoryBus, pool: ConnectionPool, file: Path) -> None:
    with pool.connection() as connection:
        connection.execute("DROP TABLE dead_letters")
    bus.publish([poison("data"), counts(camera_id="after", crossings=1)])
    (line,) = file.read_text().splitlines()
    assert json.loads(json.loads(line)["body"])["id"] == "not a uuid"
    assert stored(pool, "SELECT camera_id FROM crossings") == ["after"]


def test_a_text_that_no_table_can_hold_is_in_the_file(pool: ConnectionPool, file: Path) -> None:
    letters = DeadLetterTable(pool, DeadLetterFile(file))
    letters.add(b"zero \x00 byte", source="kafka", error=ValueError("no event"))
    assert json.loads(file.read_text())["body"] == "zero \x00 byte"


@pytest.mark.slow
def test_an_outage_is_no_reason_to_set_an_event_aside(file: Path) -> None:
    config = config_for("postgresql://simpang@127.0.0.1:1/city")
    with open_database(config) as pool:
        letters = DeadLetterTable(pool, DeadLetterFile(file))
        with pytest.raises(DatabaseUnavailable):
            letters.add(b"{}", source="kafka", error=psycopg.DataError("refused"))
    assert not file.exists()
