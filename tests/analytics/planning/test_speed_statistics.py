"""Percentile speeds and reliability of travel times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.planning.speed_statistics import reliability, speed_percentile


def test_v85_of_a_hundred_speeds_has_85_at_or_below_it():
    found = speed_percentile(list(range(1, 101)))
    assert sum(speed <= found.value for speed in range(1, 101)) == 85
    assert found.n == 100 and found.low < found.value < found.high


def test_the_bounds_contain_the_percentile_of_all_vehicles_19_times_in_20():
    rng = np.random.default_rng(5)
    inside = 0
    true = 40 + 8 * 1.0364333894937896  # 85th percentile of a normal distribution
    for _ in range(1000):
        found = speed_percentile(rng.normal(40, 8, 60))
        inside += found.low <= true <= found.high
    assert 940 <= inside <= 990


def test_few_speeds_have_no_upper_bound_and_none_have_no_percentile():
    assert speed_percentile([40.0]).high is None
    assert speed_percentile([]) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        speed_percentile([40.0], 85)


def test_reliability_by_hand():
    """19 trips of a kilometre at 60 km/h and one at 20: T95 is a minute, the mean 1.1 minutes."""
    found = reliability([60.0] * 19 + [20.0], 60.0)
    assert found.planning_time_index == pytest.approx(1.0)
    assert found.travel_time_index == pytest.approx((19 + 3) / 20)
    assert found.buffer_index == pytest.approx(1 / 1.1 - 1)
    late = reliability([60.0] * 18 + [20.0] * 2, 60.0)
    assert late.planning_time_index == pytest.approx(3) and late.buffer_index == pytest.approx(3 / 1.2 - 1)


@given(st.lists(st.tuples(st.floats(1, 100), st.integers(1, 9)), min_size=1, max_size=40))
def test_a_weight_counts_as_that_many_intervals(rows):
    weighted = reliability([v for v, _ in rows], 50, weights=[n for _, n in rows])
    repeated = reliability([v for v, n in rows for _ in range(n)], 50)
    assert weighted.planning_time_index == pytest.approx(repeated.planning_time_index)
    assert weighted.travel_time_index == pytest.approx(repeated.travel_time_index)


def test_without_free_flow_there_is_a_buffer_index_alone_and_without_speeds_nothing():
    assert reliability([30.0, 60.0]).planning_time_index is None
    assert reliability([]) is None and reliability([30.0], weights=[0.0]) is None
    with pytest.raises(ValueError, match="standstill"):
        reliability([0.0])


def test_gaps_are_left_out():
    gap = float("nan")
    assert speed_percentile([40.0, gap, 60.0]) == speed_percentile([40.0, 60.0])
    assert speed_percentile([gap]) is None
    assert reliability([30.0, gap, 60.0], 60.0, weights=[1, 5, 2]) == reliability([30.0, 60.0], 60.0, weights=[1, 2])
    assert reliability([30.0, 50.0, 60.0], weights=[1, gap, 2]) == reliability([30.0, 60.0], weights=[1, 2])
    assert reliability([gap]) is None
