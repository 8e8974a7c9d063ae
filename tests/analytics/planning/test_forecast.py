"""Forecast of a day from the days before it, and what is known of the day."""

import numpy as np
import pytest

from analytics.planning.forecast import forecast
from analytics.planning.local_hours import LocalHours
from tests.support.synthetic_year import synthetic_year

NONE = np.array([], "datetime64[D]")


@pytest.fixture(scope="module")
def year() -> LocalHours:
    return synthetic_year(np.random.default_rng(5), day_sigma=0.03)


def error(volume, hours, day):
    return np.abs(volume - hours.volume[day]).sum()


def test_hours_of_the_day_and_later_are_not_read(year):
    day = year.dates[200]
    later = LocalHours(year.dates, np.where(year.dates[:, None] >= day, 0.0, year.volume))
    assert forecast(year, day, NONE).volume == pytest.approx(forecast(later, day, NONE).volume)


def test_a_season_is_followed_that_the_usual_day_lags_behind(year):
    grown = LocalHours(year.dates, np.round(year.volume * np.linspace(1, 2, 365)[:, None]))
    found = forecast(grown, grown.dates[-1], NONE)
    assert error(found.volume, grown, -1) < 0.5 * error(found.usual, grown, -1)
    assert (found.low <= found.volume).all() and (found.volume <= found.high).all()


def test_forecast_rain_lowers_the_volume_as_rain_did_before(year):
    rng = np.random.default_rng(6)
    rain = np.where(rng.random((365, 24, 1)) < 0.08, rng.exponential(5, (365, 24, 1)), 0)
    rain[364, 15:19] = 10
    wet = LocalHours(year.dates, np.round(year.volume * np.exp(-0.04 * rain[:, :, 0])))
    past = LocalHours(wet.dates[:364], wet.volume[:364])
    found = forecast(past, wet.dates[364], NONE, rain)
    assert (found.volume / found.usual)[15:19] == pytest.approx(np.exp(-0.4), abs=0.1)
    assert error(found.volume, wet, 364) < 0.8 * error(forecast(past, wet.dates[364], NONE).volume, wet, 364)


def test_too_short_a_history_has_no_forecast(year):
    assert forecast(LocalHours(year.dates[:20], year.volume[:20]), year.dates[20], NONE) is None
    unseen = LocalHours(year.dates, np.full((365, 24), np.nan))
    assert forecast(unseen, year.dates[-1], NONE) is None
    half = LocalHours(year.dates[:40], np.where(np.arange(40)[:, None] < 20, year.volume[:40], np.nan))
    assert forecast(half, year.dates[40], NONE) is None, "20 whole days"


def test_a_day_of_a_kind_that_was_never_observed_has_no_forecast(year):
    only_mondays = LocalHours(year.dates, np.where(year.weekday[:, None] == 0, year.volume, np.nan))
    tuesday = year.dates[year.weekday == 1][-1]
    assert forecast(only_mondays, tuesday, NONE) is None


def test_hours_without_conditions_are_not_used(year):
    rain = np.zeros((366, 24, 1))
    rain[300:340] = np.nan
    false = np.where(np.isnan(rain[:365, :, 0]), 0.5 * year.volume, year.volume)
    day = year.dates[-1] + 1
    found = forecast(LocalHours(year.dates, false), day, NONE, rain)
    assert found.volume == pytest.approx(forecast(year, day, NONE, rain).volume, rel=0.05, abs=5)
    rain[:340] = np.nan
    assert forecast(year, day, NONE, rain) is None, "conditions of 25 days"


def test_gaps_in_the_history_leave_the_forecast_near_that_of_whole_days(year):
    gaps = np.where(np.random.default_rng(8).random((365, 24)) < 0.2, np.nan, year.volume)
    whole, gappy = forecast(year, year.dates[-1], NONE), forecast(LocalHours(year.dates, gaps), year.dates[-1], NONE)
    assert gappy.volume == pytest.approx(whole.volume, rel=0.1, abs=20)
