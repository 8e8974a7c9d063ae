"""Minutes that several runs of the analysis report in parts, in any order and repeatedly, in a real PostgreSQL."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import Direction, Level, Sight
from analytics.road_users import RoadUser
from models.tracking.tracker import make_tracker
from pipelines.config.geometry_file import read_geometry
from pipelines.events.mapping import EventMapper, utc
from pipelines.events.schema import CountsReport, CrossingRecord, Event, GateRecord, ZoneRecord
from pipelines.recordings.detection_replay import read_detections
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from portal.history.rows import zone_history
from tests.support.events import NOON
from tests.support.store_config import config_for

PERIOD_S = 10
MINUTE = timedelta(minutes=1)
_CAMERAS = count()


@dataclass(frozen=True)
class Run:
    """Observed span of a minute, s, with the times of the vehicles that crossed the gate."""

    start_s: float
    end_s: float
    crossings: tuple[float, ...]
    level: Level
    sight: Sight | None
    speed_kmh: float | None
    queue_m: float | None


@st.composite
def runs(draw: st.DrawFn) -> list[Run]:
    """One to four runs with pauses between them."""
    number = draw(st.integers(1, 4))
    times = st.floats(0, 60, allow_subnormal=False).map(lambda t: round(t, 3))
    edges = sorted(draw(st.lists(times, min_size=2 * number, max_size=2 * number, unique=True)))
    return [
        Run(
            start_s=start,
            end_s=end,
            crossings=tuple(sorted(draw(st.lists(st.floats(start, end - 1e-3), max_size=5)))),
            level=draw(st.sampled_from(Level)),
            sight=draw(st.sampled_from([None, *Sight])),
            speed_kmh=draw(st.none() | st.integers(0, 1200).map(lambda tenths: tenths / 10)),
            queue_m=draw(st.none() | st.integers(0, 300).map(float)),
        )
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if end - start > 0.01
    ]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def events_of(run: Run, camera_id: str) -> Iterator[Event]:
    """A counts event for each 10 s; the last one has the run's part of the minute."""
    edges = [run.start_s, *(t for t in range(0, 60, PERIOD_S) if run.start_s < t < run.end_s), run.end_s]
    observed_s = run.end_s - run.start_s
    minute: dict[str, Any] = {
        "start_at": NOON,
        "end_at": NOON + MINUTE,
        "coverage": observed_s / 60,
        "flow_veh_h": len(run.crossings) * 3600 / observed_s,
        "sight": run.sight,
    }
    gate = GateRecord(gate="g", direction=Direction.A, **minute)
    zone = ZoneRecord(zone="z", level=run.level, speed_kmh=run.speed_kmh, queue_m=run.queue_m, **minute)
    for start, end in pairwise(edges):
        report = CountsReport(
            camera_id=camera_id,
            start_at=at(start),
            end_at=at(end),
            observed_s=end - start,
            crossings=tuple(
                CrossingRecord(at=at(t), gate="g", direction=Direction.A, road_user=RoadUser.CAR, track=k)
                for k, t in enumerate(run.crossings)
                if start <= t < end
            ),
            gates=(gate,) if end == run.end_s else (),
            zones=(zone,) if end == run.end_s else (),
        )
        yield Event.wrap(report, at(end))


def contents(pool: ConnectionPool, camera_id: str) -> dict[str, list[dict[str, Any]]]:
    tables = {
        "crossings": "at, track",
        "observed": "start_at",
        "gate_intervals": "start_at, gate, direction",
        "zone_intervals": "start_at, zone",
    }
    with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        found = {
            table: cursor.execute(
                f"SELECT * FROM {table} WHERE camera_id = %s ORDER BY {order}", [camera_id]
            ).fetchall()
            for table, order in tables.items()
        }
    hidden = ("camera_id", "event_id")
    return {table: [{k: v for k, v in row.items() if k not in hidden} for row in rows] for table, rows in found.items()}


@pytest.fixture
def pool(postgres_dsn: str) -> Iterator[ConnectionPool]:
    with open_database(config_for(postgres_dsn), max_connections=2) as opened:
        yield opened


def test_a_minute_is_the_sum_of_its_parts_in_any_order_and_number_of_deliveries(pool: ConnectionPool) -> None:
    write = EventWriter(pool).write

    @settings(max_examples=20, deadline=None, database=None)
    @given(runs(), st.randoms(use_true_random=False))
    def check(parts: list[Run], chance: random.Random) -> None:
        straight, shuffled = (f"cam-{next(_CAMERAS)}" for _ in range(2))
        for run in parts:
            for event in events_of(run, straight):
                write([event])
        deliveries = [event for run in parts for event in events_of(run, shuffled)] * chance.randint(1, 3)
        chance.shuffle(deliveries)
        while deliveries:
            size = chance.randint(1, len(deliveries))
            write(deliveries[:size])
            deliveries = deliveries[size:]
        stored = contents(pool, shuffled)
        assert stored == contents(pool, straight)
        observed_s = sum(run.end_s - run.start_s for run in parts)
        vehicles = sum(len(run.crossings) for run in parts)
        assert len(stored["crossings"]) == vehicles
        assert sum(row["observed_s"] for row in stored["observed"]) == pytest.approx(observed_s, abs=1e-3)
        for table in ("gate_intervals", "zone_intervals"):
            (row,) = stored[table] if parts else ({},)
            assert not parts or row["coverage"] == pytest.approx(observed_s / 60, abs=1e-5)
            assert not parts or row["flow_veh_h"] == pytest.approx(vehicles * 3600 / observed_s, rel=1e-5, abs=1e-3)
            assert not parts or (row["parts"] is None) == (len(parts) == 1)

    check()


def test_the_same_minute_from_two_workers_is_counted_once(pool: ConnectionPool) -> None:
    """The second one has other tracks; its periods have the starts of the first one's."""
    run = Run(0.0, 60.0, (5.0, 25.0), Level.FREE, None, 40.0, 0.0)
    other = Run(0.0, 60.0, (5.1, 25.1, 44.0), Level.DENSE, None, 38.0, 5.0)
    EventWriter(pool).write(list(events_of(run, "cam")))
    before = contents(pool, "cam")
    EventWriter(pool).write(list(events_of(other, "cam")))
    assert contents(pool, "cam") == before


@pytest.mark.slow
@pytest.mark.parametrize("restarts", [[47.3], [30.0, 75.5, 83.0, 110.0]])
def test_restarts_of_the_analysis_within_a_minute_lose_and_double_nothing(
    pool: ConnectionPool, shared_dir: Any, restarts: list[float]
) -> None:
    folder, start, until = shared_dir / "truth" / "scenarios" / "arterial_free_s1", NOON.timestamp(), 120.0
    geometry = read_geometry(folder / "camera.json")
    camera = geometry.camera("cam", geometry.image_size)
    events: list[Event] = []
    analyzer, tracker, mapper = CameraAnalyzer(camera), make_tracker(camera), EventMapper(camera)
    pending = list(restarts)
    for frame in read_detections(folder / "detections.jsonl.gz"):
        if frame.t > until:
            break
        t = start + frame.t
        if pending and frame.t >= pending[0]:
            pending.pop(0)
            events += [Event.wrap(data, utc(t)) for data in mapper.events(analyzer.finish(t))]
            analyzer, tracker, mapper = CameraAnalyzer(camera), make_tracker(camera), EventMapper(camera)
        facts = analyzer.observe(t, tracker.update(t, frame.detections))
        events += [Event.wrap(data, utc(t)) for data in mapper.events(facts)]
    events += [Event.wrap(data, utc(start + until)) for data in mapper.events(analyzer.finish(t + 0.1))]
    random.Random(7).shuffle(events)
    for k in range(0, len(events), 5):
        EventWriter(pool).write(events[k : k + 5] + events[: k // 2])
    stored = contents(pool, "cam")
    assert sum(row["observed_s"] for row in stored["observed"]) == pytest.approx(until, abs=0.6)
    keys = [(row["at"], row["gate"], row["direction"]) for row in stored["crossings"]]
    assert len(keys) == len(set(keys)) > 20
    whole = [row for row in stored["gate_intervals"] if row["start_at"] < NOON + 2 * MINUTE]
    assert len(whole) == 2 * 2 * len(camera.gates)
    for row in whole:
        vehicles = sum(
            crossing["road_user"] != RoadUser.PERSON
            for crossing in stored["crossings"]
            if (crossing["gate"], crossing["direction"]) == (row["gate"], row["direction"])
            and row["start_at"] <= crossing["at"] < row["end_at"]
        )
        assert row["coverage"] == pytest.approx(1, abs=0.02)
        assert row["flow_veh_h"] * row["coverage"] / 60 == pytest.approx(vehicles, abs=0.05)
    with pool.connection() as connection:
        span = BucketRange(camera_id="cam", edges=[NOON, NOON + MINUTE, NOON + 2 * MINUTE], interval_s=60)
        rows = zone_history(connection, span, camera.zones[0].id)
    assert [row.coverage for row in rows] == pytest.approx([1, 1], abs=0.02)
    assert all(row.speed_kmh is not None for row in rows)
