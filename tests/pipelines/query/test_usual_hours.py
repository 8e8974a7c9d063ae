"""Usual, imputed and forecast hours of a gate as frames and files."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from analytics.planning.local_hours import LocalHours
from pipelines.errors import UserError
from pipelines.query.usual_hours import forecast_hours, read_conditions, usual_hours
from tests.support.random_history import JAKARTA
from tests.support.synthetic_year import synthetic_year

LATER = datetime(2027, 6, 1, tzinfo=UTC)
"""A time after all hours here."""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
"""A city whose clock skips an hour on 2026-03-29 and repeats one on 2026-10-25."""


class Recorded:
    """Hours of a gate by day, as `City.hours` gives them."""

    def __init__(self, hours: LocalHours, zone) -> None:
        self.known, self.zone = hours, zone

    def hours(self, camera_id, gate, from_at, to_at) -> LocalHours:
        dates = np.arange(from_at, to_at, dtype="datetime64[D]")
        volume = np.full((len(dates), 24), np.nan)
        _, mine, theirs = np.intersect1d(dates, self.known.dates, return_indices=True)
        volume[mine] = self.known.volume[theirs]
        return LocalHours(dates, volume)


@pytest.fixture
def city() -> Recorded:
    year = synthetic_year(np.random.default_rng(9))
    year.volume[300, 5:9] = np.nan
    return Recorded(year, JAKARTA)


def test_missing_hours_are_imputed_and_marked_and_others_are_as_observed(city):
    day = city.known.dates[300].item()
    frame = usual_hours(city, "cam", "utara", day, date(2026, 10, 31), now=LATER)
    missing = frame.filter("is_imputed")
    assert [at.hour for at in missing["start_at"]] == [5, 6, 7, 8] and missing["observed"].null_count() == 4
    assert (missing["low"] < missing["volume"]).all() and (missing["volume"] < missing["high"]).all()
    rest = frame.filter(~pl.col("is_imputed"))
    assert rest["volume"].to_list() == rest["observed"].to_list() == rest["low"].to_list()
    assert frame["start_at"][0].isoformat() == f"{day}T00:00:00+07:00" and frame["usual"].null_count() == 0


def test_the_forecast_of_a_day_needs_history(city):
    assert forecast_hours(city, "cam", "utara", date(2026, 12, 1))["volume"].null_count() == 0
    with pytest.raises(UserError, match="fewer than 28 days"):
        forecast_hours(city, "cam", "utara", date(2026, 1, 5))


def test_hours_to_come_are_not_imputed(city):
    day = city.known.dates[300].item()
    now = datetime(day.year, day.month, day.day, 7, 30, tzinfo=JAKARTA)
    frame = usual_hours(city, "cam", "utara", day, day + timedelta(days=1), now=now)
    assert [at.hour for at in frame.filter("is_imputed")["start_at"]] == [5, 6]
    unknown = frame.filter(pl.col("volume").is_null())
    assert [at.hour for at in unknown["start_at"]] == [7, 8] and unknown["high"].null_count() == 2
    assert unknown["usual"].null_count() == 0


def test_an_hour_that_the_clock_skips_has_no_row(city):
    city.zone = AMSTERDAM
    frame = usual_hours(city, "cam", "utara", date(2026, 3, 29), date(2026, 3, 30), now=LATER)
    assert [at.hour for at in frame["start_at"]] == [0, 1, *range(3, 24)]
    assert frame["observed"].to_list() == np.delete(city.known.volume[87], 2).tolist()


DATES = np.array(["2026-11-30", "2026-12-01"], "datetime64[D]")
DAY = "".join(f"2026-12-01T{hour:02}:00;2\n" for hour in range(24))
"""Rows of all hours of a day."""


def write(folder: Path, text: str) -> Path:
    (folder / "cuaca.csv").write_text(text)
    return folder / "cuaca.csv"


@pytest.mark.parametrize("hour", ["2026-11-30T06:00", "2026-11-29T23:00Z", "2026-11-30T08:00+09:00"])
def test_conditions_are_read_by_local_hour_and_unknown_where_there_is_no_row(tmp_path: Path, hour):
    found = read_conditions(write(tmp_path, f"hour;rain_mm\n{hour};1,5\n{DAY}2020-01-01T07:00;9\n"), DATES, JAKARTA)
    assert found.shape == (2, 24, 1) and found[0, 6, 0] == 1.5 and (found[1] == 2).all()
    assert np.isnan(found[0]).sum() == 23


def test_an_hour_that_the_clock_repeats_is_the_mean_and_one_that_it_skips_is_not_asked_for(tmp_path: Path):
    rows = [(datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=n)).isoformat() for n in range(25)]
    text = "hour,rain\n" + "".join(f"{at},{n}\n" for n, at in enumerate(rows))
    found = read_conditions(write(tmp_path, text), np.array(["2026-10-25"], "datetime64[D]"), AMSTERDAM)
    assert found[0, :4, 0].tolist() == [0, 1, 2.5, 4]
    text = "hour,rain\n" + "".join(f"2026-03-29T{hour:02}:00,1\n" for hour in range(24) if hour != 2)
    read_conditions(write(tmp_path, text), np.array(["2026-03-29"], "datetime64[D]"), AMSTERDAM)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rain\n1\n", "hour"),
        ("hour;rain\n2026-12-01T06:00;wet\n", "wet"),
        ("hour;rain\n2026-11-30T06:00;1\n", "no hour 2026-12-01T00:00"),
        ("hour;rain\n" + DAY.replace("2026-12-01T18:00;2\n", ""), "no hour 2026-12-01T18:00"),
        ("hour;rain\n" + DAY + "2026-11-30T23:00Z;1\n", "2026-12-01T06:00 occurs more than once"),
        ("hour;rain\n" + DAY + "2026-11-30T06:30;1\n", "2026-11-30T06:30 is no full hour"),
        ("hour;rain\n" + DAY + "2026-11-30T06:00+05:30;1\n", "no full hour in Asia/Jakarta"),
        ("hour;rain\n" + DAY + "0001-01-01T00:00+09:00;1\n", "give hours such as"),
        ("hour;rain\n2026-12-01T06:00;nan\n", "not finite"),
        ("hour\n2026-12-01T06:00\n", "no column of numbers"),
        ("hour;rain\nmorning;1\n", "morning"),
    ],
)
def test_bad_conditions_are_refused_with_advice(tmp_path: Path, text, message):
    with pytest.raises(UserError, match=message):
        read_conditions(write(tmp_path, text), DATES, JAKARTA)
