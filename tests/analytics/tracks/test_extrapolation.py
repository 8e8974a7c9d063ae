"""Extrapolation of tracks before their first and after their last detection."""

import pytest

from analytics.tracks.extrapolation import (
    EXTRAPOLATION_S,
    OVERLAP_S,
    extrapolate_after_last,
    extrapolate_before_first,
)
from analytics.tracks.trajectories import MAX_POINTS, Trajectory


def trajectory(points, *, height=40.0, step_s=0.1):
    path = Trajectory(1)
    path.height = height
    for k, pixel in enumerate(points):
        path.append(k * step_s, pixel, pixel)
    return path


DRIVES = [(100.0 + 10 * k, 200.0) for k in range(9)]


def test_constant_velocity_continues_after_the_last_detection():
    segment = extrapolate_after_last(trajectory(DRIVES))
    assert segment.start == pytest.approx((180 - 100 * OVERLAP_S, 200))
    assert segment.end == pytest.approx((180 + 100 * EXTRAPOLATION_S, 200))
    assert (segment.start_s, segment.end_s) == (pytest.approx(0.7), pytest.approx(1.3))


def test_constant_velocity_is_extrapolated_before_the_first_detection():
    segment = extrapolate_before_first(trajectory(DRIVES))
    assert segment.start == pytest.approx((100 - 100 * EXTRAPOLATION_S, 200))
    assert segment.end == pytest.approx((100 + 100 * OVERLAP_S, 200))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("two detections", trajectory(DRIVES[:2])),
        ("motion within the jitter of the box", trajectory([(100.0 + 0.5 * k, 200.0) for k in range(9)])),
    ],
)
def test_without_a_velocity_nothing_is_extrapolated(name, path):
    assert extrapolate_after_last(path) is None, name
    assert extrapolate_before_first(path) is None, name


def test_a_path_whose_first_points_were_discarded_is_not_extrapolated_back():
    long = trajectory([(100.0 + 10 * k, 200.0) for k in range(MAX_POINTS + 1)])
    assert extrapolate_before_first(long) is None
    assert extrapolate_after_last(long) is not None
