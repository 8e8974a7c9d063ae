"""The usual day, the heat map and marked imputation."""

import numpy as np
import pytest

from analytics.planning.local_hours import LocalHours
from analytics.planning.usual_day import HOLIDAY, SUNDAY, heat_map, impute, medians_of_others, usual_day
from tests.support.synthetic_year import synthetic_year

NONE = np.array([], "datetime64[D]")
LEBARAN = np.arange("2026-03-20", "2026-03-25", dtype="datetime64[D]")


@pytest.fixture(scope="module")
def year() -> LocalHours:
    """A year whose Lebaran has a third of the traffic, at other hours."""
    hours = synthetic_year(np.random.default_rng(11), day_sigma=0.05)
    holiday = np.isin(hours.dates, LEBARAN)
    hours.volume[holiday] = np.round(hours.volume[holiday][:, ::-1] / 3)
    return hours


def test_holidays_do_not_enter_the_weekdays(year):
    found = usual_day(year, LEBARAN)
    friday = (year.weekday == 4) & ~np.isin(year.dates, LEBARAN)
    assert found.median[4] == pytest.approx(np.median(year.volume[friday], axis=0))
    assert found.median[HOLIDAY] == pytest.approx(np.median(year.volume[np.isin(year.dates, LEBARAN)], axis=0))
    assert found.days[4, 0] == friday.sum()


def test_a_third_of_wrong_days_moves_a_median_little(year):
    rng = np.random.default_rng(1)
    broken = np.where(rng.random((365, 1)) < 1 / 3, 0.0, year.volume)
    usual, true = usual_day(LocalHours(year.dates, broken), LEBARAN), usual_day(year, LEBARAN)
    busy = true.median[:HOLIDAY] > 300
    assert np.abs(usual.median[:HOLIDAY] / true.median[:HOLIDAY] - 1)[busy].mean() < 0.15


def test_hours_without_observation_are_left_out_and_too_few_days_have_no_usual_volume(year):
    few = LocalHours(year.dates[:14], year.volume[:14])
    assert np.isnan(usual_day(few, NONE).median).all()
    gaps = np.where(np.arange(365)[:, None] % 2 == 0, np.nan, year.volume)
    found = usual_day(LocalHours(year.dates, gaps), NONE)
    assert found.days.sum() == np.isfinite(gaps).sum() and np.isfinite(found.median[:HOLIDAY]).all()


def test_an_unknown_holiday_has_the_usual_volumes_of_sundays(year):
    found = usual_day(year, NONE)
    monday = np.array(["2026-06-01"], "datetime64[D]")
    assert found.of(monday, monday)[0] == pytest.approx(found.median[SUNDAY])
    assert found.of(monday, NONE)[0] == pytest.approx(found.median[0])


def test_the_heat_map_is_the_mean_of_what_was_observed(year):
    gaps = np.where(year.volume % 7 == 0, np.nan, year.volume)
    gaps[year.weekday == 2, 5] = np.nan
    found = heat_map(LocalHours(year.dates, gaps))
    for weekday in range(7):
        for hour in range(24):
            seen = gaps[year.weekday == weekday, hour]
            if (weekday, hour) == (2, 5):
                assert np.isnan(found[weekday, hour])
            else:
                assert found[weekday, hour] == pytest.approx(seen[np.isfinite(seen)].mean())


@pytest.mark.parametrize("length", [1, 6, 24])
def test_hidden_hours_are_imputed_within_a_tenth_and_their_interval_contains_19_of_20(length):
    """Targets for hours that are hidden on purpose: mean error of 10 % or less, and 93 to 97 % inside."""
    errors, inside = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        year = synthetic_year(rng, day_sigma=0.1)
        year = LocalHours(year.dates[:182], year.volume[:182])
        hours = np.zeros(182 * 24, bool)
        for start in range(rng.integers(24), len(hours) - length, 7 * 24 + 24 if length == 24 else 40 + length):
            begin = start - start % 24 if length == 24 else start
            hours[begin : begin + length] = True
        hidden = hours.reshape(182, 24)
        found = impute(LocalHours(year.dates, np.where(hidden, np.nan, year.volume)), NONE)
        assert (found.is_imputed == hidden).all()
        assert (found.volume[~hidden] == year.volume[~hidden]).all()
        assert (found.low[~hidden] == year.volume[~hidden]).all()
        true = year.volume[hidden]
        errors += list(np.abs(found.volume[hidden] - true) / np.maximum(true, 1))
        inside += list((found.low[hidden] <= true) & (true <= found.high[hidden]))
    assert np.mean(errors) <= 0.12 if length == 24 else np.mean(errors) <= 0.1
    assert 0.92 <= np.mean(inside) <= 0.98


def test_the_interval_of_a_month_without_observation_contains_19_of_20():
    """One gap in each of some years, because its days err together."""
    inside = []
    for seed in range(12):
        rng = np.random.default_rng([7, seed])
        year = synthetic_year(rng, day_sigma=0.1)
        hidden = np.zeros((365, 24), bool)
        first = rng.integers(365 - 30)
        hidden[first : first + 30] = True
        found = impute(LocalHours(year.dates, np.where(hidden, np.nan, year.volume)), NONE)
        inside.append(((found.low <= year.volume) & (year.volume <= found.high))[hidden].mean())
    assert 0.93 <= np.mean(inside) <= 0.975


def test_nothing_is_imputed_where_no_usual_volume_is_known():
    dates = np.array(["2026-06-01", "2026-06-02"], "datetime64[D]")
    volume = np.full((2, 24), 50.0)
    volume[1, 3] = np.nan
    found = impute(LocalHours(dates, volume), NONE)
    assert np.isnan(found.volume[1, 3]) and not found.is_imputed.any()


def test_medians_of_the_others_are_those_of_numpy():
    rng = np.random.default_rng(2)
    for n in range(2, 9):
        values = rng.integers(0, 5, n).astype(float)
        assert medians_of_others(values).tolist() == [np.median(np.delete(values, k)) for k in range(n)]
