"""Calibration against a camera whose homography is known, and with invalid points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.geometry.calibration import calibrate
from analytics.geometry.homography import Homography

SIZE = (1280, 720)
GROUND = np.array([(-8, 20), (8, 20), (-8, 30), (1, 30), (8, 30), (-8, 50), (8, 50), (-1, 85), (8, 85)], dtype=float)


def pixels_of(ground, *, height_m=8.0, tilt_deg=18.0, focal_px=1000.0):
    """Pixels (N, 2) of ground points (N, 2) for a pinhole camera above (0, 0), directed north and down."""
    tilt = np.radians(tilt_deg)
    x, y = np.asarray(ground, dtype=float).T
    depth = y * np.cos(tilt) + height_m * np.sin(tilt)
    down = height_m * np.cos(tilt) - y * np.sin(tilt)
    return np.stack([SIZE[0] / 2 + focal_px * x / depth, SIZE[1] / 2 + focal_px * down / depth], axis=1)


PIXELS = pixels_of(GROUND)


def test_exact_points_give_the_exact_homography():
    found = calibrate(PIXELS, GROUND, image_size=SIZE)
    assert found.fits.all()
    assert found.is_checked
    assert found.rms_m < 1e-6
    elsewhere = [(3.0, 40.0), (-5.0, 25.0)]
    assert found.homography.to_ground(pixels_of(elsewhere)) == pytest.approx(np.array(elsewhere), abs=1e-6)


def test_small_click_errors_give_nearly_the_same_homography():
    clicks = PIXELS + np.random.default_rng(1).normal(0, 1.0, PIXELS.shape)
    found = calibrate(clicks, GROUND, image_size=SIZE)
    assert found.fits.all()
    assert 0.3 < found.rms_px < 2
    assert found.errors_m.shape == found.errors_px.shape == (len(GROUND),)
    assert found.homography.to_ground(pixels_of([(0, 35)])) == pytest.approx(np.array([[0, 35]]), abs=0.5)


def test_outliers_are_excluded_and_reported():
    ground = GROUND.copy()
    ground[2] += (6, 0)
    ground[6] += (0, 15)
    found = calibrate(PIXELS, ground, image_size=SIZE)
    assert np.flatnonzero(~found.fits).tolist() == [2, 6]
    assert found.errors_m[2] == pytest.approx(6, abs=0.01)
    assert found.errors_m[6] == pytest.approx(15, abs=0.01)
    assert found.rms_m < 1e-6


def test_four_points_fit_exactly_and_check_nothing():
    four = [0, 1, 5, 8]
    found = calibrate(PIXELS[four], GROUND[four], image_size=SIZE)
    assert found.rms_m < 1e-6
    assert not found.is_checked


@pytest.mark.slow
@given(seed=st.integers(0, 10_000), offset=st.tuples(*[st.floats(-1e4, 1e4)] * 2), turn=st.floats(0, 6.28))
@settings(max_examples=15, deadline=None)
def test_the_ground_frame_may_lie_anywhere(seed, offset, turn):
    clicks = PIXELS + np.random.default_rng(seed).normal(0, 0.5, PIXELS.shape)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    here = calibrate(clicks, GROUND, image_size=SIZE)
    there = calibrate(clicks, GROUND @ rotation.T + offset, image_size=SIZE)
    assert there.errors_m == pytest.approx(here.errors_m, rel=1e-3, abs=1e-3)


LINE = np.stack([np.linspace(0, 3, 6), np.linspace(20, 80, 6)], axis=1)


@pytest.mark.parametrize(
    ("pixels", "ground", "message"),
    [
        (PIXELS[:3], GROUND[:3], "3 points are too few"),
        (PIXELS[:5], GROUND[:4], r"expected pixels \(N, 2\) and ground \(N, 2\)"),
        (PIXELS * np.nan, GROUND, "not finite"),
        (pixels_of(LINE), LINE, "on one line in the picture"),
        (pixels_of(LINE) + np.random.default_rng(0).normal(0, 1, LINE.shape), LINE, "on one line"),
        (PIXELS[:6], LINE, "on one line on the ground"),
        (np.vstack([pixels_of(LINE), PIXELS[:1]]), np.vstack([LINE, GROUND[:1]]), "all but one"),
        (np.repeat(PIXELS[:2], 2, axis=0), np.repeat(GROUND[:2], 2, axis=0), "on one line"),
        (600 + PIXELS / 50, GROUND, "clustered"),
        (PIXELS, GROUND * (-1, 1), "mirror image"),
        (PIXELS, GROUND[:, ::-1], "mirror image"),
        (PIXELS, np.random.default_rng(3).permutation(GROUND), "contradict each other"),
    ],
    ids=[
        "few",
        "shapes",
        "nan",
        "line",
        "noisy line",
        "ground line",
        "all but one",
        "twice",
        "cluster",
        "mirror",
        "swap",
        "shuffled",
    ],
)
def test_points_that_cannot_be_used_are_refused(pixels, ground, message):
    with pytest.raises(ValueError, match=message):
        calibrate(pixels, ground, image_size=SIZE)


@pytest.mark.slow
def test_random_samples_give_the_same_result_on_every_run():
    random = np.random.default_rng(7)
    ground = np.stack([random.uniform(-10, 10, 20), random.uniform(20, 80, 20)], axis=1)
    pixels = pixels_of(ground) + random.normal(0, 1, ground.shape)
    first, second = (calibrate(pixels, ground, image_size=SIZE) for _ in range(2))
    assert (first.homography.matrix == second.homography.matrix).all()


def test_points_mapped_through_the_homography_give_it_again():
    found = calibrate(PIXELS, GROUND, image_size=SIZE)
    again = Homography.fit(PIXELS[found.fits], GROUND[found.fits])
    assert (again.matrix == found.homography.matrix).all()
