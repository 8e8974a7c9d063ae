"""Comparison of days before and after a change."""

from math import gamma, pi, sqrt

import numpy as np
import pytest

from analytics.planning.before_after import compare
from tests.support.synthetic_year import WEEK_SHAPE

DATES = np.arange("2026-03-02", "2026-04-27", dtype="datetime64[D]")
"""Eight weeks from a Monday."""
AFTER = DATES[28:]


def days(rng: np.random.Generator, effect: float = 0.0) -> np.ndarray:
    values = 10_000 * np.tile(WEEK_SHAPE, 8) + rng.normal(0, 300, 56)
    values[28:] += effect
    return values


def students_p_value(before: np.ndarray, after: np.ndarray) -> float:
    """Two-sided p-value of Student's test with one variance, by integration of the density."""
    freedom = len(before) + len(after) - 2
    variance = (before.var() * len(before) + after.var() * len(after)) / freedom
    t = abs(after.mean() - before.mean()) / sqrt(variance * (1 / len(before) + 1 / len(after)))
    x = np.linspace(0, t, 20_001)
    density = (1 + x**2 / freedom) ** (-(freedom + 1) / 2) * gamma((freedom + 1) / 2) / gamma(freedom / 2)
    return 1 - 2 * float(np.trapezoid(density / sqrt(freedom * pi), x))


def test_on_one_weekday_it_is_students_test():
    rng = np.random.default_rng(1)
    mondays, values = DATES[::7], days(rng)[::7]
    found = compare(mondays, values, AFTER)
    assert found.p_value == pytest.approx(students_p_value(values[:4], values[4:]), abs=1e-6)
    assert found.change == pytest.approx(values[4:].mean() - values[:4].mean())
    assert (found.days_before, found.days_after) == (4, 4)


def test_the_interval_contains_the_change_19_times_in_20_and_no_change_is_found_once_in_20():
    inside = significant = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = compare(DATES, days(rng, 500), AFTER)
        inside += found.low <= 500 <= found.high
        significant += compare(DATES, days(rng), AFTER).significant
    assert 182 <= inside <= 198
    assert 2 <= significant <= 19


def test_missing_sundays_are_no_change():
    """Without blocks of weekdays, an after period without Sundays would be busier."""
    values = days(np.random.default_rng(2))
    values[28:][np.arange(28) % 7 >= 5] = np.nan
    found = compare(DATES, values, AFTER)
    assert abs(found.change) < 300 and found.days_before == 20 and found.days_after == 20
    assert np.nanmean(values[28:]) - values[:28].mean() > 500


def test_relative_change_and_a_given_period_before():
    found = compare(DATES, days(np.random.default_rng(3), 1000), AFTER, before=DATES[14:28])
    assert found.days_before == 14 and found.significant
    assert found.relative == pytest.approx(1000 / (10_000 * WEEK_SHAPE.mean()), rel=0.2)


def test_without_days_on_both_sides_there_is_no_comparison():
    values = days(np.random.default_rng(4))
    assert compare(DATES, values, DATES) is None
    assert compare(DATES[:2], values[:2], DATES[1:2]) is None
    assert compare(DATES, np.full(56, np.nan), AFTER) is None


def test_equal_days_have_no_change_whatever_the_arithmetic_leaves():
    dates = np.arange("2026-09-01", "2026-10-27", dtype="datetime64[D]")
    found = compare(dates, np.full(len(dates), 384.1), dates[28:])
    assert (found.change, found.low, found.high, found.p_value, found.significant) == (0, 0, 0, 1, False)
