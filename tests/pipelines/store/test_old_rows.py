"""Old rows: compressed on TimescaleDB without a change of any answer, and deleted after the configured days."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from analytics.facts import Direction, Level
from analytics.road_users import RoadUser
from pipelines.config.retention_settings import RetentionConfig
from pipelines.events.schema import CameraStatus, CountsReport, CrossingRecord, Event, GateRecord, Health, ZoneRecord
from pipelines.store import old_rows
from pipelines.store.old_rows import tidy
from pipelines.store.pool import open_database, transaction
from pipelines.store.tables import TIME_SERIES
from pipelines.store.timescale import has_hypertables, may_compress
from pipelines.store.writer import EventWriter
from tests.support.events import one_of_each
from tests.support.store_config import config_for

MINUTE = timedelta(minutes=1)
KEEP_ALL = RetentionConfig(compress_after_days=None)
LONG_AGO = datetime.now(UTC).replace(hour=5, minute=0, second=0, microsecond=0) - timedelta(days=40)
"""Noon of a day that may be compressed and deleted."""


@pytest.fixture(params=["postgres_dsn", pytest.param("timescaledb_dsn", marks=pytest.mark.integration)])
def pool(request: pytest.FixtureRequest) -> Iterator[ConnectionPool]:
    with open_database(config_for(request.getfixturevalue(request.param)), max_connections=1) as opened:
        yield opened


@pytest.fixture
def timescaledb(timescaledb_dsn: str) -> Iterator[ConnectionPool]:
    with open_database(config_for(timescaledb_dsn), max_connections=1) as opened:
        yield opened


def minute(camera_id: str, start: datetime, *, crossings: int = 4, begin_s: int = 0, end_s: int = 60) -> Event:
    """A part of a minute of a camera, with its gate and zone."""
    seconds = end_s - begin_s
    of_minute: dict[str, Any] = {"start_at": start, "end_at": start + MINUTE, "coverage": seconds / 60}
    report = CountsReport(
        camera_id=camera_id,
        start_at=start + timedelta(seconds=begin_s),
        end_at=start + timedelta(seconds=end_s),
        observed_s=seconds,
        crossings=tuple(
            CrossingRecord(
                at=start + timedelta(seconds=begin_s + k * seconds / crossings),
                gate="g",
                direction=Direction.A,
                road_user=RoadUser.CAR,
                track=k,
            )
            for k in range(crossings)
        ),
        gates=(GateRecord(gate="g", direction=Direction.A, flow_veh_h=crossings * 3600 / seconds, **of_minute),),
        zones=(ZoneRecord(zone="z", level=Level.FREE, **of_minute),),
    )
    return Event.wrap(report, start + MINUTE)


def writer(pool: ConnectionPool, retention: RetentionConfig | None = None) -> Callable[[Sequence[Event]], None]:
    """A writer of small batches: messages of more than about 40 KB crash PGlite."""
    write = EventWriter(pool, retention=retention).write

    def write_some(events: Sequence[Event]) -> None:
        for first in range(0, len(events), 20):
            write(events[first : first + 20])

    return write_some


def minutes(start: datetime, number: int = 12) -> list[Event]:
    """Minutes of two cameras."""
    return [minute(camera, start + n * MINUTE) for camera in ("a", "b") for n in range(number)]


def settle(pool: ConnectionPool) -> None:
    """State that history and gaps of all rows were computed."""
    with transaction(pool) as connection:
        connection.execute("DELETE FROM rollup_marks")
        connection.execute("DELETE FROM gap_marks")


def contents(pool: ConnectionPool) -> dict[str, list[dict[str, Any]]]:
    with transaction(pool) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return {
            table: cursor.execute(f"SELECT * FROM {table} ORDER BY camera_id, {time}, {table}::text").fetchall()
            for table, time in TIME_SERIES.items()
        }


def compressed(pool: ConnectionPool) -> dict[str, int]:
    """Compressed chunks by table."""
    query = (
        "SELECT hypertable_name, count(*) FILTER (WHERE is_compressed) FROM timescaledb_information.chunks"
        " GROUP BY hypertable_name HAVING count(*) FILTER (WHERE is_compressed) > 0"
    )
    with transaction(pool) as connection:
        return dict(connection.execute(query).fetchall())


@pytest.mark.integration
class TestCompression:
    def test_old_days_are_compressed_by_camera_and_read_as_before(self, timescaledb: ConnectionPool) -> None:
        write = writer(timescaledb)
        write([*minutes(LONG_AGO), *minutes(LONG_AGO + timedelta(days=1)), *minutes(datetime.now(UTC) - 2 * MINUTE, 1)])
        before = contents(timescaledb)
        steps = tidy(timescaledb, RetentionConfig())
        tables = ("crossings", "observed", "gate_intervals", "zone_intervals")
        assert compressed(timescaledb) == dict.fromkeys(tables, 2), "the present day stays"
        assert steps == 3 * len(tables), "each table is prepared in a step of its own, which locks out its readers"
        assert tidy(timescaledb, RetentionConfig()) == 0, "nothing is left to do"
        assert contents(timescaledb) == before
        query = (
            "SELECT DISTINCT attname FROM timescaledb_information.compression_settings WHERE segmentby_column_index > 0"
        )
        with transaction(timescaledb) as connection:
            assert connection.execute(query).fetchall() == [("camera_id",)]

    def test_a_replay_of_compressed_days_changes_nothing(self, timescaledb: ConnectionPool) -> None:
        write, events = writer(timescaledb), minutes(LONG_AGO)
        write(events)
        tidy(timescaledb, RetentionConfig())
        before = contents(timescaledb)
        write(events)
        write([*reversed(events), *events])
        assert contents(timescaledb) == before

    def test_late_rows_of_compressed_days_are_the_same_as_on_time(self, timescaledb: ConnectionPool) -> None:
        """New minutes, a new camera, and the second part of a minute that a restart cut."""
        write = writer(timescaledb)
        early = [minute("a", LONG_AGO, end_s=20), *minutes(LONG_AGO + MINUTE)]
        late = [minute("a", LONG_AGO, begin_s=20), minute("c", LONG_AGO), *minutes(LONG_AGO + 40 * MINUTE)]
        write(early)
        tidy(timescaledb, RetentionConfig())
        assert compressed(timescaledb)
        write(late)
        found = contents(timescaledb)
        with transaction(timescaledb) as connection:
            for table in TIME_SERIES:
                connection.execute(f"SELECT decompress_chunk(c, true) FROM show_chunks('{table}') AS c")
                connection.execute(f"DELETE FROM {table}")
        write([*early, *late])
        assert contents(timescaledb) == found
        merged = found["gate_intervals"][0]
        assert (merged["coverage"], merged["flow_veh_h"], len(merged["parts"])) == (1.0, 480.0, 2)

    def test_a_batch_may_change_any_number_of_compressed_rows(self, timescaledb: ConnectionPool) -> None:
        query = "SELECT current_setting('timescaledb.max_tuples_decompressed_per_dml_transaction')"
        with transaction(timescaledb) as connection:
            assert connection.execute(query).fetchall() == [("0",)]

    def test_it_is_off_by_configuration(self, timescaledb: ConnectionPool) -> None:
        writer(timescaledb)(minutes(LONG_AGO))
        assert tidy(timescaledb, KEEP_ALL) == 0
        assert compressed(timescaledb) == {}

    def test_what_the_server_has_is_asked(self, timescaledb: ConnectionPool, postgres_dsn: str) -> None:
        with transaction(timescaledb) as connection:
            assert has_hypertables(connection)
            assert may_compress(connection)
        with open_database(config_for(postgres_dsn)) as plain, transaction(plain) as connection:
            assert not has_hypertables(connection)
            assert not may_compress(connection)


def test_rows_are_deleted_after_their_days_and_those_of_other_tables_are_kept(pool: ConnectionPool) -> None:
    write = writer(pool)
    recent = minutes(LONG_AGO + timedelta(days=15))
    write([*minutes(LONG_AGO), *recent])
    settle(pool)
    before = contents(pool)
    assert tidy(pool, RetentionConfig(gate_intervals_days=30, compress_after_days=None)) > 0
    after = contents(pool)
    assert len(after["gate_intervals"]) == len(before["gate_intervals"]) / 2
    assert min(row["start_at"] for row in after["gate_intervals"]) == LONG_AGO + timedelta(days=15)
    assert {**after, "gate_intervals": None} == {**before, "gate_intervals": None}
    assert tidy(pool, RetentionConfig(gate_intervals_days=30, compress_after_days=None)) == 0


@pytest.mark.parametrize(
    "pending",
    [
        "INSERT INTO rollup_marks (camera_id, interval_s, from_at, to_at) VALUES ('b', 86400, %(at)s, now())",
        "INSERT INTO gap_marks (camera_id, start_at) VALUES ('b', %(at)s)",
        "UPDATE gap_progress SET assessed_until = %(at)s",
    ],
)
def test_rows_from_which_history_or_gaps_are_still_to_be_computed_are_kept(postgres_dsn: str, pending: str) -> None:
    retention = RetentionConfig(crossings_days=14, observed_days=14, gate_intervals_days=14, zone_intervals_days=14)
    with open_database(config_for(postgres_dsn)) as plain:
        writer(plain)([*minutes(LONG_AGO, 1), *minutes(LONG_AGO + timedelta(days=3), 1)])
        settle(plain)
        with transaction(plain) as connection:
            connection.execute(pending, {"at": LONG_AGO + timedelta(days=3, hours=20)})
        tidy(plain, retention)
        days = {row["start_at"] for row in contents(plain)["observed"]}
        assert days == {LONG_AGO + timedelta(days=3)}, "the day before the mark may share a bucket with it"
        settle(plain)
        with transaction(plain) as connection:
            connection.execute("UPDATE gap_progress SET assessed_until = now()")
        tidy(plain, retention)
        assert not any(contents(plain).values())


def test_minutes_whose_records_are_deleted_are_not_assessed_again(postgres_dsn: str) -> None:
    """A state that is kept for longer than the analysed periods arrives after these were deleted."""
    days = {0, 10, 30}
    events = [
        Event.wrap(Health(camera_id="a", at=at, status=CameraStatus.ONLINE), at)
        for at in (datetime.now(UTC) - timedelta(days=n, hours=1) for n in days)
    ]
    with open_database(config_for(postgres_dsn)) as plain:
        writer(plain, RetentionConfig(observed_days=14))(events)
        assert len(contents(plain)["health"]) == len(days)
        with transaction(plain) as connection:
            marks = connection.execute("SELECT start_at FROM gap_marks").fetchall()
    assert {(datetime.now(UTC) - at).days for (at,) in marks} == days - {30}


@pytest.mark.integration
def test_a_refused_deletion_does_not_keep_days_from_being_compressed(
    timescaledb: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bool:
        raise psycopg.errors.InsufficientPrivilege("must be owner of hypertable")

    writer(timescaledb)(minutes(LONG_AGO, 1))
    monkeypatch.setattr(old_rows, "drop_next", refuse)
    tidy(timescaledb, RetentionConfig(levels_days=14))
    assert compressed(timescaledb)


def test_compressed_days_are_deleted_too(pool: ConnectionPool) -> None:
    writer(pool)(minutes(LONG_AGO))
    tidy(pool, RetentionConfig())
    settle(pool)
    tidy(pool, RetentionConfig(crossings_days=14, observed_days=14, gate_intervals_days=14, zone_intervals_days=14))
    assert not any(contents(pool).values())


def test_by_default_every_row_is_kept(pool: ConnectionPool) -> None:
    writer(pool)([*minutes(LONG_AGO - timedelta(days=4000)), *minutes(LONG_AGO)])
    before = contents(pool)
    tidy(pool, RetentionConfig())
    assert contents(pool) == before


def test_many_rows_are_deleted_in_steps(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_rows, "ROWS_PER_STEP", 50)
    monkeypatch.setattr(old_rows, "ROWS_PER_CAMERA", 30)
    with open_database(config_for(postgres_dsn)) as plain:
        writer(plain)(minutes(LONG_AGO, 60))
        settle(plain)
        steps = tidy(plain, RetentionConfig(gate_intervals_days=14))
        assert contents(plain)["gate_intervals"] == []
    assert steps == 3, "60 rows of each of two cameras"


def test_events_that_are_older_than_their_rows_are_kept_are_not_stored(pool: ConnectionPool) -> None:
    retention = RetentionConfig(gate_intervals_days=20, health_days=14, levels_days=14)
    write = writer(pool, retention)
    at = LONG_AGO + timedelta(days=21)
    write([*minutes(LONG_AGO), *minutes(at)])
    assert {row["start_at"].date() for row in contents(pool)["observed"]} == {at.date()}
    with transaction(pool) as connection:
        earliest = connection.execute("SELECT min(from_at) FROM rollup_marks").fetchall()[0][0]
    assert earliest == at, "history of the old day is not computed again from what is left"


def test_only_old_events_of_the_table_are_left_out(pool: ConnectionPool) -> None:
    events = one_of_each()
    writer(pool, RetentionConfig(health_days=36_500))(events)
    assert all(contents(pool).values())
