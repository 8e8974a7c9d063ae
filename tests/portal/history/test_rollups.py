"""Long periods of history, read from roll-ups: every answer is that of the single rows."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from analytics.facts import Direction, Level, LevelOfService, Sight
from analytics.road_users import RoadUser
from pipelines.config.settings import Config, StoreConfig
from pipelines.events.schema import CountsReport, CrossingRecord, Event, GateRecord, ZoneRecord
from pipelines.store.history.bucket_edges import DAY_S, bucket_edges
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.history.refresh import refresh, refresh_camera
from pipelines.store.history.refresher import rollup_refresher
from pipelines.store.history.rollup_marks import mark_period
from pipelines.store.history.rollups import ROLLED_UP_S
from pipelines.store.pool import open_database, transaction
from pipelines.store.writer import EventWriter
from portal.history.rows import gate_history, zone_history
from portal.history.schemas import HistoryRow
from tests.support.portal_events import NOON, crossing, gate_minute, ten_seconds, zone_minute
from tests.support.servers import wait_until

BEGIN = datetime(2026, 10, 24, 7, 50, tzinfo=UTC)
"""Beginning of the random days. In the night after, Amsterdam sets its clock."""
DAYS = 2
ZONES = ["Asia/Jakarta", "Asia/Kathmandu", "Australia/Adelaide", "Europe/Amsterdam"]
"""Offsets of 7 h, 5 h 45 min, 10 h 30 min, and 2 h that become 1 h."""
SERVERS = ["postgres_dsn", pytest.param("timescaledb_dsn", marks=pytest.mark.integration)]
JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture(params=SERVERS)
def database(request, tmp_path) -> Iterator[ConnectionPool]:
    config = Config(store=StoreConfig(dsn=SecretStr(request.getfixturevalue(request.param))), data_dir=tmp_path)
    with open_database(config, max_connections=1) as pool:
        yield pool


def measures(dice: random.Random, *names: str) -> dict[str, float | None]:
    return {name: dice.choice([None, round(dice.uniform(0, 900), 2), round(dice.expovariate(1), 3)]) for name in names}


def report_of(dice: random.Random, start: datetime) -> CountsReport:
    """Ten minutes of camera `laluan-1`, of which some were observed, with rows of minutes."""
    minutes = [start + timedelta(minutes=k) for k in range(10) if dice.random() < 0.8]
    crossings = [
        CrossingRecord(
            at=at + timedelta(seconds=dice.uniform(0, 59)),
            gate=dice.choice(["utara", "selatan"]),
            direction=dice.choice(list(Direction)),
            road_user=dice.choice(list(RoadUser)),
            track=dice.randrange(99),
            speed_kmh=dice.choice([None, dice.uniform(1, 80)]),
            headway_s=dice.choice([None, dice.expovariate(0.2)]),
        )
        for at in minutes
        for _ in range(dice.randrange(4))
    ]
    gates = [
        GateRecord(
            gate="utara",
            direction=direction,
            start_at=at,
            end_at=at + timedelta(minutes=1),
            coverage=dice.choice([0, 0.25, 1]),
            sight=dice.choice([None, *Sight]),
            emp_verified=dice.choice([None, True, False]),
            **measures(dice, "smp_h", "saturation"),
        )
        for at in minutes
        for direction in Direction
    ]
    zones = [
        ZoneRecord(
            zone="masuk",
            start_at=at,
            end_at=at + timedelta(minutes=1),
            coverage=dice.choice([0, 0.25, 1]),
            sight=dice.choice([None, *Sight]),
            level=dice.choice(list(Level)),
            level_of_service=dice.choice([None, *LevelOfService]),
            **measures(dice, "flow_veh_h", "speed_kmh", "relative_speed", "density_veh_km_lane", "occupancy"),
            **measures(dice, "queue_m", "queue_veh", "smp_h", "saturation"),
        )
        for at in minutes
    ]
    end = start + timedelta(minutes=10)
    observed_s = 55.0 * len(minutes)
    return CountsReport(
        camera_id="laluan-1",
        start_at=start,
        end_at=end,
        observed_s=observed_s,
        crossings=tuple(crossings),
        gates=tuple(gates),
        zones=tuple(zones),
    )


def random_events(dice: random.Random) -> list[Event]:
    """Events of all days, without those of long gaps."""
    starts = [BEGIN + timedelta(minutes=10 * k) for k in range(DAYS * 144)]
    gap = range(dice.randrange(100), 150)
    return [Event.wrap(report_of(dice, at), at) for k, at in enumerate(starts) if k not in gap and dice.random() < 0.9]


def histories(
    pool: ConnectionPool, zone: ZoneInfo, interval_s: int, *, from_rows: bool
) -> tuple[list[HistoryRow], list[HistoryRow]]:
    """History of the gate and of the zone over all days, as usual or from single rows alone."""
    edges = bucket_edges(BEGIN, BEGIN + timedelta(days=DAYS), interval_s, zone)
    span = BucketRange(camera_id="laluan-1", edges=edges, interval_s=0 if from_rows else interval_s)
    with transaction(pool) as connection:
        return gate_history(connection, span, "utara"), zone_history(connection, span, "masuk")


def assert_same_answers(pool: ConnectionPool, zone: ZoneInfo) -> None:
    for interval_s in ROLLED_UP_S:
        assert histories(pool, zone, interval_s, from_rows=False) == histories(pool, zone, interval_s, from_rows=True)


def expected_counts(events: list[Event], edges: list[datetime]) -> list[Counter[RoadUser]]:
    """Crossings of gate `utara` by bucket, counted here."""
    found = [Counter[RoadUser]() for _ in edges[1:]]
    for event in {event.id: event for event in events}.values():
        for each in event.data.crossings:
            for number, (start, end) in enumerate(pairwise(edges)):
                if each.gate == "utara" and start <= each.at < end:
                    found[number][each.road_user] += 1
    return found


def write(pool: ConnectionPool, events: list[Event]) -> None:
    """Store events in batches of a size that TimescaleDB in WebAssembly takes."""
    for first in range(0, len(events), 10):
        EventWriter(pool).write(events[first : first + 10])


def refresh_all(pool: ConnectionPool, zone: ZoneInfo) -> None:
    while refresh(pool, zone, at_once=True):
        pass


def stored(pool: ConnectionPool) -> list[tuple[int, datetime, datetime]]:
    with transaction(pool) as connection:
        query = "SELECT interval_s, start_at, end_at FROM rollups ORDER BY 1, 2"
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("name", ZONES)
def test_answers_are_those_of_the_rows_with_gaps_duplicates_and_late_rows(database, name):
    zone, dice = ZoneInfo(name), random.Random(name)
    events = random_events(dice)
    late = dice.sample(events, len(events) // 4)
    write(database, [event for event in events if event not in late])
    assert_same_answers(database, zone)
    refresh_all(database, zone)
    assert {interval_s for interval_s, _, _ in stored(database)} == set(ROLLED_UP_S)
    assert_same_answers(database, zone)
    write(database, dice.sample(late, len(late)) + dice.sample(events, 20))
    assert_same_answers(database, zone)
    refresh_all(database, zone)
    assert_same_answers(database, zone)
    for interval_s in (3600, DAY_S):
        rows, _ = histories(database, zone, interval_s, from_rows=False)
        expected = expected_counts(events, [rows[0].start_at, *(row.end_at for row in rows)])
        assert [Counter(row.counts) for row in rows if row.counts] == [
            Counter(dict.fromkeys(RoadUser, 0)) | count
            for row, count in zip(rows, expected, strict=True)
            if row.counts is not None
        ]


def test_a_long_period_is_read_from_roll_ups_alone(database):
    events = random_events(random.Random(1))
    write(database, events)
    before = [histories(database, JAKARTA, interval_s, from_rows=True) for interval_s in ROLLED_UP_S]
    refresh_all(database, JAKARTA)
    with transaction(database) as connection:
        for table in ("crossings", "observed", "gate_intervals", "zone_intervals"):
            connection.execute(f"DELETE FROM {table}")
    assert [histories(database, JAKARTA, interval_s, from_rows=False) for interval_s in ROLLED_UP_S] == before


def test_late_rows_refresh_the_touched_buckets_alone(database):
    writer = EventWriter(database)
    write(database, [Event.wrap(ten_seconds(NOON + timedelta(minutes=k)), NOON) for k in range(0, 180, 5)])
    refresh_all(database, JAKARTA)
    with transaction(database) as connection:
        connection.execute("UPDATE rollups SET found = found || '{\"observed_s\": 7}'")
    late = NOON + timedelta(minutes=61, seconds=20)
    writer.write([Event.wrap(ten_seconds(late, crossing(late)), NOON)])
    refresh_all(database, JAKARTA)
    with transaction(database) as connection:
        query = "SELECT interval_s, start_at FROM rollups WHERE (found ->> 'observed_s')::float <> 7 ORDER BY 1"
        computed = connection.execute(query).fetchall()
    begins = [NOON + timedelta(hours=1), NOON + timedelta(hours=1), NOON + timedelta(hours=1)]
    assert computed == list(zip(ROLLED_UP_S, [*begins, NOON - timedelta(hours=12)], strict=True))


def test_a_merged_minute_refreshes_its_buckets(database):
    writer = EventWriter(database)
    for k, (flow, coverage) in enumerate([(600, 0.5), (1200, 0.25)]):
        minute = zone_minute(0, coverage=coverage, flow_veh_h=flow)
        gates = [gate_minute(0, Direction.A, coverage=coverage, smp_h=flow)]
        report = ten_seconds(NOON + timedelta(seconds=10 * k), zones=[minute], gates=gates)
        writer.write([Event.wrap(report, NOON)])
        refresh_all(database, JAKARTA)
    edges = bucket_edges(NOON, NOON + timedelta(hours=1), 3600, JAKARTA)
    span = BucketRange(camera_id="laluan-1", edges=edges, interval_s=3600)
    with transaction(database) as connection:
        (zone,), (gate,) = zone_history(connection, span, "masuk"), gate_history(connection, span, "utara")
    assert (zone.flow_veh_h, gate.smp_h) == (800, 800)


def test_a_bucket_is_stored_once_it_is_over(database):
    now = datetime.now(UTC)
    writer = EventWriter(database)
    writer.write([Event.wrap(ten_seconds(now + timedelta(hours=hours)), now) for hours in (-2, 2)])
    refresh_all(database, JAKARTA)
    assert stored(database)
    assert all(end_at <= datetime.now(UTC) for _, _, end_at in stored(database))
    assert refresh(database, JAKARTA, at_once=True) == 0, "buckets that are not over are not due"


def test_another_time_zone_of_the_city_leaves_no_old_day(database):
    events = random_events(random.Random(2))
    write(database, events[1:])
    for name in ("Asia/Jakarta", "Asia/Kathmandu", "Asia/Jakarta"):
        refresh_all(database, ZoneInfo(name))
        assert_same_answers(database, ZoneInfo(name))
        assert_same_answers(database, JAKARTA)
        write(database, [Event.wrap(report_of(random.Random(name), BEGIN + timedelta(seconds=len(name))), BEGIN)])
        assert_same_answers(database, JAKARTA)
    write(database, events[:1])
    refresh_all(database, JAKARTA)
    assert_same_answers(database, JAKARTA)


def test_a_backlog_of_weeks_is_computed_a_day_at_a_time(postgres_dsn, tmp_path):
    with open_database(Config(store=StoreConfig(dsn=SecretStr(postgres_dsn)), data_dir=tmp_path)) as pool:
        EventWriter(pool).write([Event.wrap(ten_seconds(NOON), NOON)])
        with transaction(pool) as connection:
            for day in range(1, 30):
                mark_period(connection, "laluan-1", NOON - timedelta(days=day), NOON - timedelta(days=day - 1))
        assert refresh(pool, JAKARTA, at_once=True) == 1
        with transaction(pool) as connection:
            left = connection.execute("SELECT max(to_at) - min(from_at) FROM rollup_marks").fetchone()
        assert left is not None
        assert timedelta(days=27) < left[0] <= timedelta(days=28, minutes=5)
        assert stored(pool)


SLOW = """
CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON rollups FOR EACH ROW WHEN (NEW.camera_id = 'slow') EXECUTE FUNCTION take_long();
"""
"""The roll-ups of one camera take too long."""


def test_a_camera_whose_roll_ups_take_too_long_keeps_no_other_back(postgres_dsn, tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.store.pool.STATEMENT_TIMEOUT_MS", 500)
    with open_database(Config(store=StoreConfig(dsn=SecretStr(postgres_dsn)), data_dir=tmp_path)) as pool:
        with transaction(pool) as connection:
            connection.execute(SLOW)
        for camera in ("slow", "laluan-1"):
            report = ten_seconds(NOON).model_copy(update={"camera_id": camera})
            EventWriter(pool).write([Event.wrap(report, NOON)])
        assert refresh(pool, JAKARTA, at_once=True) == 1
        with transaction(pool) as connection:
            found = connection.execute("SELECT DISTINCT camera_id FROM rollups").fetchall()
    assert found == [("laluan-1",)]


def test_a_thread_refreshes_what_is_due(postgres_dsn, tmp_path):
    with open_database(Config(store=StoreConfig(dsn=SecretStr(postgres_dsn)), data_dir=tmp_path)) as pool:
        EventWriter(pool).write([Event.wrap(ten_seconds(NOON), NOON)])
        with transaction(pool) as connection:
            connection.execute("UPDATE rollup_marks SET made_at = now() - interval '1 hour'")
        with rollup_refresher(pool, JAKARTA):
            wait_until(lambda: len(stored(pool)) == len(ROLLED_UP_S), "the roll-ups of one time")


def test_a_row_that_is_committed_during_a_refresh_stays_marked(postgres_dsn, tmp_path):
    edges = bucket_edges(NOON, NOON + timedelta(hours=1), 3600, JAKARTA)
    span = BucketRange(camera_id="laluan-1", edges=edges, interval_s=3600)
    with open_database(Config(store=StoreConfig(dsn=SecretStr(postgres_dsn)), data_dir=tmp_path)) as pool:
        writer = EventWriter(pool)
        writer.write([Event.wrap(ten_seconds(NOON, crossing(NOON)), NOON)])
        with transaction(pool) as connection:
            refresh_camera(connection, "laluan-1", JAKARTA, timedelta(0))
            writer.write([Event.wrap(ten_seconds(NOON + timedelta(seconds=10), crossing(NOON)), NOON)])
        for _ in range(2):
            with transaction(pool) as connection:
                (row,) = gate_history(connection, span, "utara")
            assert row.counts is not None
            assert row.counts["car"] == 2
            refresh_all(pool, JAKARTA)
