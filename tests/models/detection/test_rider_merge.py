"""Riders on machines, as tables of boxes."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.rider_merge import merge_riders

MACHINE = (100, 140, 140, 200)


def scene(*rows: tuple[RoadUser, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        np.array([box for _, box in rows], dtype=np.float32).reshape(-1, 4),
        np.full(len(rows), 0.5, dtype=np.float32),
        np.array([ROAD_USERS.index(road_user) for road_user, _ in rows], dtype=np.int64),
    )


def named(detections: Detections) -> list[RoadUser]:
    return [ROAD_USERS[class_id] for class_id in detections.class_id]


@pytest.mark.parametrize("machine", [RoadUser.MOTORCYCLE, RoadUser.BICYCLE])
@pytest.mark.parametrize(
    "person",
    [
        (102, 100, 138, 180),  # from behind: sits in the middle, feet over the wheels
        (105, 90, 130, 195),  # a cyclist, standing on the pedals
        (95, 110, 125, 170),  # from the side, leaning back
        (102, 90, 138, 144),  # only the upper body was boxed
    ],
)
def test_a_rider_and_the_machine_are_one(machine, person):
    merged = merge_riders(scene((machine, MACHINE), (RoadUser.PERSON, person)))
    assert named(merged) == [machine]
    left, top, right, bottom = merged.xyxy[0]
    assert (left, right) == (min(100, person[0]), max(140, person[2]))
    assert (top, bottom) == (person[1], 200)


@pytest.mark.parametrize(
    "person",
    [
        (180, 100, 210, 200),  # beside it
        (125, 100, 175, 205),  # pushing it: mostly beside
        (102, 20, 138, 120),  # further up the road
        (105, 100, 135, 260),  # nearer to the camera, in front of it
        (0, -100, 300, 210),  # far too large
        (115, 180, 123, 196),  # far too small: a reflection, or a child behind the wheel
    ],
)
def test_pedestrians_are_not_merged(person):
    kept = merge_riders(scene((RoadUser.MOTORCYCLE, MACHINE), (RoadUser.PERSON, person)))
    assert named(kept) == [RoadUser.MOTORCYCLE, RoadUser.PERSON]
    assert kept.xyxy[0].tolist() == list(MACHINE)


def test_two_on_one_machine_are_one_road_user():
    people = [(RoadUser.PERSON, (102, 100, 138, 180)), (RoadUser.PERSON, (104, 105, 136, 185))]
    assert named(merge_riders(scene((RoadUser.MOTORCYCLE, MACHINE), *people))) == [RoadUser.MOTORCYCLE]


def test_each_rider_takes_the_machine_that_fits_best():
    merged = merge_riders(
        scene(
            (RoadUser.MOTORCYCLE, MACHINE),
            (RoadUser.MOTORCYCLE, (130, 140, 170, 200)),
            (RoadUser.PERSON, (132, 100, 168, 180)),
            (RoadUser.PERSON, (101, 100, 137, 180)),
        )
    )
    assert merged.xyxy.tolist() == [[100, 100, 140, 200], [130, 100, 170, 200]]


@pytest.mark.parametrize(
    ("other", "machines"),
    [
        ((99, 100, 141, 202), 1),  # the same machine boxed once more, with its rider
        ((130, 140, 170, 200), 2),  # the machine beside it
        ((100, 110, 140, 170), 2),  # the machine ahead of it in the queue
    ],
)
def test_a_machine_boxed_twice_is_one(other, machines):
    found = merge_riders(
        scene((RoadUser.MOTORCYCLE, MACHINE), (RoadUser.MOTORCYCLE, other), (RoadUser.PERSON, (102, 100, 138, 180)))
    )
    assert named(found) == [RoadUser.MOTORCYCLE] * machines


def test_cars_have_no_riders():
    assert len(merge_riders(scene((RoadUser.CAR, MACHINE), (RoadUser.PERSON, (102, 100, 138, 180))))) == 2


def test_an_empty_road_stays_empty():
    assert len(merge_riders(Detections.empty())) == 0
