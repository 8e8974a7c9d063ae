"""What of one detector's findings another one has too."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.export.detector_agreement import HIGH_CONFIDENCE, MIN_CONFIDENCE, agreement_by_road_user
from models.tracking.association import pairwise_iou

CAR, MOTORCYCLE = ROAD_USERS.index(RoadUser.CAR), ROAD_USERS.index(RoadUser.MOTORCYCLE)


def detections(*rows):
    """(x, y, confidence, kind) of boxes of 20 by 20 pixels."""
    boxes = np.array([(x, y, x + 20, y + 20) for x, y, _, _ in rows], dtype=np.float32).reshape(-1, 4)
    confidence = np.array([row[2] for row in rows], dtype=np.float32)
    return Detections(boxes, confidence, np.array([row[3] for row in rows], dtype=np.int64))


def test_the_same_findings_agree_fully():
    found = [detections((0, 0, 0.9, CAR), (50, 0, 0.5, MOTORCYCLE)), Detections.empty()]
    told = agreement_by_road_user(found, found)
    assert set(told) == {"all", "car", "motorcycle"}
    assert (told["all"].expected, told["all"].recall, told["all"].precision) == (2, 1.0, 1.0)
    assert told["all"].confidence_change == 0


def test_a_box_that_is_missing_costs_recall_and_one_too_many_precision():
    original = [detections((0, 0, 0.9, CAR), (100, 0, 0.9, CAR))]
    other = [detections((2, 0, 0.7, CAR), (200, 0, 0.9, CAR), (300, 0, 0.9, CAR))]
    told = agreement_by_road_user(original, other)["all"]
    assert (told.expected, told.found, told.claimed, told.backed) == (2, 1, 3, 1)
    assert told.confidence_change == pytest.approx(-0.2, abs=1e-6)


def test_another_kind_of_road_user_is_not_the_same():
    told = agreement_by_road_user([detections((0, 0, 0.9, CAR))], [detections((0, 0, 0.9, MOTORCYCLE))])
    assert told["all"].recall == 0
    assert told["all"].precision == 0
    assert math.isnan(told["all"].confidence_change)


def test_a_confident_box_may_be_met_by_a_less_confident_one_and_no_box_twice():
    unsure = (HIGH_CONFIDENCE + MIN_CONFIDENCE) / 2
    original = [detections((0, 0, 0.9, CAR), (3, 0, 0.9, CAR))]
    told = agreement_by_road_user(original, [detections((0, 0, unsure, CAR))])["all"]
    assert (told.expected, told.found, told.claimed) == (2, 1, 0)
    assert math.isnan(told.precision)


def test_nothing_to_find_is_no_agreement_of_zero():
    told = agreement_by_road_user([Detections.empty()], [Detections.empty()])
    assert list(told) == ["all"]
    assert math.isnan(told["all"].recall)


@given(st.lists(st.tuples(*[st.floats(0, 100)] * 2, *[st.floats(1, 50)] * 2), min_size=1, max_size=6))
def test_overlaps_are_shares_and_of_a_box_with_itself_whole(boxes):
    xyxy = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], dtype=np.float32)
    shares = pairwise_iou(xyxy, xyxy)
    assert (shares >= 0).all()
    assert (shares <= 1 + 1e-6).all()
    assert np.diag(shares) == pytest.approx(1)
    assert shares == pytest.approx(shares.T)
