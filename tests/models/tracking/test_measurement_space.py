import numpy as np
import pytest

from analytics.geometry.homography import Homography
from models.tracking.measurement_space import GroundPlane, ImagePlane

PIXELS = np.array([[200.0, 700.0], [640.0, 500.0], [900.0, 300.0]])
ROAD = Homography.fit(
    [(167.9, 455.7), (1035.3, 468.7), (455.7, 152.6), (838.1, 155.1)], [(-8, 20), (8, 20), (-8, 50), (8, 50)]
)


@pytest.mark.parametrize("plane", [GroundPlane(ROAD), ImagePlane()], ids=["ground", "image"])
def test_to_pixels_inverts_positions(plane):
    assert plane.to_pixels(plane.positions(PIXELS)) == pytest.approx(PIXELS)


@pytest.mark.parametrize("plane", [GroundPlane(ROAD), ImagePlane()], ids=["ground", "image"])
@pytest.mark.parametrize("axis", [0, 1])
def test_jacobians_are_the_change_per_pixel(plane, axis):
    step = np.zeros(2)
    step[axis] = 1e-3
    change = (plane.positions(PIXELS + step) - plane.positions(PIXELS - step)) / 2e-3
    assert plane.jacobians(PIXELS)[:, :, axis] == pytest.approx(change, rel=1e-3, abs=1e-6)


def test_on_the_road_plane_an_approach_enlarges_the_box():
    plane = GroundPlane(ROAD)
    far, near = plane.positions(np.array([[640.0, 200.0]])), plane.positions(np.array([[640.0, 450.0]]))
    assert plane.size_ratio(far, near)[0] > 1.5
    assert plane.size_ratio(far, near) * plane.size_ratio(near, far) == pytest.approx([1.0])


def test_positions_near_the_horizon_are_unusable():
    plane = GroundPlane(ROAD)
    horizon = ROAD.to_pixels([(0.0, 1e7)])
    pixels = np.vstack([PIXELS, horizon])
    assert plane.is_usable(pixels, plane.jacobians(pixels)).tolist() == [True, True, True, False]
    assert ImagePlane().is_usable(PIXELS, ImagePlane().jacobians(PIXELS)).all()


def test_a_pixel_far_above_the_horizon_is_not_usable():
    plane = GroundPlane(ROAD)
    (_, horizon_v) = ROAD.to_pixels([(0.0, 1e7)])[0]
    pixels = np.array([(640.0, horizon_v + 400), (640.0, horizon_v - 400)])
    assert plane.is_usable(pixels, plane.jacobians(pixels)).tolist() == [True, False]
    assert np.isfinite(plane.positions(np.array([(640.0, horizon_v), (640.0, horizon_v - 400)]))).all()
