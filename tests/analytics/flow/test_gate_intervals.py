"""Intervals of gates, from crossings and from whole scenes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.camera import Gate, Road
from analytics.camera_analyzer import CameraAnalyzer
from analytics.capacity.pkji_tables import RoadType
from analytics.facts import Coverage, Crossing, Direction, GateInterval
from analytics.flow.gate_intervals import GateIntervalAggregator
from analytics.road_users import RoadUser
from tests.support.builders import Drive, film, metric_camera

GATE = Gate(id="g", p1=(500, 600), p2=(500, 400))


def crossing(t, direction=Direction.A, road_user=RoadUser.CAR):
    return Crossing(t=t, gate="g", direction=direction, road_user=road_user, track=round(t * 10))


def minute(start_s=0.0, observed_s=60.0):
    return Coverage(start_s=start_s, end_s=start_s + 60, observed_s=observed_s)


def intervals_of(crossings, *, gate=GATE, periods=None):
    minutes = GateIntervalAggregator([gate])
    minutes.add_crossings(crossings)
    for period in periods or [minute()]:
        minutes.close(period)
    return {(i.direction, i.start_s): i for i in minutes.pop_settled(1e9)}


def headways(crossings, gaps=()):
    minutes = GateIntervalAggregator([GATE])
    for gap in gaps:
        minutes.add_gap(*gap)
    return [crossing.headway_s for crossing in minutes.add_crossings(crossings)]


def test_a_headway_is_the_time_since_the_previous_vehicle():
    assert headways([crossing(9), crossing(1), crossing(4)]) == [None, 3, 5]


def test_directions_are_separate_and_pedestrians_have_no_headway():
    mixed = [
        crossing(1),
        crossing(2, Direction.B),
        crossing(3, road_user=RoadUser.PERSON),
        crossing(5),
        crossing(6, Direction.B),
    ]
    assert headways(mixed) == [None, None, None, 4, 4]


def test_a_headway_across_a_gap_is_unknown():
    assert headways([crossing(1), crossing(4), crossing(9)], gaps=[(4, 5)]) == [None, 3, None]
    assert headways([crossing(1), crossing(4), crossing(9)], gaps=[(0, 20)]) == [None, None, None]


def test_a_crossing_reported_late_has_no_headway_and_shortens_none():
    minutes = GateIntervalAggregator([GATE])
    first, late, second = (minutes.add_crossings([crossing(t)])[0] for t in (10, 7, 12))
    assert (first.headway_s, late.headway_s, second.headway_s) == (None, None, 2)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_headways_sum_to_the_time_between_first_and_last(times):
    known = headways([crossing(t) for t in times])[1:]
    assert sum(known) == pytest.approx(max(times) - min(times))


def test_a_minute_has_mean_median_and_share_of_short_headways():
    a, b = intervals_of([crossing(t) for t in (0, 1, 2, 7)]).values()
    assert (a.direction, a.flow_veh_h, a.coverage) == (Direction.A, 240, 1)
    assert (a.headway_mean_s, a.headway_median_s) == (pytest.approx(7 / 3), 1)
    assert a.headway_under_2s == pytest.approx(2 / 3)
    assert (b.direction, b.flow_veh_h, b.headway_mean_s) == (Direction.B, 0, None)


def test_fewer_than_two_vehicles_have_no_headway_figures():
    one = intervals_of([crossing(59), crossing(61)], periods=(minute(), minute(60)))
    assert one[Direction.A, 60].flow_veh_h == 60
    assert one[Direction.A, 60].headway_mean_s is None


def test_a_minute_with_little_observed_time_is_unknown_not_empty():
    a, _ = intervals_of([], periods=(minute(observed_s=5),)).values()
    assert (a.flow_veh_h, a.headway_mean_s, a.smp_h) == (None, None, None)
    assert a.coverage == pytest.approx(5 / 60)


def test_a_minute_waits_for_its_last_crossings_and_counts_later_ones_in_the_next():
    minutes = GateIntervalAggregator([GATE])
    minutes.close(minute())
    assert minutes.pop_settled(61) == []
    minutes.add_crossings([crossing(59.9)])
    assert [i.flow_veh_h for i in minutes.pop_settled(62)] == [60, 0]
    minutes.add_crossings([crossing(59.8)])
    minutes.close(minute(60))
    assert [(i.start_s, i.flow_veh_h) for i in minutes.pop_settled(122)] == [(60, 60), (60, 0)]


def test_smp_of_a_carriageway_is_that_of_its_direction():
    road = Road(type=RoadType.DIVIDED_4, capacity_smp_h=3000)
    users = [RoadUser.CAR, RoadUser.MOTORCYCLE, RoadUser.BUS, RoadUser.BICYCLE]
    crossings = [crossing(t, road_user=user) for t, user in enumerate(users)]
    a, b = intervals_of([*crossings, crossing(9, Direction.B)], gate=replace(GATE, road=road)).values()
    assert a.smp_h == pytest.approx(60 * (1 + 0.40 + 1.3))
    assert (a.saturation, a.emp_verified) == (pytest.approx(a.smp_h / 3000), True)
    assert b.smp_h == 60


def test_both_directions_of_an_undivided_road_share_its_weights_and_saturation():
    road = Road(type=RoadType.UNDIVIDED_2, width_m=7, capacity_smp_h=2800)
    # 40 motorcycles a minute each way are 2400 veh/h together (emp 0.25), though 1200 each (emp 0.40)
    crossings = [crossing(t, d, RoadUser.MOTORCYCLE) for t in range(20, 60) for d in Direction]
    a, b = intervals_of(crossings, gate=replace(GATE, road=road)).values()
    assert a.smp_h == b.smp_h == pytest.approx(40 * 60 * 0.25)
    assert a.saturation == b.saturation == pytest.approx(2 * a.smp_h / 2800)


def test_unverified_weights_are_marked():
    a, _ = intervals_of([crossing(1)], gate=replace(GATE, road=Road(type=RoadType.ONE_WAY_2))).values()
    assert (a.smp_h, a.saturation, a.emp_verified) == (60, None, False)


def cars(*starts):
    """Cars that cross the gate 5 s after they start."""
    return [Drive(n, (0, 500), (990, 500), start, start + 9.9) for n, start in enumerate(starts)]


def test_camera_analyzer_emits_every_minute_of_every_gate():
    analyzer = CameraAnalyzer(metric_camera(GATE))
    facts = [fact for t, seen in film(cars(10, 14, 40), until=130) for fact in analyzer.observe(t, seen)]
    facts += analyzer.finish(130)
    crossings = [fact for fact in facts if isinstance(fact, Crossing)]
    assert [c.headway_s for c in crossings] == [None, pytest.approx(4, abs=0.1), pytest.approx(26, abs=0.1)]
    intervals = [fact for fact in facts if isinstance(fact, GateInterval)]
    assert [(i.direction, i.start_s) for i in intervals] == [(d, s) for s in (0, 60, 120) for d in "AB"]
    assert intervals[0].headway_mean_s == pytest.approx(15, abs=0.1)
    assert [i.coverage for i in intervals[::2]] == pytest.approx([1, 1, 10 / 60], abs=0.01)


def test_camera_analyzer_emits_no_headway_across_a_gap_and_unobserved_minutes():
    analyzer = CameraAnalyzer(metric_camera(GATE))
    facts = [fact for t, seen in film(cars(1, 4), until=15) for fact in analyzer.observe(t, seen)]
    facts += analyzer.advance(200)
    facts += [fact for t, seen in film(cars(201), until=215, start=200) for fact in analyzer.observe(t, seen)]
    facts += analyzer.finish(215)
    assert [f.headway_s is None for f in facts if isinstance(f, Crossing)] == [True, False, True]
    unobserved = [f for f in facts if isinstance(f, GateInterval) and f.start_s == 60]
    assert [(f.coverage, f.flow_veh_h) for f in unobserved] == [(0, None), (0, None)]
