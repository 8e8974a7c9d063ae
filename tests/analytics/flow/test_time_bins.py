import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.facts import Coverage
from analytics.flow.time_bins import TimeBins


def test_bins_are_aligned_and_report_observed_seconds():
    bins = TimeBins(10)
    assert bins.advance(1005, observed=True) == []
    assert bins.advance(1008, observed=True) == []
    closed = bins.advance(1023, observed=False)
    assert closed == [
        Coverage(start_s=1000, end_s=1010, observed_s=3),
        Coverage(start_s=1010, end_s=1020, observed_s=0),
    ]
    assert bins.advance(1030, observed=True) == [Coverage(start_s=1020, end_s=1030, observed_s=7)]


def test_finish_closes_the_open_bin_at_the_current_time():
    bins = TimeBins(10)
    bins.advance(0, observed=True)
    bins.advance(4, observed=True)
    assert bins.finish() == [Coverage(start_s=0, end_s=4, observed_s=4)]
    assert bins.finish() == []


@given(st.lists(st.tuples(st.floats(0.01, 25), st.booleans()), min_size=1, max_size=50))
def test_every_observed_second_is_in_exactly_one_bin(steps):
    bins, t = TimeBins(10), 0.0
    closed = bins.advance(t, observed=True)
    for dt, observed in steps:
        t += dt
        closed += bins.advance(t, observed=observed)
    closed += bins.finish()
    assert sum(c.observed_s for c in closed) == pytest.approx(sum(dt for dt, observed in steps if observed))
    assert all(0 <= c.observed_s <= c.end_s - c.start_s + 1e-9 for c in closed)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(closed))
