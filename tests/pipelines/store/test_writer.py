"""The store on a real PostgreSQL and on a real TimescaleDB."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from analytics.facts import Direction, IncidentType, Level, LevelOfService, RoadUser
from pipelines.config.settings import Config, StoreConfig
from pipelines.events.schema import (
    CameraStatus,
    Congestion,
    Counts,
    CrossingRecord,
    Event,
    GateRecord,
    Health,
    IncidentPhase,
    IncidentReport,
    ZoneRecord,
)
from pipelines.store.database import HYPERTABLES, DatabaseUnavailable, open_database
from pipelines.store.writer import CHANNEL, EventWriter

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
TABLES = (
    "crossings",
    "observed",
    "gate_intervals",
    "zone_intervals",
    "levels",
    "health",
    "incidents",
    "webhook_deliveries",
)


def counts(*, camera_id: str = "simpang-kda-1", start: datetime = NOON, crossings: int = 3) -> Event:
    return Event.wrap(
        Counts(
            camera_id=camera_id,
            start_at=start,
            end_at=start + timedelta(seconds=10),
            observed_s=9.5,
            crossings=tuple(
                CrossingRecord(
                    at=start + timedelta(seconds=i / 10),
                    gate="north",
                    direction=Direction.A,
                    road_user=RoadUser.MOTORCYCLE,
                    track=i,
                    speed_kmh=None if i else 31.5,
                    speed_sigma_kmh=None if i else 1.5,
                    headway_s=0.1 if i else None,
                )
                for i in range(crossings)
            ),
            gates=(
                GateRecord(
                    gate="north",
                    direction=Direction.A,
                    start_at=start - timedelta(minutes=1),
                    end_at=start,
                    flow_veh_h=720,
                    headway_median_s=3.5,
                    smp_h=310,
                    emp_verified=True,
                    coverage=0.95,
                ),
            ),
            zones=(
                ZoneRecord(
                    zone="approach",
                    start_at=start - timedelta(minutes=1),
                    end_at=start,
                    flow_veh_h=720,
                    smp_h=450,
                    saturation=0.3,
                    level_of_service=LevelOfService.B,
                    emp_verified=False,
                    level=Level.DENSE,
                    coverage=0.95,
                ),
            ),
        ),
        start + timedelta(seconds=10),
    )


def incident(phase: IncidentPhase, *, incident_id: str = "cam-7", **changes: Any) -> Event:
    ended = phase is IncidentPhase.ENDED
    report = IncidentReport(
        camera_id="simpang-kda-1",
        incident_id=incident_id,
        phase=phase,
        type=IncidentType.STOPPED_VEHICLE,
        zone="approach",
        start_at=NOON,
        detected_at=NOON + timedelta(seconds=20),
        end_at=NOON + timedelta(minutes=3) if ended else None,
        pixel=(320.0, 200.5),
        ground=(4.0, 22.0),
        lat=1.13,
        lon=104.05,
        confidence=0.8,
        reason="A car has stood in a live lane for 20 s.",
        snapshot=None if ended else "cam-7.jpg",
    )
    return Event.wrap(report.model_copy(update=changes), NOON + timedelta(seconds=21))


def one_of_each() -> list[Event]:
    level = Congestion(camera_id="simpang-kda-1", zone="approach", at=NOON, level=Level.JAMMED, previous=Level.DENSE)
    health = Health(
        camera_id="simpang-kda-2",
        at=NOON,
        status=CameraStatus.ONLINE,
        image_size=(1280, 720),
        held_fps=1,
        wanted_fps=8,
        reached=0.5,
        age_p95_s=0.25,
    )
    return [
        counts(),
        Event.wrap(level, NOON),
        Event.wrap(health, NOON),
        incident(IncidentPhase.RAISED),
        incident(IncidentPhase.ENDED),
    ]


def contents(pool: ConnectionPool) -> dict[str, list[tuple[Any, ...]]]:
    with pool.connection() as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES}


def config_for(dsn: str) -> Config:
    return Config(store=StoreConfig(dsn=SecretStr(dsn)))


@pytest.fixture(params=["postgres_dsn", pytest.param("timescaledb_dsn", marks=pytest.mark.integration)])
def pool(request: pytest.FixtureRequest) -> Iterator[ConnectionPool]:
    """An empty database with the schema, on either server; each takes what TimescaleDB for tests can take."""
    with open_database(config_for(request.getfixturevalue(request.param)), max_connections=1) as opened:
        yield opened


def test_each_event_lands_in_its_table(pool: ConnectionPool) -> None:
    EventWriter(pool).write(one_of_each())
    kept = contents(pool)
    assert [row[5:] for row in kept["crossings"]] == [
        ("A", "motorcycle", 0, 31.5, 1.5, None),
        ("A", "motorcycle", 1, None, None, pytest.approx(0.1)),
        ("A", "motorcycle", 2, None, None, pytest.approx(0.1)),
    ]
    assert kept["crossings"][1][0] == NOON + timedelta(seconds=0.1)
    assert [row[2:] for row in kept["observed"]] == [("simpang-kda-1", NOON + timedelta(seconds=10), 9.5)]
    (zone,) = kept["zone_intervals"]
    assert zone[:2] == ("simpang-kda-1", "approach")
    assert zone[4:13] == (720.0, None, None, None, None, None, None, "dense", pytest.approx(0.95))
    assert zone[13:] == (450.0, pytest.approx(0.3), "B", False)
    (gate,) = kept["gate_intervals"]
    assert gate[:3] == ("simpang-kda-1", "north", "A")
    assert gate[5:] == (720.0, None, 3.5, None, 310.0, None, True, pytest.approx(0.95))
    assert kept["levels"][0][4:6] == ("jammed", "dense")
    assert kept["health"][0][3] == "online"
    assert kept["health"][0][-6:] == (1280, 720, 1, 8, 0.5, 0.25)
    assert len(kept["incidents"]) == 1


def test_tables_of_an_earlier_release_gain_the_columns_that_came_later(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(
            "CREATE TABLE crossings (at timestamptz NOT NULL, event_id uuid NOT NULL, n int NOT NULL,"
            " camera_id text NOT NULL, gate text NOT NULL, direction text NOT NULL, road_user text NOT NULL,"
            " track bigint NOT NULL, speed_kmh real, PRIMARY KEY (at, event_id, n))"
        )
        connection.execute(
            "INSERT INTO crossings VALUES (%s, gen_random_uuid(), 0, 'old', 'north', 'A', 'car', 1, 40)", [NOON]
        )
    for _ in range(2):
        with open_database(config_for(postgres_dsn), max_connections=1) as pool:
            EventWriter(pool).write([counts(crossings=2)])
            kept = contents(pool)
    assert [row[8:] for row in kept["crossings"] if row[3] == "old"] == [(40.0, None, None)]
    assert len(kept["crossings"]) == 5


def test_a_replay_changes_nothing(pool: ConnectionPool) -> None:
    store, events = EventWriter(pool), one_of_each()
    store.write(events)
    before = contents(pool)
    store.write(events)
    store.write(list(reversed(events)) + events)
    assert contents(pool) == before


def test_two_crossings_at_the_same_instant_are_two(pool: ConnectionPool) -> None:
    event = counts(crossings=2)
    assert isinstance(event.data, Counts)
    together = tuple(c.model_copy(update={"at": NOON}) for c in event.data.crossings)
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
    assert row[:6] == (
        "cam-7",
        "simpang-kda-1",
        "stopped_vehicle",
        "approach",
        NOON,
        NOON + timedelta(seconds=20),
    )
    assert row[6] == NOON + timedelta(minutes=3)
    assert row[-1] == "cam-7.jpg"


def test_an_event_that_no_table_can_hold_does_not_block_the_others(pool: ConnectionPool) -> None:
    unstorable = counts().model_copy(update={"id": "not a uuid"})
    EventWriter(pool).write([unstorable, counts(camera_id="other", crossings=1)])
    assert [row[3] for row in contents(pool)["crossings"]] == ["other"]


def test_listeners_hear_of_what_was_kept(postgres_dsn: str) -> None:
    with (
        open_database(config_for(postgres_dsn)) as pool,
        psycopg.connect(postgres_dsn, autocommit=True) as listener,
    ):
        listener.execute(f"LISTEN {CHANNEL}")
        EventWriter(pool).write(one_of_each())
        (notice,) = listener.notifies(timeout=10, stop_after=1)
    assert json.loads(notice.payload) == {
        "kinds": ["congestion", "counts", "health", "incident"],
        "camera_ids": ["simpang-kda-1", "simpang-kda-2"],
    }


def test_a_notice_stays_short_enough_for_a_city_of_cameras(postgres_dsn: str) -> None:
    events = [counts(camera_id=f"{i:063}", crossings=0) for i in range(250)]
    with (
        open_database(config_for(postgres_dsn)) as pool,
        psycopg.connect(postgres_dsn, autocommit=True) as listener,
    ):
        listener.execute(f"LISTEN {CHANNEL}")
        EventWriter(pool).write(events)
        told = [json.loads(notice.payload) for notice in listener.notifies(timeout=10, stop_after=3)]
    assert sum(len(notice["camera_ids"]) for notice in told) == 250


def test_a_lost_database_is_named_without_its_password() -> None:
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
            assert {name for (name,) in hypertables} == set(HYPERTABLES)
            buckets = connection.execute(
                "SELECT time_bucket('2 minutes', at) AS bucket, count(*) FROM crossings GROUP BY 1 ORDER BY 1"
            ).fetchall()
    assert buckets == [(NOON, 1), (NOON + timedelta(minutes=2), 5)]


@pytest.mark.integration
def test_the_schema_may_be_applied_again_on_timescaledb(timescaledb_dsn: str) -> None:
    for _ in range(2):
        with open_database(config_for(timescaledb_dsn), max_connections=1) as pool:
            EventWriter(pool).write([counts()])
    with psycopg.connect(timescaledb_dsn, prepare_threshold=None) as connection:
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [(1,)]
