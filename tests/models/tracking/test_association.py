import numpy as np
import pytest

from analytics.road_users import ROAD_USERS, RoadUser
from models.tracking.association import assign, class_cost, gate_costs, motion_cost, pairwise_iou, size_cost

CAR, TRUCK, BIKE, PERSON = (
    ROAD_USERS.index(u) for u in (RoadUser.CAR, RoadUser.TRUCK, RoadUser.MOTORCYCLE, RoadUser.PERSON)
)


@pytest.mark.parametrize(
    ("name", "cost", "pairs"),
    [
        ("no tracks and no boxes", np.zeros((0, 0)), []),
        ("tracks but no boxes", np.zeros((3, 0)), []),
        ("the cheapest in sum, not the nearest first", [[1.0, 2.0], [1.5, 9.0]], [(0, 1), (1, 0)]),
        ("infinite costs are not paired", [[np.inf, 3.0], [np.inf, np.inf]], [(0, 1)]),
    ],
)
def test_assign(name, cost, pairs):
    assert list(zip(*(side.tolist() for side in assign(np.asarray(cost))), strict=True)) == pairs, name


def test_motion_costs_more_the_less_likely_and_is_infinite_outside_the_gate():
    offsets = np.array([[[0.0, 0.0], [1.0, 0.0], [10.0, 0.0]]])
    near, off, outside = motion_cost(offsets, np.broadcast_to(np.eye(2), (1, 3, 2, 2)), np.ones(1))[0]
    assert near < off < outside == np.inf
    assert off - near == pytest.approx(1.0)


def test_an_uncertain_track_pays_for_its_uncertainty():
    here = np.zeros((2, 1, 2))
    spread = np.stack([np.eye(2), 9 * np.eye(2)])[:, None]
    sure, unsure = motion_cost(here, spread, np.ones(2))[:, 0]
    assert sure < unsure


def test_a_box_of_another_size_belongs_to_another_road_user():
    alike, larger, far_larger = size_cost(np.array([[40.0, 40.0]]), np.array([[40.0, 42], [50, 50], [90, 40]]))[0]
    assert alike < larger < far_larger == np.inf


def test_a_class_of_the_same_group_costs_less_than_one_of_the_other_group():
    votes = np.zeros((1, len(ROAD_USERS)))
    votes[0, CAR] = 3.0
    same, kin, other = class_cost(votes, np.array([CAR, TRUCK, BIKE]))[0]
    assert same == 0 < kin < other
    assert gate_costs(np.array([other])).tolist() == [np.inf]


def test_the_iou_of_boxes_without_area_is_zero():
    nothing = np.array([[5.0, 5.0, 5.0, 5.0]])
    assert pairwise_iou(nothing, nothing).tolist() == [[0.0]]
