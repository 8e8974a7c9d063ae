import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.camera import Zone
from analytics.geometry.zone_index import ZoneIndex

TRIANGLE = Zone(id="t", polygon=((0, 0), (100, 0), (0, 100)))
DENT = Zone(id="d", polygon=((200, 0), (300, 0), (300, 100), (250, 50), (200, 100)))


@pytest.mark.parametrize(
    ("name", "point", "inside"),
    [
        ("in the triangle", (20, 20), [True, False]),
        ("beyond its slope", (80, 80), [False, False]),
        ("in the dented one", (220, 50), [False, True]),
        ("in the dent", (250, 90), [False, False]),
        ("level with corners, outside", (150, 0), [False, False]),
    ],
)
def test_membership(name, point, inside):
    assert ZoneIndex([TRIANGLE, DENT]).membership([point]).tolist() == [inside], name


def test_no_zones_and_no_points():
    assert ZoneIndex([]).membership([(1, 1)]).shape == (1, 0)
    assert ZoneIndex([TRIANGLE]).membership(np.empty((0, 2))).shape == (0, 1)


@given(st.floats(-50, 150), st.floats(-50, 150))
def test_membership_of_a_triangle_agrees_with_its_sides(u, v):
    if min(abs(u), abs(v), abs(u + v - 100)) > 1e-6:
        assert ZoneIndex([TRIANGLE]).membership([(u, v)])[0, 0] == (u > 0 and v > 0 and u + v < 100)
