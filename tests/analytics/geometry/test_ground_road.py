"""Roads of zones on the ground, against a pinhole camera 8 m above a plane."""

import numpy as np
import pytest

from analytics.camera import ControlPoint
from analytics.geometry.geodesy import MAX_EXTRAPOLATION_M
from analytics.geometry.ground_road import ground_road

FOCAL_PX, HEIGHT_M = 400.0, 8.0
HORIZON_V = 180.0


def pixel(x: float, y: float) -> tuple[float, float]:
    """Pixel of the ground point x metres right and y metres ahead of the camera."""
    return 320 + FOCAL_PX * x / y, HORIZON_V + FOCAL_PX * HEIGHT_M / y


CONTROL = [ControlPoint(pixel=pixel(x, y), ground=(x, y)) for y in (12.0, 30.0, 60.0) for x in (-6.0, 6.0)]


def zone(*corners: tuple[float, float]) -> list[tuple[float, float]]:
    return [pixel(*corner) for corner in corners]


def test_a_straight_road_has_its_outline_its_middle_and_its_width():
    polygon = zone((1, 15), (1, 50), (8, 50), (8, 15))
    road = ground_road(CONTROL, polygon, direction=(0, -1))
    assert np.allclose(road.outline, [(1, 15), (1, 50), (8, 50), (8, 15)], atol=1e-6)
    assert road.width_m == pytest.approx(7, abs=0.2)
    # Upwards in the image is away from the camera, but the direction at the middle of the zone is not quite straight.
    assert np.allclose(road.centre[0], (4.5, 15), atol=1.5)
    assert np.allclose(road.centre[-1], (4.5, 50), atol=1.5)
    assert road.is_directed


@pytest.mark.parametrize(("towards", "first_y"), [((0.0, 1.0), 50), ((0.0, -1.0), 15)])
def test_the_centre_line_has_the_direction_of_travel(towards, first_y):
    road = ground_road(CONTROL, zone((-3, 15), (-3, 50), (3, 50), (3, 15)), towards)
    assert road.centre[0] == pytest.approx((0, first_y), abs=0.01)


def test_a_road_without_a_direction_follows_its_longer_axis_however_its_corners_are_spaced():
    densely = [(-3, y) for y in np.linspace(15, 50, 30)]
    road = ground_road(CONTROL, zone(*densely, (3, 50), (3, 15)), None)
    assert sorted(road.centre[[0, -1], 1]) == pytest.approx([15, 50], abs=1)
    assert np.abs(road.centre[:, 0]).max() < 1
    assert not road.is_directed


def test_a_bend_bends_the_centre_line():
    bow = [(0, 15), (4, 30), (0, 45)]
    polygon = zone(*[(x - 2, y) for x, y in bow], *[(x + 2, y) for x, y in reversed(bow)])
    road = ground_road(CONTROL, polygon, direction=(0, -1))
    x = road.centre[:, 0]
    assert x.max() - max(x[0], x[-1]) > 2


def test_a_junction_is_an_area_without_a_centre_line():
    road = ground_road(CONTROL, zone((-12, 15), (-12, 40), (12, 40), (12, 15)), None)
    assert len(road.centre) == 0
    assert len(road.outline) == 4


@pytest.mark.parametrize("far", [(100.0, HORIZON_V + 0.01), (100.0, HORIZON_V), (100.0, HORIZON_V - 90)])
def test_a_zone_up_to_the_horizon_and_beyond_is_cut_off_where_the_ground_is_far(far):
    top = [far, (far[0] + 300, far[1])]
    road = ground_road(CONTROL, [pixel(-4, 20), *top, pixel(4, 20)], direction=(0, -1))
    assert 60 <= road.outline[:, 1].max() <= 60 + MAX_EXTRAPOLATION_M
    assert road.outline[:, 1].min() == pytest.approx(20)


def test_a_zone_in_the_sky_has_no_road():
    assert ground_road(CONTROL, [(0, 10), (600, 10), (600, 100), (0, 100)], None) is None


def test_control_points_on_one_line_are_refused():
    line = [ControlPoint(pixel=(k, k), ground=(k, k)) for k in range(5)]
    with pytest.raises(ValueError, match="on one line"):
        ground_road(line, zone((1, 15), (1, 50), (8, 50)), None)
