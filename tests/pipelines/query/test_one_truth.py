"""Every way to ask for a count gives the same vehicles, and those of plain SQL over the rows."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import psycopg
import pytest

from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.config.retention_settings import RetentionConfig
from pipelines.errors import UserError
from pipelines.query.city import City
from pipelines.query.place import intervals_of_gate
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
        assert all(a == b for a, b in joints) and len(joints) == 200 // 7
        assert edges[0] <= BEGIN and edges[-1] >= BEGIN + timedelta(days=200)


def test_an_hour_without_observation_is_null_and_one_without_traffic_is_zero(city):
    request = city.request(BEGIN, BEGIN + timedelta(days=DAYS), interval_s=3600, gates=frozenset({"utara"}))
    frame = city.gates(request)
    unseen, seen = frame.filter(pl.col("coverage") == 0), frame.filter(pl.col("coverage") > 0)
    assert len(unseen) >= 5 and unseen["vehicles"].null_count() == len(unseen)
    assert seen["vehicles"].null_count() == 0
    assert frame["flow_veh_h"].null_count() == len(unseen)


def at_retention(city: City, days: int, now: datetime) -> City:
    """Return the same city that keeps crossings for some days, of which `days` are before the end of the history."""
    kept = (now - (BEGIN + timedelta(days=DAYS))).days - 2 + days
    return City(
        city.config.model_copy(update={"retention": RetentionConfig(crossings_days=kept, observed_days=kept)}),
        city.pool,
    )


def test_what_retention_deleted_is_unknown_by_minute_and_movement_and_known_from_roll_ups(city):
    now = datetime.now(UTC)
    keeping = at_retention(city, 2, now)
    deleted_before = keeping.config.retention.kept_from("crossings", now).astimezone(city.zone)
    period = {"from_at": BEGIN, "to_at": BEGIN + timedelta(days=DAYS)}
    old, kept = pl.col("start_at") < deleted_before, pl.col("start_at") >= deleted_before
    minutes, full = keeping.gates(**period, interval_s=60), city.gates(**period, interval_s=60)
    assert minutes.filter(old)["vehicles"].null_count() == len(minutes.filter(old)) > 0
    assert full.filter(old)["vehicles"].sum() > 0
    assert minutes.filter(kept).equals(full.filter(kept)) and minutes.filter(kept)["vehicles"].sum() > 0
    assert minutes["coverage"].equals(full["coverage"])
    turns, all_turns = keeping.movements(**period, interval_s=3600), city.movements(**period, interval_s=3600)
    assert set(turns.filter(old)["origin"]) == {None} and turns.filter(old)["vehicles"].sum() == 0
    assert turns.filter(kept).equals(all_turns.filter(kept))
    rolled_up, every = keeping.gates(**period, interval_s=3600), city.gates(**period, interval_s=3600)
    of_old = rolled_up.filter(old).drop_nulls("vehicles")
    assert len(of_old) > 0 and of_old.equals(every.filter(old).join(of_old, on=["gate", "start_at"], how="semi"))


def test_movements_have_a_row_for_every_interval_that_is_not_known(city):
    period = {"from_at": BEGIN, "to_at": BEGIN + timedelta(days=DAYS), "interval_s": 3600}
    unknown = city.movements(**period).filter(pl.col("origin").is_null())
    unseen = city.gates(**period, gates=frozenset({"utara"})).filter(pl.col("vehicles").is_null())
    assert unknown["start_at"].to_list() == unseen["start_at"].to_list() and len(unknown) >= 5
    assert unknown["coverage"].sum() == 0 and unknown["vehicles"].null_count() == len(unknown)
    assert city.movements(**period).drop_nulls("origin")["vehicles"].null_count() == 0


def test_a_gate_that_was_drawn_later_is_unknown_before_and_one_that_does_not_exist_is_refused(city):
    day = {"from_at": BEGIN + timedelta(days=1), "to_at": BEGIN + timedelta(days=2), "interval_s": 3600}
    request = city.request(**day)
    with city.pool.connection() as connection:
        rows = list(intervals_of_gate(connection, request, "laluan-1", "barat"))
    assert {row.counts for row in rows} == {None} and sum(row.coverage for row in rows) > 10
    with pytest.raises(UserError, match="no gate barat here"):
        city.hours("laluan-1", "barat", BEGIN.date(), BEGIN.date() + timedelta(days=1))


def test_zones_and_movements_refuse_gates_and_all_refuse_more_rows_than_they_can_hold(city):
    period = {"from_at": BEGIN, "to_at": BEGIN + timedelta(days=2), "interval_s": 3600}
    for ask in (city.zones, city.movements):
        with pytest.raises(UserError, match="leave out the gates"):
            ask(**period, gates=frozenset({"utara"}))
    small = City(city.config, city.pool, max_rows=100)
    assert len(small.zones(**period)) == 48
    with pytest.raises(UserError, match="144 rows, and the most are 100"):
        small.gates(**period)


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


def test_texts_of_a_file_are_no_formulas(city, tmp_path: Path):
    frame = city.movements(from_at=BEGIN, to_at=BEGIN + timedelta(hours=12), interval_s=3600).head(3)
    arms = ["=HYPERLINK(1)", "@SUM(1)", "U"]
    frame = frame.with_columns(pl.Series("origin", arms))
    write_table(frame, tmp_path / "a.csv")
    assert pl.read_csv(tmp_path / "a.csv")["origin"].to_list() == ["'=HYPERLINK(1)", "'@SUM(1)", "U"]
    write_table(frame, tmp_path / "a.xlsx")
    from openpyxl import load_workbook

    cells = list(load_workbook(tmp_path / "a.xlsx")["data"]["B"])[1:]
    assert [(cell.value, cell.data_type) for cell in cells] == [(arm, "s") for arm in arms]


def test_hours_for_planners_are_those_of_the_frame(city):
    begin, end = (BEGIN + timedelta(hours=2)).date(), (BEGIN + timedelta(days=DAYS)).date()
    hours = city.hours("laluan-1", "utara", begin, end)
    frame = city.gates(from_at=begin, to_at=end, interval_s=3600, gates=frozenset({"utara"}))
    expected = [
        row["vehicles"] / row["coverage"] if row["coverage"] >= 0.8 else None for row in frame.iter_rows(named=True)
    ]
    found = [None if np.isnan(volume) else volume for volume in hours.volume.ravel()]
    assert found == pytest.approx(expected) and len(found) == 24 * (end - begin).days
