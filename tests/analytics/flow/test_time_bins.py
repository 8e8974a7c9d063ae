import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.facts import Coverage
from analytics.flow.time_bins import TimeBins


def test_periods_are_aligned_and_know_what_was_observed():
    periods = TimeBins(10)
    assert periods.advance(1005, observed=True) == []
    assert periods.advance(1008, observed=True) == []
    closed = periods.advance(1023, observed=False)
    assert closed == [
        Coverage(start_s=1000, end_s=1010, observed_s=3),
        Coverage(start_s=1010, end_s=1020, observed_s=0),
    ]
    assert periods.advance(1030, observed=True) == [Coverage(start_s=1020, end_s=1030, observed_s=7)]


def test_finish_closes_what_is_open_where_time_stands():
    periods = TimeBins(10)
    periods.advance(0, observed=True)
    periods.advance(4, observed=True)
    assert periods.finish() == [Coverage(start_s=0, end_s=4, observed_s=4)]
    assert periods.finish() == []


@given(st.lists(st.tuples(st.floats(0.01, 25), st.booleans()), min_size=1, max_size=50))
def test_every_observed_second_is_in_exactly_one_period(steps):
    periods, t = TimeBins(10), 0.0
    closed = periods.advance(t, observed=True)
    for dt, observed in steps:
        t += dt
        closed += periods.advance(t, observed=observed)
    closed += periods.finish()
    assert sum(c.observed_s for c in closed) == pytest.approx(sum(dt for dt, observed in steps if observed))
    assert all(0 <= c.observed_s <= c.end_s - c.start_s + 1e-9 for c in closed)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(closed))
