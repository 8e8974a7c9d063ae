"""Usual, imputed and forecast hours of a gate as frames and files."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analytics.planning.local_hours import LocalHours
from pipelines.errors import UserError
from pipelines.query.usual_hours import forecast_hours, read_conditions, usual_hours
from tests.support.random_history import JAKARTA
from tests.support.synthetic_year import synthetic_year


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
    frame = usual_hours(city, "cam", "utara", day, date(2026, 10, 31))
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


def test_conditions_are_read_by_local_hour(tmp_path: Path):
    file = tmp_path / "cuaca.csv"
    file.write_text("hour;rain_mm\n2026-11-30T06:00;1,5\n2026-12-01T07:00;2\n2020-01-01T07:00;9\n")
    dates = np.array(["2026-11-30", "2026-12-01"], "datetime64[D]")
    found = read_conditions(file, dates)
    assert found.shape == (2, 24, 1) and found[0, 6, 0] == 1.5 and found[1, 7, 0] == 2 and found.sum() == 3.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rain\n1\n", "hour"),
        ("hour,rain\n2026-12-01T06:00,wet\n", "wet"),
        ("hour,rain\n2026-11-30T06:00,1\n", "no hour of 2026-12-01"),
        ("hour,rain\n2026-12-01T06:00,nan\n", "not finite"),
        ("hour\n2026-12-01T06:00\n", "no column of numbers"),
        ("hour,rain\nmorning,1\n", "morning"),
    ],
)
def test_bad_conditions_are_refused_with_advice(tmp_path: Path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_conditions(tmp_path / "a.csv", np.array(["2026-11-30", "2026-12-01"], "datetime64[D]"))
