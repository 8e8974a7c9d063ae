"""AADT by both methods, against the definition computed a second time, and against the whole year."""

from calendar import monthrange
from collections import defaultdict
from datetime import date
from statistics import mean

import numpy as np
import pytest

from analytics.planning.annual_traffic import aashto_aadt, fhwa_aadt
from analytics.planning.local_hours import LocalHours
from analytics.planning.short_count import expand
from tests.support.synthetic_year import dates_of, synthetic_year


def as_dict(hours: LocalHours) -> dict[tuple[date, int], float]:
    return {
        (day.item(), hour): float(volume)
        for day, row in zip(hours.dates, hours.volume, strict=True)
        for hour, volume in enumerate(row)
        if np.isfinite(volume)
    }


def plain_aashto(hours: LocalHours) -> float:
    """The method in words: means of the complete days of each weekday and month, of months, of weekdays."""
    seen = as_dict(hours)
    totals = defaultdict(list)
    for day in {day for day, _ in seen}:
        if all((day, hour) in seen for hour in range(24)):
            totals[day.weekday(), day.month].append(sum(seen[day, hour] for hour in range(24)))
    return mean(mean(mean(totals[weekday, month]) for month in range(1, 13)) for weekday in range(7))


def plain_fhwa(hours: LocalHours, year: int) -> float:
    """The method in words: means of each hour, weekday and month; weekdays and months weigh as in the calendar."""
    volumes = defaultdict(list)
    for (day, hour), volume in as_dict(hours).items():
        volumes[day.month, day.weekday(), hour].append(volume)
    total = 0.0
    for month in range(1, 13):
        in_month = [day for day in dates_of(year) if day.month == month]
        by_weekday = {
            weekday: sum(mean(volumes[month, weekday, hour]) for hour in range(24))
            for weekday in range(7)
            if all(volumes[month, weekday, hour] for hour in range(24))
        }
        weights = {weekday: sum(day.weekday() == weekday for day in in_month) for weekday in by_weekday}
        madt = sum(by_weekday[k] * weights[k] for k in by_weekday) / sum(weights.values())
        total += madt * monthrange(year, month)[1]
    return total / len(dates_of(year))


@pytest.mark.parametrize("year", [2024, 2026])
def test_a_year_without_gaps_is_its_plain_mean_and_certain(year):
    hours = synthetic_year(np.random.default_rng(1), year)
    by_hours = fhwa_aadt(hours, year)
    assert by_hours.aadt == pytest.approx(hours.volume.sum() / len(hours.dates))
    assert by_hours.low == pytest.approx(by_hours.aadt) and by_hours.high == pytest.approx(by_hours.aadt)
    assert by_hours.days == len(hours.dates) and by_hours.cells == 84
    assert aashto_aadt(hours, year).aadt == pytest.approx(plain_aashto(hours))


@pytest.mark.parametrize("seed", range(5))
def test_both_methods_agree_with_their_definition_where_hours_and_days_are_missing(seed):
    rng = np.random.default_rng(seed)
    off = {day for day in dates_of(2026) if rng.random() < 0.3 and not 8 <= day.day <= 14}
    hours = synthetic_year(rng, is_seen=lambda day, hour: day not in off and (day.day < 20 or hour != day.day - 10))
    assert aashto_aadt(hours, 2026).aadt == pytest.approx(plain_aashto(hours))
    assert fhwa_aadt(hours, 2026).aadt == pytest.approx(plain_fhwa(hours, 2026))


def test_a_month_without_sundays_has_no_aashto_aadt_and_an_fhwa_aadt_of_its_other_weekdays():
    hours = synthetic_year(np.random.default_rng(2), is_seen=lambda day, hour: (day.month, day.weekday()) != (6, 6))
    assert aashto_aadt(hours, 2026) is None
    found = fhwa_aadt(hours, 2026)
    assert found.aadt == pytest.approx(plain_fhwa(hours, 2026)) and found.cells == 83


def test_a_year_without_june_has_no_aadt():
    hours = synthetic_year(np.random.default_rng(2), is_seen=lambda day, hour: day.month != 6)
    assert aashto_aadt(hours, 2026) is None and fhwa_aadt(hours, 2026) is None


def test_days_that_all_lack_some_hours_leave_the_year_uncertain():
    rng = np.random.default_rng(3)
    whole = synthetic_year(rng, day_sigma=0.1)
    volume = whole.volume.copy()
    volume[np.arange(len(volume)), rng.integers(0, 24, len(volume))] = np.nan
    found = fhwa_aadt(LocalHours(whole.dates, volume), 2026)
    assert found.days == 365 and found.low < fhwa_aadt(whole, 2026).aadt < found.high
    assert 0.0001 < (found.high - found.low) / found.aadt < 0.02


def test_missing_sundays_do_not_raise_it():
    hours = synthetic_year(np.random.default_rng(3), is_seen=lambda day, hour: day.weekday() != 6 or day.day <= 7)
    whole = synthetic_year(np.random.default_rng(3)).volume.sum() / 365
    plain = np.nansum(hours.volume) / hours.complete.sum()
    assert abs(aashto_aadt(hours, 2026).aadt - whole) < abs(plain - whole) / 5
    assert abs(fhwa_aadt(hours, 2026).aadt - whole) < abs(plain - whole) / 5


@pytest.mark.parametrize(("method", "missing"), [(aashto_aadt, 0.1), (fhwa_aadt, 0.4)])
def test_the_interval_contains_the_mean_of_the_whole_year_19_times_in_20(method, missing):
    inside = estimates = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        whole = synthetic_year(rng, day_sigma=0.1)
        volume = whole.volume.copy()
        volume[rng.random(len(volume)) < missing] = np.nan
        found = method(LocalHours(whole.dates, volume), 2026)
        if found is None:
            continue
        estimates += 1
        inside += found.low <= method(whole, 2026).aadt <= found.high
    assert estimates >= 60 and 0.9 <= inside / estimates <= 0.99


def test_a_count_of_two_days_expands_to_within_a_tenth_of_the_year_at_nine_of_ten_sites():
    reference = synthetic_year(np.random.default_rng(7), scale=20)
    near = inside = 0
    for seed in range(40):
        rng = np.random.default_rng(100 + seed)
        volume = rng.poisson(reference.volume / 5 * rng.lognormal(0, 0.05, (365, 1))).astype(float)
        site = LocalHours(reference.dates, volume)
        first = 10 + 8 * seed
        days = slice(first, first + 2)
        estimate = expand(site.dates[days], site.volume[days].sum(axis=1), reference)
        true = site.volume.sum() / 365
        near += abs(estimate.aadt / true - 1) < 0.1
        inside += estimate.low < true < estimate.high
    assert near >= 36 and inside >= 34


def test_the_factor_is_that_of_the_day_and_else_of_the_month_and_weekday():
    """Second computation in words; the reference lacks 9 June."""
    reference = synthetic_year(np.random.default_rng(7), is_seen=lambda day, hour: day.day % 9 != 0 or hour < 20)
    whole = {day.item(): row.sum() for day, row in zip(reference.dates, reference.volume, strict=True)}
    whole = {day: volume for day, volume in whole.items() if np.isfinite(volume)}
    annual = fhwa_aadt(reference, 2026).aadt
    tuesdays = mean(volume for day, volume in whole.items() if day.month == 6 and day.weekday() == 1)
    factors = annual / tuesdays, annual / whole[date(2026, 6, 10)]
    dates = np.array(["2026-06-09", "2026-06-10"], "datetime64[D]")
    found = expand(dates, np.array([1000.0, 1200.0]), reference)
    assert found.aadt == pytest.approx(mean([1000 * factors[0], 1200 * factors[1]])) and found.days == 2


def test_a_short_count_without_a_like_day_of_the_reference_has_no_expansion():
    reference = synthetic_year(np.random.default_rng(7), is_seen=lambda day, hour: (day.month, day.weekday()) != (6, 0))
    monday = np.array(["2026-06-01"], "datetime64[D]")
    assert expand(monday, np.array([1000.0]), reference) is None
    assert expand(monday + 1, np.array([np.nan]), reference) is None
    assert expand(monday + 1, np.array([1000.0]), reference) is not None


def test_hours_that_are_no_days_are_refused():
    dates = np.array(["2026-06-01", "2026-06-01"], "datetime64[D]")
    with pytest.raises(ValueError, match="in order"):
        LocalHours(dates, np.zeros((2, 24)))
    with pytest.raises(ValueError, match="shape"):
        LocalHours(dates[:1], np.zeros((1, 23)))
    with pytest.raises(ValueError, match="negative"):
        LocalHours(dates[:1], np.full((1, 24), -1.0))
