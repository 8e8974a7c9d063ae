"""EventWriter on PostgreSQL and on TimescaleDB."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from pipelines.events.schema import CountsReport, IncidentPhase
from pipelines.store.database_errors import DatabaseUnavailable, StatementTooSlow
from pipelines.store.pool import open_database
from pipelines.store.tables import EVENT_COLUMNS, TIME_SERIES
from pipelines.store.writer import CHANNEL, EventWriter
from tests.support.events import NOON, counts, incident, one_of_each
from tests.support.store_config import config_for


def contents(pool: ConnectionPool) -> dict[str, list[dict[str, Any]]]:
    with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return {
            table: cursor.execute(f"SELECT * FROM {table} ORDER BY {', '.join(columns)}").fetchall()
            for table, columns in EVENT_COLUMNS.items()
        }


@pytest.fixture(params=["postgres_dsn", pytest.param("timescaledb_dsn", marks=pytest.mark.integration)])
def pool(request: pytest.FixtureRequest) -> Iterator[ConnectionPool]:
    """A migrated, empty database on either server, with one connection at a time, as TimescaleDB for tests allows."""
    with open_database(config_for(request.getfixturevalue(request.param)), max_connections=1) as opened:
        yield opened


def test_each_event_is_stored_in_its_table(pool: ConnectionPool) -> None:
    EventWriter(pool).write(one_of_each())
    stored = contents(pool)
    first, second, third = stored["crossings"]
    assert (first["direction"], first["road_user"], first["track"]) == ("A", "motorcycle", 0)
    assert [first[name] for name in ("speed_kmh", "speed_sigma_kmh", "headway_s")] == [31.5, 1.5, None]
    assert [third[name] for name in ("track", "speed_kmh", "headway_s")] == [2, None, pytest.approx(0.1)]
    assert second["at"] == NOON + timedelta(seconds=0.1)
    (observed,) = stored["observed"]
    assert (observed["camera_id"], observed["end_at"], observed["observed_s"]) == (
        "simpang-kda-1",
        NOON + timedelta(seconds=10),
        9.5,
    )
    (zone,) = stored["zone_intervals"]
    assert (zone["camera_id"], zone["zone"], zone["flow_veh_h"], zone["level"]) == (
        "simpang-kda-1",
        "approach",
        720.0,
        "dense",
    )
    assert (zone["smp_h"], zone["level_of_service"], zone["emp_verified"]) == (450.0, "B", False)
    assert (zone["saturation"], zone["coverage"]) == (pytest.approx(0.3), pytest.approx(0.95))
    assert [zone[name] for name in ("speed_kmh", "density_veh_km_lane", "queue_m")] == [None, None, None]
    (gate,) = stored["gate_intervals"]
    assert (gate["camera_id"], gate["gate"], gate["direction"]) == ("simpang-kda-1", "north", "A")
    assert (gate["flow_veh_h"], gate["headway_mean_s"], gate["headway_median_s"]) == (720.0, None, 3.5)
    assert (gate["smp_h"], gate["emp_verified"]) == (310.0, True)
    (level,) = stored["levels"]
    assert (level["level"], level["previous"]) == ("jammed", "dense")
    (health,) = stored["health"]
    assert (health["status"], health["condition"]) == ("unusable", "moved")
    assert health["details"] == {"shift_share": 0.0625, "rotation_deg": 2.0}
    assert (health["width"], health["height"]) == (1280, 720)
    assert [health[name] for name in ("held_fps", "wanted_fps", "reached", "picture_scale", "age_p95_s")] == [
        *(1, 8, 0.5, 0.75, 0.25)
    ]
    (incident,) = stored["incidents"]
    assert incident["evidence"] == {
        "road_user": "car",
        "duration_s": 20.0,
        "passed_by": 3,
        "against_m": None,
        "relative_speed": None,
    }


def test_a_replay_changes_nothing(pool: ConnectionPool) -> None:
    store, events = EventWriter(pool), one_of_each()
    store.write(events)
    before = contents(pool)
    store.write(events)
    store.write(list(reversed(events)) + events)
    assert contents(pool) == before


def test_two_crossings_at_the_same_instant_are_two(pool: ConnectionPool) -> None:
    event = counts(crossings=2)
    assert isinstance(event.data, CountsReport)
    together = tuple(replace(c, at=NOON) for c in event.data.crossings)
    EventWriter(pool).write([event.model_copy(update={"data": event.data.model_copy(update={"crossings": together})})])
    assert len(contents(pool)["crossings"]) == 2


@pytest.mark.parametrize(
    "order",
    [(IncidentPhase.RAISED, IncidentPhase.ENDED), (IncidentPhase.ENDED, IncidentPhase.RAISED)],
    ids=["in order", "ended first"],
)
def test_an_incident_ends_once_whatever_the_order(pool: ConnectionPool, order: tuple[IncidentPhase, ...]) -> None:
    for phase in order:
        EventWriter(pool).write([incident(phase)])
    (row,) = contents(pool)["incidents"]
    assert (row["incident_id"], row["type"], row["zone"]) == ("cam-7", "stopped_vehicle", "approach")
    assert (row["start_at"], row["detected_at"]) == (NOON, NOON + timedelta(seconds=20))
    assert row["end_at"] == NOON + timedelta(minutes=3)
    assert row["snapshot"] == "cam-7.jpg"
    assert (row["u"], row["v"], row["ground_x"], row["ground_y"]) == (320, 200.5, 4, 22)
    assert (row["lat"], row["lon"]) == (1.13, 104.05)


def test_listeners_are_notified_of_stored_events(postgres_dsn: str) -> None:
    with (
        open_database(config_for(postgres_dsn)) as pool,
        psycopg.connect(postgres_dsn, autocommit=True) as listener,
    ):
        listener.execute(f"LISTEN {CHANNEL}")
        EventWriter(pool).write(one_of_each())
        (notice,) = listener.notifies(timeout=10, stop_after=1)
    assert json.loads(notice.payload) == {
        "kinds": ["congestion", "counts", "gap", "health", "incident"],
        "camera_ids": ["simpang-kda-1", "simpang-kda-2"],
    }


def test_a_notice_is_short_enough_for_a_city_of_cameras(postgres_dsn: str) -> None:
    events = [counts(camera_id=f"{i:063}", crossings=0) for i in range(250)]
    with (
        open_database(config_for(postgres_dsn)) as pool,
        psycopg.connect(postgres_dsn, autocommit=True) as listener,
    ):
        listener.execute(f"LISTEN {CHANNEL}")
        EventWriter(pool).write(events)
        notices = [json.loads(notice.payload) for notice in listener.notifies(timeout=10, stop_after=3)]
    assert sum(len(notice["camera_ids"]) for notice in notices) == 250


@pytest.mark.slow
def test_an_unavailable_database_is_named_without_its_password() -> None:
    config = config_for("postgresql://simpang:s3cret@127.0.0.1:1/city")
    with (
        open_database(config) as pool,
        pytest.raises(DatabaseUnavailable, match=r"^database 127\.0\.0\.1:1/city: ") as raised,
    ):
        EventWriter(pool).write([counts()])
    assert "s3cret" not in str(raised.value)


@pytest.mark.integration
def test_on_timescaledb_the_time_series_are_hypertables(timescaledb_dsn: str) -> None:
    with open_database(config_for(timescaledb_dsn), max_connections=1) as pool:
        EventWriter(pool).write([counts(start=NOON + timedelta(minutes=i), crossings=i) for i in range(1, 4)])
        with pool.connection() as connection:
            hypertables = connection.execute("SELECT hypertable_name FROM timescaledb_information.hypertables")
            assert {name for (name,) in hypertables} == set(TIME_SERIES)
            buckets = connection.execute(
                "SELECT time_bucket('2 minutes', at) AS bucket, count(*) FROM crossings GROUP BY 1 ORDER BY 1"
            ).fetchall()
    assert buckets == [(NOON, 1), (NOON + timedelta(minutes=2), 5)]


SLOW_ABOVE_2 = """
CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF (SELECT count(*) FROM added) > 2 THEN PERFORM pg_sleep(600); END IF; RETURN NULL; END $$;
CREATE TRIGGER slow AFTER INSERT ON observed REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION take_long();
"""
"""The database takes too long for more than two periods at once."""


def test_a_batch_that_takes_too_long_is_stored_in_parts(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [counts(camera_id=f"cam-{n}") for n in range(10)]
    monkeypatch.setattr("pipelines.store.pool.STATEMENT_TIMEOUT_MS", 500)
    with open_database(config_for(postgres_dsn)) as pool, psycopg.connect(postgres_dsn, autocommit=True) as own:
        own.execute(SLOW_ABOVE_2)
        writer, failures = EventWriter(pool), 0
        for _ in range(10):
            try:
                writer.write(events)
                break
            except StatementTooSlow:
                failures += 1
        assert failures >= 2, "ten and five are too many"
        stored = own.execute("SELECT (SELECT count(*) FROM observed), (SELECT count(*) FROM crossings)").fetchone()
        assert stored == (10, 30)

        own.execute("DROP TRIGGER slow ON observed")
        for n in range(5):
            writer.write([counts(camera_id=f"later-{n}-{k}") for k in range(4)])
        transactions = own.execute("SELECT count(DISTINCT xmin::text) FROM observed WHERE camera_id LIKE 'later-4-%'")
        assert transactions.fetchone() == (1,), "batches have grown again"


def test_a_write_ends_between_two_transactions_and_goes_on_where_it_ended(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.writer.MOST_EVENTS", 1)
    monkeypatch.setattr("pipelines.store.writer.WRITE_WITHIN_S", 0.0)
    events, writer, seen = [counts(camera_id=f"cam-{n}") for n in range(3)], EventWriter(pool), []
    for _ in events[1:]:
        with pytest.raises(DatabaseUnavailable):
            writer.write(events)
        seen.append(len(contents(pool)["observed"]))
    writer.write(events)
    assert [*seen, len(contents(pool)["observed"])] == [1, 2, 3]


def test_a_stop_ends_a_write(pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.store.writer.MOST_EVENTS", 1)
    stop = Flag()
    stop.set()
    with pytest.raises(DatabaseUnavailable):
        EventWriter(pool, stop=stop).write([counts(camera_id=f"cam-{n}") for n in range(3)])
    assert len(contents(pool)["observed"]) == 1


BREAKS = """
CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE TRIGGER breaks AFTER INSERT ON observed FOR EACH ROW WHEN (NEW.camera_id = 'cam-1') EXECUTE FUNCTION break_off();
"""
"""The database is lost at the second camera."""


def test_an_event_that_a_lost_database_forgot_is_stored_again(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.writer.MOST_EVENTS", 1)
    events = [counts(camera_id=f"cam-{n}") for n in range(3)]
    with open_database(config_for(postgres_dsn)) as pool, psycopg.connect(postgres_dsn, autocommit=True) as own:
        writer = EventWriter(pool)
        own.execute(BREAKS)
        with pytest.raises(DatabaseUnavailable):
            writer.write(events)
        own.execute("DROP TRIGGER breaks ON observed")
        own.execute("DELETE FROM observed")  # a standby that lags behind becomes the primary
        writer.write(events)
        assert len(contents(pool)["observed"]) == 3
