"""Sums of vehicle time and distance per zone and class."""

import numpy as np
import pytest

from analytics.flow.edie_totals import EdieTotals
from analytics.road_users import ROAD_USERS, RoadUser

CAR, BUS = ROAD_USERS.index(RoadUser.CAR), ROAD_USERS.index(RoadUser.BUS)


def totals(*rows):
    """Totals of two zones from (zone, class id, seconds, metres)."""
    result = EdieTotals.zeros(2)
    for row in rows:
        result.add(*row)
    return result


def test_totals_are_summed_per_zone_over_classes():
    result = totals((0, CAR, 2.0, 20.0), (0, BUS, 3.0, 12.0), (1, CAR, 1.0, 5.0))
    assert result.seconds.tolist() == [5, 1] and result.metres.tolist() == [32, 5]


def test_length_seconds_weight_time_by_vehicle_length():
    assert totals((0, CAR, 2.0, 0.0), (0, BUS, 1.0, 0.0)).length_seconds == pytest.approx([2 * 4.6 + 11.0, 0])


def test_entries_are_counted_apart_from_time():
    result = EdieTotals.zeros(2)
    result.add_entry(1, CAR)
    assert result.entered.tolist() == [0, 1] and result.seconds.tolist() == [0, 0]


def test_a_sum_changes_neither_part():
    a, b = totals((0, CAR, 2.0, 20.0)), totals((0, CAR, 1.0, 4.0), (1, BUS, 6.0, 3.0))
    assert (a + b).seconds.tolist() == [3, 6] and (a + b).metres.tolist() == [24, 3]
    assert a.seconds.tolist() == [2, 0] and np.array_equal(b.metres, [4, 3])
