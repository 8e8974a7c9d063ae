"""Peak hour and peak-hour factor."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.planning.peak_hour import LEAST_COVERAGE, Quarter, peak_hour

VOLUMES = st.lists(st.integers(0, 500), min_size=4, max_size=96)


def test_the_worked_example_of_a_peak_hour_factor():
    """Quarters of 1000, 1200, 1100 and 1000 vehicles: PHF = 4300 / (4 x 1200) = 0.896, computed by hand."""
    found = peak_hour([Quarter(n) for n in (900, 1000, 1200, 1100, 1000, 800)])
    assert (found.first, found.volume) == (1, 4300)
    assert found.factor == pytest.approx(0.8958, abs=1e-4)
    assert found.certain


@given(VOLUMES)
def test_it_is_the_largest_sum_of_four(volumes):
    found = peak_hour([Quarter(n) for n in volumes])
    sums = [sum(volumes[k : k + 4]) for k in range(len(volumes) - 3)]
    assert found.volume == max(sums) and found.first == sums.index(max(sums))
    assert (found.factor is None) == (max(sums) == 0)
    assert found.factor is None or 0.25 <= found.factor <= 1


@given(VOLUMES, st.data())
def test_an_hour_with_an_unknown_quarter_is_never_the_peak_and_is_reported(volumes, data):
    gap = data.draw(st.integers(0, len(volumes) - 1))
    found = peak_hour([Quarter(None if k == gap else n) for k, n in enumerate(volumes)])
    hours = [k for k in range(len(volumes) - 3) if not k <= gap < k + 4]
    if not hours:
        assert found is None
        return
    assert found.first in hours and found.examined == len(hours) and not found.certain


def test_a_quarter_that_was_mostly_observed_is_scaled_up_and_one_that_was_not_is_unknown():
    assert Quarter(80, 0.8).scaled == pytest.approx(100)
    assert Quarter(80, LEAST_COVERAGE - 0.01).scaled is None
    assert Quarter(None, 1).scaled is None
    assert Quarter(0, 1).scaled == 0


def test_too_few_quarters_have_no_peak():
    assert peak_hour([]) is None
    assert peak_hour([Quarter(9)] * 3) is None
    assert all(a <= b for a, b in pairwise([peak_hour([Quarter(n)] * 4).volume for n in (0, 1, 2)]))
