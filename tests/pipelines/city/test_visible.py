"""The share of a road user that shows."""

import pytest

from pipelines.city.points import Point
from pipelines.city.scenery import Scenery
from pipelines.city.script import Light
from pipelines.city.visible import visible_share
from tests.pipelines.city.conftest import Placed, moment_with


def test_a_bus_hides_who_is_right_behind_it_and_nobody_beside_it(point: Point, scenery: Scenery) -> None:
    users = [Placed("bus", 26.0, 2.5, key=1), Placed("matic", 33.0, 2.5, key=2), Placed("matic", 26.0, -5.0, key=3)]
    figures = scenery.painter(Light.DAY).figures(moment_with(point, users))
    share = dict(zip([users[k].key for k in figures.chosen], visible_share(figures), strict=True))
    assert share[1] == pytest.approx(1.0)
    assert share[2] < 0.3
    assert share[3] == pytest.approx(1.0)
