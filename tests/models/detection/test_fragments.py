"""Boxes of parts of a vehicle, and of several vehicles at once."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.fragments import whole_vehicles, without_fragments

LORRY = (100, 50, 250, 200, 0.6, RoadUser.TRUCK)
CAB = (100, 110, 200, 200, 0.7, RoadUser.CAR)


def boxes(*rows: tuple[float, float, float, float, float, RoadUser]) -> Detections:
    return Detections(
        np.array([row[:4] for row in rows], dtype=np.float32).reshape(-1, 4),
        np.array([row[4] for row in rows], dtype=np.float32),
        np.array([ROAD_USERS.index(row[5]) for row in rows], dtype=np.int64),
    )


def kept(*rows):
    return whole_vehicles(boxes(*rows)).tolist()


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("its cab, boxed alone, though with more confidence", CAB, [True, False]),
        ("its bed", (105, 50, 250, 150, 0.5, RoadUser.TRUCK), [True, False]),
        ("a car before it, nearer to the camera", (100, 140, 200, 230, 0.7, RoadUser.CAR), [True, True]),
        ("a car before it, of which little is hidden", (100, 120, 200, 212, 0.7, RoadUser.CAR), [True, True]),
        ("a far car in a corner of the box of a slanted lorry", (100, 50, 150, 80, 0.7, RoadUser.CAR), [True, True]),
        ("a car beside it", (220, 130, 320, 200, 0.7, RoadUser.CAR), [True, True]),
        ("a motorcycle before it", (120, 110, 200, 190, 0.7, RoadUser.MOTORCYCLE), [True, True]),
        ("a pedestrian before it", (120, 110, 200, 190, 0.7, RoadUser.PERSON), [True, True]),
    ],
)
def test_a_lorry_and_another_box(name, other, expected):
    assert kept(LORRY, other) == expected, name
    assert kept(other, LORRY) == expected[::-1], name


def test_a_doubtful_box_around_a_sure_vehicle_is_removed():
    assert kept((100, 50, 250, 200, 0.28, RoadUser.TRUCK), CAB) == [False, True]


def test_a_box_around_two_vehicles_is_removed():
    left, right = (100, 60, 170, 150, 0.7, RoadUser.CAR), (175, 60, 250, 150, 0.6, RoadUser.CAR)
    assert kept(left, right, (100, 55, 250, 152, 0.5, RoadUser.TRUCK)) == [True, True, False]


def test_of_a_lorry_its_cab_and_its_bed_the_lorry_stays():
    bed = (110, 50, 250, 150, 0.5, RoadUser.TRUCK)
    assert kept(CAB, LORRY, bed) == [False, True, False]


def test_without_fragments_keeps_order_and_numbers():
    found = without_fragments(boxes(CAB, LORRY, (400, 50, 420, 90, 0.3, RoadUser.PERSON)))
    assert found.xyxy.tolist() == [[100, 50, 250, 200], [400, 50, 420, 90]]
    assert found.confidence == pytest.approx([0.6, 0.3])
    assert len(without_fragments(Detections.empty())) == 0
