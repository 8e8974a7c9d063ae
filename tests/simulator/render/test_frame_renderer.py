"""Pictures: exact boxes really hold what was drawn, and the same moment always looks the same."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.render.frame_renderer import Painter
from simulator.render.scenery import Scenery
from simulator.world.scenario import Light
from simulator.world.sites import Point
from simulator.world.vehicle_types import ALL_BODIES, Body
from tests.simulator.conftest import Placed, moment_with

NOTICEABLE = 14


@pytest.fixture(scope="module")
def rainy(scenery: Scenery) -> Painter:
    """No sun, and nothing darker below anybody: a road user changes the picture only where it is."""
    painter = scenery.painter(Light.RAIN)
    painter._backdrop = replace(painter._backdrop, contact=painter._backdrop.plain)
    return painter


@pytest.mark.parametrize("along", [24.0, 38.0])
@pytest.mark.parametrize("body", ALL_BODIES, ids=lambda body: body.name)
def test_the_box_holds_all_drawn_pixels_and_no_more(point: Point, rainy: Painter, body: Body, along: float) -> None:
    empty, _ = rainy.paint(moment_with(point, []))
    picture, figures = rainy.paint(moment_with(point, [Placed(body.name, along, 4.0)]))
    changed = np.abs(picture.astype(int) - empty).max(axis=2) > NOTICEABLE
    rows, columns = np.nonzero(changed)
    drawn = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    np.testing.assert_allclose(figures.box[0], drawn, atol=4.5)


def test_who_is_nearer_covers_who_is_farther_whatever_their_order(point: Point, rainy: Painter) -> None:
    users = [Placed("bus", 30.0, 4.0, key=1), Placed("matic", 24.0, 4.0, key=2), Placed("mpv", 44.0, 4.5, key=3)]
    one, _ = rainy.paint(moment_with(point, users))
    other, _ = rainy.paint(moment_with(point, users[::-1]))
    assert np.array_equal(one, other)


def test_what_stands_in_front_hides_who_is_behind(point: Point, rainy: Painter) -> None:
    """A lamp post stands on the pavement of the way in; a bus behind it does not paint it over."""
    moment = moment_with(point, [Placed("bus", 34.0, -9.0, inward=True)])
    rainy.paint(moment)
    in_front = rainy._hiding(rainy.figures(moment))
    assert in_front
    for occluder in in_front:
        x1, y1, x2, y2 = occluder.box
        shown, still = (picture[y1:y2, x1:x2] for picture in (rainy._canvas, rainy._backdrop.plain))
        assert np.array_equal(shown[occluder.mask > 0], still[occluder.mask > 0])


def test_brake_lamps_show(point: Point, scenery: Scenery) -> None:
    painter = scenery.painter(Light.DAY)
    dark, figures = painter.paint(moment_with(point, [Placed("mpv", 24.0, 4.0)]))
    braking, _ = painter.paint(moment_with(point, [Placed("mpv", 24.0, 4.0, braking=True)]))
    x1, y1, x2, y2 = figures.box[0].astype(int)
    assert braking[y1:y2, x1:x2, 2].max() > dark[y1:y2, x1:x2, 2].max()


def test_night_is_darker_than_day(scenery: Scenery, point: Point) -> None:
    nobody = moment_with(point, [])
    pictures = [scenery.painter(light).paint(nobody)[0].mean() for light in (Light.DAY, Light.DUSK, Light.NIGHT)]
    assert pictures[0] > 1.3 * pictures[1] > 1.3 * pictures[2]


def test_the_same_seed_gives_the_same_pixels_noise_included(point: Point) -> None:
    moment = moment_with(point, [Placed("hatch", 26.0, 4.0, speed=12.0)])
    frames = []
    for seed in (1, 1, 2):
        painter = Scenery(point, seed).painter(Light.DAY)
        frames.append(painter.expose(painter.paint(moment)[0]))
    assert np.array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[0], frames[2])


def test_who_moves_is_smeared(point: Point, scenery: Scenery) -> None:
    painter = scenery.painter(Light.NIGHT)
    still, _ = painter.paint(moment_with(point, [Placed("box-truck", 22.0, 4.0)]))
    moving, _ = painter.paint(moment_with(point, [Placed("box-truck", 22.0, 4.0, speed=25.0)]))
    assert not np.array_equal(still, moving)
