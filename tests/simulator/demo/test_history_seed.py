"""The month behind the demo's city: its rhythm, its gaps, and how it gets into a real database."""

from datetime import date, datetime, timedelta
from threading import Event as Flag
from zoneinfo import ZoneInfo

import pytest

from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import Config, StoreConfig
from pipelines.store.pool import open_database
from simulator.demo.history_seed import SEEDED_ID_PREFIX, CameraHistory
from simulator.demo.seeding import seed
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import site_by_id
from simulator.world.sumo_network import read_network

WIB = ZoneInfo("Asia/Jakarta")
MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)
LATER = datetime(2026, 12, 1, tzinfo=WIB)


def past_of(name, number=0):
    site = site_by_id(name)
    return CameraHistory(site, CameraGeometry.model_validate(camera_geometry(site, read_network(site))), number, WIB)


def lines_of(past, day, table, until=LATER):
    rows = [rows for rows in past.day(day, until) if rows.table == table]
    return [dict(zip(part.columns, line.split("\t"), strict=True)) for part in rows for line in part.text.splitlines()]


def hour_of(row):
    return (datetime.fromisoformat(row["at"] + "+00:00").astimezone(WIB)).hour


def test_a_working_day_has_rush_hours_and_a_sunday_has_none():
    past = past_of("mata-kucing")
    monday, sunday = (
        [sum(hour_of(row) == hour for row in lines_of(past, day, "crossings")) for hour in (2, 7, 10)]
        for day in (MONDAY, SUNDAY)
    )
    assert monday[1] > 1.5 * monday[2] > 1.5 * monday[0]
    assert sunday[1] / sunday[2] < 0.8 * monday[1] / monday[2]


def test_half_of_the_traffic_is_motorcycles_and_it_goes_the_legal_way():
    crossings = lines_of(past_of("simpang-kuda"), MONDAY, "crossings")
    share = sum(row["road_user"] == "motorcycle" for row in crossings) / len(crossings)
    assert share == pytest.approx(0.52, abs=0.03)
    ways = {(row["gate"], row["direction"]) for row in crossings}
    assert len(ways) == 2, "one direction at each gate"
    assert {way for _, way in ways} == {"A", "B"}, "both gates are drawn from left to right"


def test_an_outage_is_a_gap_in_every_table():
    past = past_of("mata-kucing")
    observed = {day: len(lines_of(past, day, "observed")) for day in (MONDAY + timedelta(days=k) for k in range(11))}
    assert sorted(observed.values())[1:] == [24 * 60] * 10
    cut = min(observed, key=observed.get)
    seen = {row["start_at"] for row in lines_of(past, cut, "observed")}
    assert 24 * 60 - 7 * 60 < len(seen) < 24 * 60
    assert {row["start_at"] for row in lines_of(past, cut, "zone_intervals")} == seen


def test_nothing_is_written_of_what_is_still_to_come():
    until = datetime(2026, 11, 16, 9, 30, tzinfo=WIB)
    rows = lines_of(past_of("mata-kucing"), MONDAY, "observed", until)
    assert max(datetime.fromisoformat(row["end_at"] + "+00:00") for row in rows) == until


@pytest.mark.integration
def test_the_past_is_written_once_and_told_from_what_was_observed(postgres_dsn, tmp_path):
    config = Config(store=StoreConfig(dsn=postgres_dsn), data_dir=tmp_path)
    past = [past_of("mata-kucing", 0), past_of("simpang-kuda", 1)]
    until = datetime(2026, 11, 17, 8, 0, tzinfo=WIB)
    with open_database(config) as pool:
        counts = []
        for _ in range(2):
            seed(pool, past, until, Flag(), days=1)
            with pool.connection() as connection:
                counts.append(connection.execute("SELECT count(*) FROM crossings").fetchone()[0])
                unmarked = connection.execute(
                    "SELECT count(*) FROM observed WHERE event_id::text NOT LIKE %s", [f"{SEEDED_ID_PREFIX}%"]
                ).fetchone()
        assert counts[0] == counts[1] > 10_000
        assert unmarked == (0,)
