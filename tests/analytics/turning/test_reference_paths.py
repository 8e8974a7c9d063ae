"""Reference paths over a junction."""

import numpy as np
import pytest

from analytics.facts import Trip
from analytics.road_users import RoadUser
from analytics.turning.reference_paths import MIN_KEPT, PathSample, ReferencePath


def path(positions, *, step_s=0.25):
    times = tuple(step_s * k for k in range(len(positions)))
    return ReferencePath.of(
        Trip(track=1, road_user=RoadUser.CAR, times=times, positions=tuple(positions), arrived=True, departed=True)
    )


EAST = path([(float(x), 0.0) for x in range(20)])


def test_ends_have_position_heading_and_speed():
    assert EAST.start.position.tolist() == [0, 0] and EAST.end.position.tolist() == [19, 0]
    assert EAST.start.heading == pytest.approx([1, 0]) and EAST.end.heading == pytest.approx([1, 0])
    assert EAST.start.speed_ms == pytest.approx(4) and EAST.end.t == pytest.approx(4.75)


def test_a_stationary_road_user_has_no_heading():
    stationary = path([(0.1 * k % 0.3, 0.0) for k in range(6)])
    assert np.isnan(stationary.end.heading).all()
    assert EAST.nearest(stationary.end)[0] < 1


def test_deviation_is_in_standard_deviations_of_position_and_heading():
    beside = path([(float(x), 2.0) for x in range(5, 11)])
    against = path([(float(x), 0.0) for x in range(10, 4, -1)])
    assert EAST.nearest(beside.end) == (pytest.approx(4), 10)
    assert EAST.nearest(against.end)[0] == pytest.approx((np.pi / np.radians(20)) ** 2)
    assert EAST.metres_between(3, 10) == pytest.approx(7)


def test_a_day_of_paths_keeps_a_sample_spread_over_the_day():
    sample = PathSample()
    for k in range(5000):
        sample.add(path([(float(x), float(k)) for x in range(5)]))
        assert len(sample.paths) < 2 * MIN_KEPT
    kept = [path.positions[0, 1] for path in sample.paths]
    assert sample.count == 5000 and len(kept) >= MIN_KEPT
    assert len(set(np.diff(kept))) == 1 and kept[0] == 0 and kept[-1] >= 4800


def test_a_distant_pose_has_likelihood_zero():
    sample = PathSample()
    assert sample.likelihood(EAST.end) == 0
    sample.add(EAST)
    assert sample.likelihood(EAST.end) == pytest.approx(1)
    assert sample.likelihood(path([(float(x), 9.0) for x in range(5)]).end) == 0
