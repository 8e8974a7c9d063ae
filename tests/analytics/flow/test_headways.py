"""Headways of vehicles from the times of their crossings."""

from analytics.facts import Direction
from analytics.flow.headways import MAX_GAPS, HeadwayMeter

KEY = ("g", Direction.A)


def headways(times, gaps=()):
    meter = HeadwayMeter()
    for gap in gaps:
        meter.add_gap(*gap)
    return [meter.add_crossing(KEY, t) for t in times]


def test_first_vehicle_has_no_headway():
    assert headways([3.0, 5.5]) == [None, 2.5]


def test_each_gate_and_direction_has_its_own_previous_vehicle():
    meter = HeadwayMeter()
    keys = [KEY, ("g", Direction.B), ("h", Direction.A), KEY]
    assert [meter.add_crossing(key, float(t)) for t, key in enumerate(keys)] == [None, None, None, 3.0]


def test_simultaneous_vehicles_have_headway_zero():
    assert headways([4.0, 4.0]) == [None, 0.0]


def test_a_gap_breaks_only_the_headway_across_it():
    assert headways([1.0, 4.0, 6.0, 7.0], gaps=[(4.5, 5.0)]) == [None, 3.0, None, 1.0]


def test_a_gap_that_ends_at_the_previous_vehicle_breaks_nothing():
    assert headways([5.0, 6.0], gaps=[(3.0, 5.0)]) == [None, 1.0]


def test_stored_gaps_are_bounded():
    gaps = [(float(t), t + 0.5) for t in range(1, 2 + MAX_GAPS)]
    assert headways([0.0, 1.6], gaps=gaps) == [None, 1.6]
    assert headways([0.0, 1.6], gaps=gaps[:-1]) == [None, None]
