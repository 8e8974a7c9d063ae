"""Paths, classes and box heights of tracks."""

import pytest

from analytics.road_users import RoadUser
from analytics.tracks.trajectories import EXPIRES_AFTER_S, MAX_POINTS, Trajectories
from tests.support.builders import metric_camera, tracks


def test_positions_are_metres_on_the_ground_with_a_homography():
    trajectories = Trajectories(metric_camera().homography)
    frame = trajectories.update(0.0, 0.0, tracks((1, 300, 500)))
    assert frame.positions[0] == pytest.approx([30, 50])
    assert trajectories.calibrated


def test_pseudo_metres_scale_steps_by_box_and_class_height():
    trajectories = Trajectories(None)
    trajectories.update(0.0, 0.0, tracks((1, 300, 500), size=30))
    frame = trajectories.update(0.1, 0.1, tracks((1, 320, 500), size=30))
    assert frame.positions[0] == pytest.approx([20 * 1.5 / 30, 0])


def test_the_class_has_the_most_votes():
    trajectories = Trajectories(None)
    for k, user in enumerate([RoadUser.TRUCK, RoadUser.BUS, RoadUser.BUS]):
        frame = trajectories.update(k / 10, 0.1, tracks((1, 300, 500), road_user=user))
    assert frame.trajectories[0].road_user is RoadUser.BUS


def test_box_height_is_smoothed():
    trajectories = Trajectories(None)
    trajectories.update(0.0, 0.0, tracks((1, 300, 500), size=40))
    assert trajectories.update(0.1, 0.1, tracks((1, 300, 500), size=60)).heights == pytest.approx([42])


def test_paths_are_bounded_and_remember_their_origin():
    trajectories = Trajectories(metric_camera().homography)
    for k in range(MAX_POINTS + 40):
        trajectories.update(k / 10, 0.1, tracks((1, 100 + k, 500)))
    (trajectory,) = trajectories.all()
    assert len(trajectory.times) == MAX_POINTS and trajectory.first_seen == 0
    assert trajectory.travelled_m() == pytest.approx((MAX_POINTS + 39) / 10)


def test_expired_tracks_are_dropped_once():
    trajectories = Trajectories(None)
    trajectories.update(0.0, 0.0, tracks((1, 300, 500), (2, 400, 500)))
    trajectories.update(1.0, 1.0, tracks((2, 400, 500)))
    assert [t.track for t in trajectories.pop_expired(EXPIRES_AFTER_S + 0.5)] == [1]
    assert trajectories.pop_expired(EXPIRES_AFTER_S + 0.5) == []
    assert [t.track for t in trajectories.pop_all()] == [2] and len(trajectories) == 0
