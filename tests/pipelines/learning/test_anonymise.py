"""Faces and plates: what is large enough to be read is destroyed, and nothing else changes."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, TYPICAL_HEIGHT_M, RoadUser
from pipelines.learning.anonymise import (
    BLUR_FROM_PX_PER_M,
    RECOGNISE_PX_PER_M,
    UPRIGHT,
    anonymise,
    pixels_per_metre,
    readable_part,
)

SIZE = (600, 800)


def detections(*boxes: tuple[RoadUser, float, float, float, float]) -> Detections:
    return Detections(
        np.array([box[1:] for box in boxes], np.float32).reshape(-1, 4),
        np.full(len(boxes), 0.5, np.float32),
        np.array([ROAD_USERS.index(box[0]) for box in boxes], np.int64),
    )


def standing(road_user: RoadUser, px_per_m: float, *, left: float = 200, top: float = 100) -> Detections:
    """Return a box of this scale, wide for a vehicle, and narrow enough for its height to decide."""
    height = px_per_m * TYPICAL_HEIGHT_M[road_user]
    width = 0.4 * height if road_user in UPRIGHT else 1.2 * height
    return detections((road_user, left, top, left + width, top + height))


def fine_detail(seed: int) -> np.ndarray:
    """Return an image of pixels that vary at random around the same grey."""
    return np.random.default_rng(seed).integers(0, 256, (*SIZE, 1)).repeat(3, axis=2).astype(np.uint8)


def rows_changed(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    rows = np.flatnonzero((before != after).any(axis=(1, 2)))
    return int(rows[0]), int(rows[-1]) + 1


@pytest.mark.parametrize("road_user", list(RoadUser))
def test_a_road_user_too_small_to_be_read_stays_as_it_is(road_user):
    image = fine_detail(1)
    before = image.copy()
    assert anonymise(image, standing(road_user, BLUR_FROM_PX_PER_M - 1)) == 0
    assert np.array_equal(image, before)


@pytest.mark.parametrize(
    ("road_user", "from_share", "to_share"),
    [
        (RoadUser.PERSON, -0.1, 1.1),
        (RoadUser.BICYCLE, -0.1, 1.1),
        (RoadUser.MOTORCYCLE, -0.1, 1.1),
        (RoadUser.CAR, 0.4, 1.1),
        (RoadUser.TRUCK, 0.4, 1.1),
        (RoadUser.BUS, 0.4, 1.1),
    ],
)
def test_heads_and_plates_are_removed_where_they_may_be_read(road_user, from_share, to_share):
    image = fine_detail(1)
    before = image.copy()
    box = standing(road_user, 80)
    assert anonymise(image, box) == 1
    _, top, _, bottom = box.xyxy[0]
    first, last = rows_changed(before, image)
    assert first == pytest.approx(top + from_share * (bottom - top), abs=1.5)
    assert last == pytest.approx(top + to_share * (bottom - top), abs=1.5)


@pytest.mark.parametrize("road_user", list(RoadUser))
def test_a_road_user_that_may_be_recognised_is_blurred_as_a_whole(road_user):
    image = fine_detail(1)
    before = image.copy()
    box = standing(road_user, RECOGNISE_PX_PER_M + 1, top=60)
    anonymise(image, box)
    x1, y1, x2, y2 = box.xyxy[0].astype(int)
    assert (image[y1:y2, x1:x2] != before[y1:y2, x1:x2]).any(axis=2).mean() > 0.95


def test_a_narrow_vehicle_may_be_a_rider_and_is_blurred_as_a_whole():
    assert readable_part((100, 100, 160, 200), RoadUser.CAR, 66) == pytest.approx((94, 90, 166, 210))
    assert readable_part((100, 100, 200, 200), RoadUser.CAR, 66) == pytest.approx((105, 140, 195, 210))


def test_what_is_removed_cannot_be_restored():
    """Two pictures that differ in detail only are the same afterwards, so that the detail is in neither."""
    box = standing(RoadUser.PERSON, 110)
    inside = np.s_[105:160, 205:270]
    first, second = fine_detail(1), fine_detail(2)
    assert np.abs(first[inside].astype(int) - second[inside]).mean() > 60
    anonymise(first, box)
    anonymise(second, box)
    assert np.abs(first[inside].astype(int) - second[inside]).mean() < 15
    assert first[inside].std() < 15


def test_what_the_edge_of_the_picture_cuts_is_measured_by_its_width():
    half_a_car = (RoadUser.CAR, 300.0, 540.0, 800.0, 600.0)
    assert pixels_per_metre(half_a_car[1:], RoadUser.CAR) == pytest.approx(500 / 4.6)
    image = fine_detail(1)
    assert anonymise(image, detections(half_a_car)) == 1


def test_boxes_at_the_edge_and_without_area_are_harmless():
    image = fine_detail(1)
    odd = detections(
        (RoadUser.PERSON, -50, -80, 60, 150),
        (RoadUser.PERSON, 780, 400, 900, 700),
        (RoadUser.PERSON, 900, 700, 1000, 900),
        (RoadUser.CAR, 100, 100, 100, 100),
    )
    assert anonymise(image, odd) == 3
    assert anonymise(image, Detections.empty()) == 0
