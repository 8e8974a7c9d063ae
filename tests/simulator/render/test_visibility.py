"""The visible share of a road user."""

import numpy as np
import pytest

from simulator.render.rasterizer import COARSE
from simulator.render.scenery import Scenery
from simulator.render.static_background import Occluder
from simulator.render.visibility import visible_share
from simulator.world.scenario import Light
from simulator.world.sites import Site
from tests.support.placed_road_users import PlacedUser, traffic_state_with


def test_a_bus_hides_a_motorcycle_behind_it_and_none_beside_it(site: Site, scenery: Scenery) -> None:
    users = [
        PlacedUser("bus", 26.0, 2.5, key=1),
        PlacedUser("matic", 33.0, 2.5, key=2),
        PlacedUser("matic", 26.0, -5.0, key=3),
    ]
    projected = scenery.renderer(Light.DAY).project(traffic_state_with(site, users))
    share = dict(zip([users[k].key for k in projected.chosen], visible_share(projected), strict=True))
    assert share[1] == pytest.approx(1.0)
    assert share[2] < 0.3
    assert share[3] == pytest.approx(1.0)


def test_a_wall_in_front_hides_what_it_covers_and_one_behind_does_not(site: Site, scenery: Scenery) -> None:
    projected = scenery.renderer(Light.DAY).project(traffic_state_with(site, [PlacedUser("mpv", 26.0, 2.5)]))
    x1, y1, x2, y2 = (round(v * COARSE) for v in projected.box[0])
    left_half = (x1, y1, (x1 + x2) // 2, y2)
    mask = np.full((left_half[3] - left_half[1], left_half[2] - left_half[0]), 255, np.uint8)
    near, far = (Occluder(left_half, mask, float(projected.depth[0]) + away) for away in (-8.0, 12.0))
    assert visible_share(projected, [near])[0] == pytest.approx(0.5, abs=0.15)
    assert visible_share(projected, [far])[0] == pytest.approx(1.0)
