"""The synthetic history of the demo: daily pattern, gaps, and its writing to a real database."""

from datetime import date, datetime, timedelta
from threading import Event as Flag
from zoneinfo import ZoneInfo

import pytest

from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import Config, StoreConfig
from pipelines.store.pool import open_database
from simulator.demo.history_seed import SEEDED_ID_PREFIX, CameraHistory
from simulator.demo.history_writer import write_history
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import site_by_id
from simulator.world.sumo_network import read_network

WIB = ZoneInfo("Asia/Jakarta")
MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)
LATER = datetime(2026, 12, 1, tzinfo=WIB)


def history_of(name, number=0):
    site = site_by_id(name)
    return CameraHistory(site, CameraGeometry.model_validate(camera_geometry(site, read_network(site))), number, WIB)


def lines_of(history, day, table, until=LATER):
    rows = [rows for rows in history.day(day, until) if rows.table == table]
    return [dict(zip(part.columns, line.split("\t"), strict=True)) for part in rows for line in part.text.splitlines()]


def hour_of(row):
    return (datetime.fromisoformat(row["at"] + "+00:00").astimezone(WIB)).hour


def test_a_working_day_has_peaks_and_a_sunday_has_none():
    history = history_of("mata-kucing")
    monday, sunday = (
        [sum(hour_of(row) == hour for row in lines_of(history, day, "crossings")) for hour in (2, 7, 10)]
        for day in (MONDAY, SUNDAY)
    )
    assert monday[1] > 1.5 * monday[2] > 1.5 * monday[0]
    assert sunday[1] / sunday[2] < 0.8 * monday[1] / monday[2]


def test_half_of_the_vehicles_are_motorcycles_and_all_cross_in_the_legal_direction():
    crossings = lines_of(history_of("simpang-kuda"), MONDAY, "crossings")
    share = sum(row["road_user"] == "motorcycle" for row in crossings) / len(crossings)
    assert share == pytest.approx(0.52, abs=0.03)
    crossed = {(row["gate"], row["direction"]) for row in crossings}
    assert len(crossed) == 2, "one direction at each gate"
    assert {direction for _, direction in crossed} == {"A", "B"}, "both gates are drawn from left to right"


def test_an_outage_is_a_gap_in_every_table():
    history = history_of("mata-kucing")
    observed = {day: len(lines_of(history, day, "observed")) for day in (MONDAY + timedelta(days=k) for k in range(11))}
    assert sorted(observed.values())[1:] == [24 * 60] * 10
    cut = min(observed, key=observed.get)
    seen = {row["start_at"] for row in lines_of(history, cut, "observed")}
    assert 24 * 60 - 7 * 60 < len(seen) < 24 * 60
    assert {row["start_at"] for row in lines_of(history, cut, "zone_intervals")} == seen


def test_no_row_ends_after_until():
    until = datetime(2026, 11, 16, 9, 30, tzinfo=WIB)
    rows = lines_of(history_of("mata-kucing"), MONDAY, "observed", until)
    assert max(datetime.fromisoformat(row["end_at"] + "+00:00") for row in rows) == until


@pytest.mark.integration
def test_a_second_run_writes_no_rows_and_all_rows_have_the_seeded_prefix(postgres_dsn, tmp_path):
    config = Config(store=StoreConfig(dsn=postgres_dsn), data_dir=tmp_path)
    history = [history_of("mata-kucing", 0), history_of("simpang-kuda", 1)]
    until = datetime(2026, 11, 17, 8, 0, tzinfo=WIB)
    with open_database(config) as pool:
        counts = []
        for _ in range(2):
            write_history(pool, history, until, Flag(), days=1)
            with pool.connection() as connection:
                counts.append(connection.execute("SELECT count(*) FROM crossings").fetchone()[0])
                unmarked = connection.execute(
                    "SELECT count(*) FROM observed WHERE event_id::text NOT LIKE %s", [f"{SEEDED_ID_PREFIX}%"]
                ).fetchone()
        assert counts[0] == counts[1] > 10_000
        assert unmarked == (0,)
