"""Between degrees and metres."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.camera import Position
from analytics.geodesy import LocalFrame


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
def test_there_and_back(lat, lon, x, y):
    frame = LocalFrame(Position(lat=lat, lon=lon))
    (place,) = frame.to_wgs84([(x, y)])
    assert frame.to_ground([(place.lat, place.lon)])[0] == pytest.approx((x, y), abs=1e-4)


def test_across_the_180th_meridian():
    frame = LocalFrame(Position(lat=-17.0, lon=179.9995))
    ((east, _),) = frame.to_ground([(-17.0, -179.9995)])
    assert east == pytest.approx(106.5, abs=1)
