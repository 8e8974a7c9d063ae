"""Conversion between degrees and metres."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.camera import Camera, ControlPoint, Position
from analytics.geometry.geodesy import LocalFrame, locate

HORIZON = 100


def on_the_ground(u, v):
    """Pixel from 8 m above (0, 0), directed along y: one pixel is a thousandth of the distance."""
    return (u - 500) * 8 / (v - HORIZON), 8000 / (v - HORIZON)


CORNERS = [(100, 900), (900, 900), (900, 300), (100, 300)]
CAMERA = Camera(
    id="c",
    image_size=(1000, 1000),
    position=Position(lat=1.2, lon=104.2),
    anchor=Position(lat=1.0, lon=104.0),
    control_points=tuple(ControlPoint(pixel=corner, ground=on_the_ground(*corner)) for corner in CORNERS),
)


@pytest.mark.parametrize(
    ("lat", "per_degree_lat_m", "per_degree_lon_m"),
    [(0, 110_574, 111_320), (15, 110_649, 107_550), (45, 111_132, 78_847), (60, 111_412, 55_800)],
)
def test_length_of_a_degree(lat, per_degree_lat_m, per_degree_lon_m):
    """The usual table for WGS84, in metres."""
    frame = LocalFrame(Position(lat=lat, lon=104.0))
    ((east, north),) = frame.to_ground([(lat + 1e-3, 104.0 + 1e-3)])
    assert (north * 1e3, east * 1e3) == pytest.approx((per_degree_lat_m, per_degree_lon_m), abs=2)


@given(lat=st.floats(-70, 70), lon=st.floats(-180, 180), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_ground_to_wgs84_and_back_is_the_identity(lat, lon, x, y):
    frame = LocalFrame(Position(lat=lat, lon=lon))
    (position,) = frame.to_wgs84([(x, y)])
    assert frame.to_ground([(position.lat, position.lon)])[0] == pytest.approx((x, y), abs=1e-4)


def test_longitudes_across_the_180th_meridian():
    frame = LocalFrame(Position(lat=-17.0, lon=179.9995))
    ((east, _),) = frame.to_ground([(-17.0, -179.9995)])
    assert east == pytest.approx(106.5, abs=1)


def test_a_pixel_is_located_in_wgs84():
    ahead = locate(CAMERA, (500, 500))
    assert (ahead.lat, ahead.lon) == (pytest.approx(1.0 + 20 / 110_575), pytest.approx(104.0))
    aside = locate(CAMERA, (750, 300))
    assert (aside.lat, aside.lon) == (pytest.approx(1.0 + 40 / 110_575), pytest.approx(104.0 + 10 / 111_303))


def test_a_given_ground_point_replaces_that_of_the_pixel():
    known = locate(CAMERA, (500, 500), ground=(0.0, 30.0))
    assert known.lat == pytest.approx(1.0 + 30 / 110_575)


@pytest.mark.parametrize(
    ("name", "camera", "pixel", "ground"),
    [
        ("no anchor", replace(CAMERA, anchor=None), (500, 500), None),
        ("no control points", replace(CAMERA, control_points=()), (500, 500), None),
        ("on the horizon", CAMERA, (500, HORIZON), None),
        ("above the horizon", CAMERA, (500, 20), None),
        ("above it, though the point is near", CAMERA, (500, 20), (0.0, 20.0)),
        ("a pixel below the horizon, 8 km away", CAMERA, (500, HORIZON + 1), None),
        ("not finite", CAMERA, (500, 500), (float("nan"), 0.0)),
        (
            "ground in UTM",
            replace(
                CAMERA,
                control_points=tuple(
                    replace(point, ground=(point.ground[0] + 611_000, point.ground[1] + 9_000_000))
                    for point in CAMERA.control_points
                ),
            ),
            (500, 500),
            None,
        ),
    ],
)
def test_an_unknown_position_is_that_of_the_camera(name, camera, pixel, ground):
    assert locate(camera, pixel, ground) == CAMERA.position, name
    assert locate(replace(camera, position=None), pixel, ground) is None


@given(u=st.floats(0, 1000), v=st.floats(0, 1000))
def test_no_pixel_is_located_far_from_the_road(u, v):
    position = locate(CAMERA, (u, v))
    if position != CAMERA.position:
        ((east, north),) = LocalFrame(CAMERA.anchor).to_ground([(position.lat, position.lon)])
        assert abs(east) < 350
        assert 0 < north < 350


def test_a_place_beyond_a_pole_is_that_of_the_camera():
    assert locate(replace(CAMERA, anchor=Position(lat=90, lon=104.0)), (500, 500)) == CAMERA.position
