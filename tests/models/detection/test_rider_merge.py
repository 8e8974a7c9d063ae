"""Riders on machines, as tables of boxes."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.rider_merge import RIDDEN_CONFIDENCE, least_confidences, merge_riders

MACHINE = (100, 140, 140, 200)
RIDER = (102, 100, 138, 180)
CONFIDENCE = 0.25


def scene(*rows: tuple) -> Detections:
    """Rows of class, box and, where it is not 0.5, confidence."""
    return Detections(
        np.array([box for _, box, *_ in rows], dtype=np.float32).reshape(-1, 4),
        np.array([(*row, 0.5)[2] for row in rows], dtype=np.float32),
        np.array([ROAD_USERS.index(road_user) for road_user, *_ in rows], dtype=np.int64),
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
    merged = merge_riders(scene((machine, MACHINE), (RoadUser.PERSON, person)), CONFIDENCE)
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
    kept = merge_riders(scene((RoadUser.MOTORCYCLE, MACHINE), (RoadUser.PERSON, person)), CONFIDENCE)
    assert named(kept) == [RoadUser.MOTORCYCLE, RoadUser.PERSON]
    assert kept.xyxy[0].tolist() == list(MACHINE)


def test_two_on_one_machine_are_one_road_user():
    people = [(RoadUser.PERSON, (102, 100, 138, 180)), (RoadUser.PERSON, (104, 105, 136, 185))]
    assert named(merge_riders(scene((RoadUser.MOTORCYCLE, MACHINE), *people), CONFIDENCE)) == [RoadUser.MOTORCYCLE]


def test_each_rider_takes_the_machine_that_fits_best():
    merged = merge_riders(
        scene(
            (RoadUser.MOTORCYCLE, MACHINE),
            (RoadUser.MOTORCYCLE, (130, 140, 170, 200)),
            (RoadUser.PERSON, (132, 100, 168, 180)),
            (RoadUser.PERSON, (101, 100, 137, 180)),
        ),
        CONFIDENCE,
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
        scene((RoadUser.MOTORCYCLE, MACHINE), (RoadUser.MOTORCYCLE, other), (RoadUser.PERSON, RIDER)), CONFIDENCE
    )
    assert named(found) == [RoadUser.MOTORCYCLE] * machines


def test_cars_have_no_riders():
    assert len(merge_riders(scene((RoadUser.CAR, MACHINE), (RoadUser.PERSON, RIDER)), CONFIDENCE)) == 2


def test_an_empty_road_stays_empty():
    assert len(merge_riders(Detections.empty(), CONFIDENCE)) == 0


def test_a_machine_of_low_confidence_is_kept_by_its_rider():
    merged = merge_riders(
        scene((RoadUser.MOTORCYCLE, MACHINE, 0.12), (RoadUser.PERSON, RIDER, 0.7), (RoadUser.CAR, MACHINE)), CONFIDENCE
    )
    assert named(merged) == [RoadUser.MOTORCYCLE, RoadUser.CAR]
    assert merged.xyxy[0].tolist() == [100, 100, 140, 200]
    assert merged.confidence.tolist() == pytest.approx([0.7, 0.5])


@pytest.mark.parametrize(
    "others",
    [
        (),
        ((RoadUser.PERSON, (180, 100, 210, 200), 0.7),),  # stands beside it
        ((RoadUser.MOTORCYCLE, MACHINE, 0.5), (RoadUser.PERSON, RIDER, 0.7)),  # rides a machine that is certain
    ],
)
def test_a_machine_of_low_confidence_without_a_rider_of_its_own_is_dropped(others):
    machine = (RoadUser.MOTORCYCLE, (110, 130, 150, 190), 0.12)
    found, expected = merge_riders(scene(machine, *others), CONFIDENCE), merge_riders(scene(*others), CONFIDENCE)
    assert named(found) == named(expected)
    assert found.xyxy.tolist() == expected.xyxy.tolist()


def test_two_machines_of_low_confidence_with_one_rider_are_one():
    boxes = ((RoadUser.MOTORCYCLE, MACHINE, 0.12), (RoadUser.BICYCLE, (99, 130, 141, 201), 0.15))
    merged = merge_riders(scene(*boxes, (RoadUser.PERSON, RIDER), (RoadUser.PERSON, (104, 105, 136, 185))), CONFIDENCE)
    assert named(merged) == [RoadUser.BICYCLE]


def test_candidates_of_two_wheelers_may_be_less_confident():
    by_class = dict(zip(ROAD_USERS, least_confidences(CONFIDENCE), strict=True))
    assert by_class[RoadUser.MOTORCYCLE] == by_class[RoadUser.BICYCLE] == pytest.approx(RIDDEN_CONFIDENCE)
    assert by_class[RoadUser.CAR] == by_class[RoadUser.PERSON] == CONFIDENCE
    assert set(least_confidences(0.05)) == {np.float32(0.05)}


def test_a_second_box_of_a_machine_does_not_take_the_rider_ahead():
    near = [(RoadUser.MOTORCYCLE, MACHINE, 0.5), (RoadUser.PERSON, RIDER, 0.7)]
    rider_ahead = (RoadUser.PERSON, (104, 70, 136, 125), 0.6)
    second_box = (RoadUser.MOTORCYCLE, (100, 110, 140, 195), 0.15)
    assert named(merge_riders(scene(second_box, rider_ahead), CONFIDENCE)) == [RoadUser.MOTORCYCLE]
    found = merge_riders(scene(*near, rider_ahead, second_box), CONFIDENCE)
    assert named(found) == [RoadUser.MOTORCYCLE, RoadUser.PERSON]
    assert found.xyxy[1].tolist() == [104, 70, 136, 125]
