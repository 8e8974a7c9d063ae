"""Two tracks on one vehicle, and tracks of two vehicles that hide each other."""

import numpy as np
import pytest

from analytics.detections import Tracks
from analytics.road_users import ROAD_USERS, RoadUser
from analytics.tracks.same_vehicle import nested_share, show_one_vehicle
from analytics.tracks.trajectories import Trajectories

FRAMES = 20
TRUCK, CAR, BUS = RoadUser.TRUCK, RoadUser.CAR, RoadUser.BUS
MOTORCYCLE, BICYCLE, PERSON = RoadUser.MOTORCYCLE, RoadUser.BICYCLE, RoadUser.PERSON


def trajectories(*drives):
    """Trajectory of each (class, box as a function of the frame; None without a detection), ten frames a second."""
    known = Trajectories(None)
    seen = {}
    for k in range(FRAMES):
        rows = [(n, user, box(k)) for n, (user, box) in enumerate(drives) if box(k) is not None]
        tracks = Tracks(
            xyxy=np.array([box for _, _, box in rows], np.float32).reshape(-1, 4),
            confidence=np.full(len(rows), 0.6, np.float32),
            class_id=np.array([ROAD_USERS.index(user) for _, user, _ in rows], np.int64),
            track_id=np.array([n for n, _, _ in rows], np.int64),
            detection_index=np.arange(len(rows)),
        )
        seen |= {trajectory.track: trajectory for trajectory in known.update(k / 10, 0.1, tracks).trajectories}
    return [seen[n] for n in range(len(drives))]


def lorry(k):
    return (100 + 10 * k, 50, 250 + 10 * k, 200)


def lorry_or_bed(k):
    return lorry(k) if k % 3 == 0 else (100 + 10 * k, 50, 250 + 10 * k, 140)


def cab(k):
    return (100 + 10 * k, 110, 200 + 10 * k, 200)


def are_one(*drives):
    one, other = trajectories(*drives)
    return show_one_vehicle(one, other, 0.0, FRAMES / 10)


@pytest.mark.parametrize(
    ("name", "drive", "other", "expected"),
    [
        ("lorry and cab", (TRUCK, lorry), (CAR, cab), True),
        ("lorry, at times its bed only, and cab", (TRUCK, lorry_or_bed), (CAR, cab), True),
        ("bus and truck", (BUS, lorry), (TRUCK, lambda k: (120 + 10 * k, 60, 290 + 10 * k, 200)), True),
        ("a car driving before the lorry", (TRUCK, lorry), (CAR, lambda k: (*cab(k)[:3], 230)), False),
        ("a car that meets it", (TRUCK, lorry), (CAR, lambda k: (340 - 20 * k, 90, 440 - 20 * k, 160)), False),
        (
            "a bicycle and its rider",
            (BICYCLE, lambda k: (100 + 5 * k, 100, 130 + 5 * k, 150)),
            (PERSON, lambda k: (105 + 5 * k, 70, 128 + 5 * k, 135)),
            True,
        ),
        (
            "a bicycle that overtakes a pedestrian",
            (BICYCLE, lambda k: (100 + 20 * k, 100, 130 + 20 * k, 150)),
            (PERSON, lambda k: (205 + 5 * k, 80, 228 + 5 * k, 150)),
            False,
        ),
        ("two pedestrians", (PERSON, lorry), (PERSON, cab), False),
        ("a motorcycle beside a car", (CAR, lorry), (MOTORCYCLE, cab), False),
    ],
)
def test_one_vehicle(name, drive, other, expected):
    assert are_one(drive, other) is expected, name
    assert are_one(other, drive) is expected, name


def test_tracks_that_alternate_are_compared_between_their_detections():
    tracks = (
        (TRUCK, lambda k: lorry(k) if k % 2 else None),
        (CAR, lambda k: None if k % 2 else cab(k)),
    )
    one, other = trajectories(*tracks)
    assert nested_share(one, other, 0.0, FRAMES / 10) == 1.0


def test_a_short_common_time_shows_nothing():
    whole, part = trajectories((TRUCK, lorry), (CAR, cab))
    assert nested_share(whole, part, 0.0, 0.1) == nested_share(whole, part, 5.0, 9.0) == 0.0
