"""Nearly the same pictures of one camera."""

import numpy as np
import pytest

from pipelines.learning.scene import SAME_GREY_LEVELS, Scene, thumbnail

STREET = np.random.default_rng(3).integers(40, 200, (90, 160, 3)).astype(np.uint8)
PARKED = [(10 * k, 20, 10 * k + 8, 30) for k in range(10)]


def scene(image: np.ndarray, boxes: list[tuple[int, ...]]) -> Scene:
    return Scene(np.array(thumbnail(image), float), np.array(boxes, float).reshape(-1, 4))


@pytest.mark.parametrize(
    ("boxes", "same"),
    [
        (PARKED, True),
        ([(left + 1, top, right + 1, bottom) for left, top, right, bottom in PARKED], True),
        ([*PARKED, (50, 60, 70, 80)], True),
        (PARKED[:7], False),
        ([(left, top + 30, right, bottom + 30) for left, top, right, bottom in PARKED], False),
        ([], False),
    ],
)
def test_the_traffic_is_the_same_where_most_boxes_are_at_the_same_places(boxes, same):
    first, second = scene(STREET, PARKED), scene(STREET, boxes)
    assert first.is_nearly(second) is same
    assert second.is_nearly(first) is same


def test_two_pictures_of_an_empty_street_are_the_same():
    assert scene(STREET, []).is_nearly(scene(STREET, []))


def test_parked_cars_by_night_are_another_picture():
    darker = (STREET.astype(int) - 2 * round(SAME_GREY_LEVELS)).clip(0).astype(np.uint8)
    assert not scene(STREET, PARKED).is_nearly(scene(darker, PARKED))
    assert scene(STREET, PARKED).is_nearly(scene(STREET + np.uint8(3), PARKED))


def test_a_picture_with_a_thumbnail_of_another_size_is_another_one():
    assert not scene(STREET, []).is_nearly(Scene(np.zeros(3), np.empty((0, 4))))
