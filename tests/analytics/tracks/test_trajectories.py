"""Paths, classes and box heights of tracks."""

import numpy as np
import pytest

from analytics.geometry.homography import Homography
from analytics.road_users import RoadUser
from analytics.tracks.trajectories import EXPIRES_AFTER_S, MAX_POINTS, RIDING_S, RUNNER_MS, Trajectories
from tests.support.builders import Drive, film, metric_camera, tracks

FAR_AWAY = [(0, 300), (100, 300), (100, 100), (0, 100)]
"""Ground points, metres, of the corners of an image 100 pixels high: each row of pixels is two metres of road."""


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
    (trajectory,) = trajectories.update(0.1, 0.1, tracks((1, 300, 500), size=60)).trajectories
    assert trajectory.height == pytest.approx(42)


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


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize(
    ("speed_ms", "seconds", "road_user"),
    [
        (1.4, 10, RoadUser.PERSON),  # walks
        (3.0, 10, RoadUser.PERSON),  # runs
        (4.5, 10, RoadUser.MOTORCYCLE),  # rides
        (9.0, 1.5, RoadUser.PERSON),  # too short a path to be certain
    ],
)
def test_a_person_faster_than_a_runner_is_a_two_wheeler(speed_ms, seconds, road_user, calibrated):
    pixels_per_metre = 10 if calibrated else 40 / 1.7
    end = (100 + speed_ms * seconds * pixels_per_metre, 500)
    trajectories = Trajectories(metric_camera().homography if calibrated else None)
    for t, frame in film([Drive(1, (100, 500), end, 0, seconds, RoadUser.PERSON)], until=seconds, fps=5):
        trajectories.update(t, 0.2, frame)
    assert trajectories.all()[0].road_user is road_user


def test_a_rider_stays_one_at_a_red_light_and_is_named_by_its_other_votes():
    trajectories = Trajectories(metric_camera().homography)
    for k in range(60):
        named = RoadUser.BICYCLE if k == 3 else RoadUser.PERSON
        frame = trajectories.update(k / 5, 0.2, tracks((1, 100 + min(k, 20) * 10, 500), road_user=named))
    assert frame.trajectories[0].road_user is RoadUser.BICYCLE


def test_a_jumping_box_far_away_is_no_rider():
    trajectories = Trajectories(Homography.fit([(0, 0), (100, 0), (100, 100), (0, 100)], FAR_AWAY))
    for k in range(40):
        frame = trajectories.update(
            k / 5, 0.2, tracks((1, 50, 50 + 4 * (k // 10 % 2)), size=14, road_user=RoadUser.PERSON)
        )
    assert np.ptp(frame.trajectories[0].positions, axis=0).max() > RUNNER_MS * RIDING_S
    assert frame.trajectories[0].road_user is RoadUser.PERSON
