"""Finding again what a box held."""

import cv2
import numpy as np
import pytest

from models.gating.template_tracking import Grey, track_template

BOX = (60.0, 50.0, 100.0, 80.0)


def picture(u: float, v: float, *, brighter: int = 0, other: bool = False) -> Grey:
    """A patterned vehicle of 40 x 30 pixels, its left top corner there, on a road of another pattern."""
    road = np.random.default_rng(1).integers(80, 100, (160, 240)).astype(np.float32)
    coarse = np.random.default_rng(3 if other else 2).integers(20, 200, (6, 8)).astype(np.float32)
    body = cv2.resize(coarse, (40, 30), interpolation=cv2.INTER_LINEAR)
    shift = np.array([[1, 0, u], [0, 1, v]], np.float32)
    drawn = cv2.warpAffine(body, shift, (240, 160), dst=road.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(np.clip(np.asarray(drawn) + brighter, 0, 255), np.uint8)


@pytest.mark.parametrize("way", [(0, 0), (7.5, -3.2), (-18, 12), (3, 0.4)])
@pytest.mark.parametrize("brighter", [0, 40])
def test_a_vehicle_is_found_at_its_new_place(way: tuple[float, float], brighter: int) -> None:
    now = picture(60 + way[0], 50 + way[1], brighter=brighter)
    found = track_template(BOX, BOX, picture(60, 50), now)
    assert found is not None
    np.testing.assert_allclose(np.subtract(found, BOX), [*way, *way], atol=1.0)


def test_a_fast_vehicle_is_found_at_its_expected_place() -> None:
    expected = (150.0, 80.0, 190.0, 110.0)
    before, now = picture(60, 50), picture(155, 78)
    assert track_template(BOX, BOX, before, now) is None
    found = track_template(BOX, expected, before, now)
    assert found is not None
    np.testing.assert_allclose(found[:2], [155, 78], atol=1.0)


def test_another_vehicle_is_no_match() -> None:
    assert track_template(BOX, BOX, picture(60, 50), picture(64, 52, other=True)) is None


def test_an_even_patch_has_no_match() -> None:
    even = np.full((160, 240), 90, np.uint8)
    assert track_template(BOX, BOX, even, even) is None


@pytest.mark.parametrize("out", [(-65, 0), (0, -55), (145, 0), (0, 85)])
def test_a_box_partly_outside_the_image_is_not_tracked(out: tuple[int, int]) -> None:
    before, now = picture(60, 50), picture(60 + out[0], 50 + out[1])
    expected = 60.0 + out[0], 50.0 + out[1], 100.0 + out[0], 80.0 + out[1]
    assert track_template(BOX, expected, before, now) is None


def test_a_tiny_box_is_not_tracked() -> None:
    speck = (60.0, 50.0, 62.0, 52.0)
    assert track_template(speck, speck, picture(60, 50), picture(60, 50)) is None
