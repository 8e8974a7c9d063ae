"""Every way to ask for a count gives the same vehicles, and those of plain SQL over the rows."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import psycopg
import pytest

from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.errors import UserError
from pipelines.query.city import City
from pipelines.query.request import INTERVALS_S, Request
from pipelines.query.table_file import write_table
from pipelines.store.pool import open_database
from tests.support.random_history import BEGIN, DAYS, GATES, city_config, write_history

ZONES = ["Asia/Jakarta", "Asia/Jayapura", "Asia/Kathmandu", "Australia/Adelaide", "Europe/Amsterdam"]
"""Zones that ask: those of Indonesia, and offsets of 5 h 45 min, 10 h 30 min, and 2 h that become 1 h."""
QUERIES = 36
"""Random requests; `make bench-planner` asks more."""

# Crossings by local date, gate and class, as the server itself converts times.
PLAIN = """
SELECT (at AT TIME ZONE %(zone)s)::date, gate, road_user, count(*) FROM crossings
WHERE camera_id = 'laluan-1' AND at >= %(from)s AND at < %(to)s GROUP BY 1, 2, 3
"""


@pytest.fixture(scope="module")
def city(_postgres_server, tmp_path_factory) -> Iterator[City]:
    config = city_config(tmp_path_factory.mktemp("city"), _postgres_server.new_database())
    with open_database(config, max_connections=1) as pool:
        write_history(pool, random.Random(28))
        yield City(config, pool)


def random_request(dice: random.Random) -> Request:
    begin = BEGIN + timedelta(minutes=dice.randrange(-600, DAYS * 1440))
    return Request(
        from_at=begin,
        to_at=begin + timedelta(minutes=dice.choice([1, 45, 600, 1440, 3000, 6000])),
        zone=ZoneInfo(dice.choice(ZONES)),
        interval_s=dice.choice(INTERVALS_S),
        gates=dice.choice([None, frozenset({"utara"}), frozenset({"selatan", "timur"})]),
        classes=tuple(dice.sample(ROAD_USERS, dice.randrange(1, 7))),
        weekdays=frozenset(dice.sample(range(7), dice.choice([2, 7, 7]))),
    )


def plain_counts(city: City, request: Request, first, end) -> Counter:
    with psycopg.connect(city.config.store.dsn.get_secret_value()) as connection:
        rows = connection.execute(PLAIN, {"zone": request.zone.key, "from": first, "to": end}).fetchall()
    return Counter(
        {
            (day, gate, road_user): n
            for day, gate, road_user, n in rows
            if (request.gates is None or gate in request.gates)
            and road_user in request.classes
            and day.weekday() in request.weekdays
        }
    )


def frame_counts(frame: pl.DataFrame, request: Request) -> Counter:
    found: Counter = Counter()
    local = frame.with_columns(pl.col("start_at").dt.convert_time_zone(request.zone.key).dt.date().alias("day"))
    for row in local.iter_rows(named=True):
        for road_user in request.classes:
            if row[road_user]:
                found[row["day"], row["gate"], str(road_user)] += row[road_user]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_counts_of_random_requests_are_those_of_plain_sql(city, seed):
    dice = random.Random(seed)
    seen = 0
    for _ in range(QUERIES // 3):
        request = random_request(dice)
        frame = city.gates(request)
        spans = list(request.spans("laluan-1"))
        expected = plain_counts(city, request, spans[0].edges[0], spans[-1].edges[-1])
        assert frame_counts(frame, request) == expected, request
        motor = [str(user) for user in request.classes if user is not RoadUser.PERSON]
        assert frame["vehicles"].sum() == sum(frame[name].sum() for name in motor)
        seen += frame["vehicles"].sum()
    assert seen > 500, "the requests asked for nothing"


def test_intervals_follow_each_other_without_gap_or_overlap_over_several_spans():
    for zone in ZONES:
        request = Request(from_at=BEGIN, to_at=BEGIN + timedelta(days=200), zone=ZoneInfo(zone), interval_s=900)
        edges = [edge for span in request.spans("x") for edge in span.edges]
        joints = [(a, b) for a, b in pairwise(edges) if a >= b]
        assert all(a == b for a, b in joints) and 2 <= len(joints) <= 5
        assert edges[0] <= BEGIN and edges[-1] >= BEGIN + timedelta(days=200)


def test_an_hour_without_observation_is_null_and_one_without_traffic_is_zero(city):
    request = city.request(BEGIN, BEGIN + timedelta(days=DAYS), interval_s=3600, gates=frozenset({"utara"}))
    frame = city.gates(request)
    unseen, seen = frame.filter(pl.col("coverage") == 0), frame.filter(pl.col("coverage") > 0)
    assert len(unseen) >= 5 and unseen["vehicles"].null_count() == len(unseen)
    assert seen["vehicles"].null_count() == 0
    assert frame["flow_veh_h"].null_count() == len(unseen)


def test_movements_of_an_approach_are_its_inward_crossings_by_class_and_by_interval(city):
    request = city.request(BEGIN, BEGIN + timedelta(days=DAYS), interval_s=3600)
    with psycopg.connect(city.config.store.dsn.get_secret_value()) as connection:
        rows = connection.execute(
            "SELECT date_trunc('hour', at), gate, road_user, count(*) FROM crossings WHERE (gate, direction) IN "
            "(('utara', 'A'), ('selatan', 'B'), ('timur', 'A')) GROUP BY 1, 2, 3"
        ).fetchall()
    arms = {"utara": "U", "selatan": "S", "timur": "T"}
    expected = Counter({(hour, arms[gate], road_user): n for hour, gate, road_user, n in rows})
    frame = city.movements(request)
    found: Counter = Counter()
    for row in frame.iter_rows(named=True):
        for road_user in ROAD_USERS:
            if row[road_user]:
                found[row["start_at"], row["origin"], str(road_user)] += row[road_user]
    assert found == expected and sum(found.values()) > 300
    assert frame["destination"].null_count() > 0 and set(frame["destination"].drop_nulls()) == {"U", "S", "T"}


def test_a_camera_without_a_junction_is_refused_with_advice(city, tmp_path):
    gate = {"id": "g", "p1": [0, 0], "p2": [9, 0]}
    config = city_config(
        tmp_path, city.config.store.dsn.get_secret_value(), {"image_size": [640, 360], "gates": [gate]}
    )
    with pytest.raises(UserError, match="role and an arm"):
        City(config, city.pool).movements(from_at=BEGIN, to_at=BEGIN + timedelta(days=1))


def test_followed_movements_are_those_of_the_estimator_of_single_tracks(city):
    """Tracks of one entry and one exit, as `simpang count` counts them."""
    with psycopg.connect(city.config.store.dsn.get_secret_value()) as connection:
        query = "SELECT track, gate, direction, road_user FROM crossings ORDER BY track, at"
        rows = connection.execute(query).fetchall()
    tracks: dict = {}
    for track, *crossing in rows:
        tracks.setdefault(track, []).append(crossing)
    arms = {"utara": "U", "selatan": "S", "timur": "T"}
    expected: Counter = Counter()
    for crossings in tracks.values():
        (entry, direction, _), (leaving, away, _) = crossings[0], crossings[-1]
        if len(crossings) == 2 and direction == GATES[entry] and away != GATES[leaving]:
            expected[arms[entry], arms[leaving]] += 1
    frame = city.movements(from_at=BEGIN, to_at=BEGIN + timedelta(days=DAYS), interval_s=3600).drop_nulls("destination")
    found: Counter = Counter()
    for row in frame.iter_rows(named=True):
        found[row["origin"], row["destination"]] += sum(row[name] for name in ROAD_USERS)
    assert found == expected


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_files_have_the_totals_gaps_and_times_of_the_frame(city, tmp_path: Path, suffix):
    frame = city.gates(from_at=BEGIN, to_at=BEGIN + timedelta(days=DAYS), interval_s=3600)
    path = tmp_path / f"out{suffix}"
    write_table(frame, path)
    if suffix == ".xlsx":
        from openpyxl import load_workbook

        book = load_workbook(path)
        header, *rows = book["data"].iter_rows(values_only=True)
        assert {name for name, _ in book["kolom"].iter_rows(min_row=2, values_only=True)} == set(frame.columns)
    else:
        read = pl.read_csv(path) if suffix == ".csv" else pl.read_parquet(path)
        header, rows = read.columns, read.rows()
    assert list(header) == frame.columns
    column = {name: [row[k] for row in rows] for k, name in enumerate(header)}
    for name in [*ROAD_USERS, "vehicles", "coverage"]:
        assert column[name] == frame[str(name)].to_list(), name
    if suffix == ".csv":
        assert column["start_at"][0] == frame["start_at"][0].isoformat()
    else:
        assert [at.replace(tzinfo=None) for at in column["start_at"]] == [
            at.replace(tzinfo=None) for at in frame["start_at"]
        ]


def test_hours_for_planners_are_those_of_the_frame(city):
    begin, end = (BEGIN + timedelta(hours=2)).date(), (BEGIN + timedelta(days=DAYS)).date()
    hours = city.hours("laluan-1", "utara", begin, end)
    frame = city.gates(from_at=begin, to_at=end, interval_s=3600, gates=frozenset({"utara"}))
    expected = [
        row["vehicles"] / row["coverage"] if row["coverage"] >= 0.8 else None for row in frame.iter_rows(named=True)
    ]
    found = [None if np.isnan(volume) else volume for volume in hours.volume.ravel()]
    assert found == pytest.approx(expected) and len(found) == 24 * (end - begin).days
