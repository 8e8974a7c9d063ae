"""GEH and error of counts beside a manual count."""

import pytest

from analytics.planning.manual_count import check_counts, geh


def test_geh_is_that_of_the_formula():
    assert geh(100, 120) == pytest.approx((2 * 20**2 / 220) ** 0.5)
    assert geh(0, 0) == 0 and geh(50, 0) == geh(0, 50) == 10


def test_periods_are_compared_as_hourly_volumes():
    found = check_counts([100, 400], [110, 250], [0.25, 1.0])
    assert found.geh == pytest.approx((geh(400, 440), geh(400, 250)))
    assert found.good == 0.5 and found.error == pytest.approx(-0.28) and (found.manual, found.counted) == (500, 360)


def test_a_count_without_vehicles_has_no_relative_error_and_none_without_periods():
    assert check_counts([0], [0], [1]).error is None
    for arguments in (([], [], []), ([1], [1], [0])):
        with pytest.raises(ValueError, match="period"):
            check_counts(*arguments)
