"""Rendered frames: boxes enclose exactly the drawn pixels, and the same state gives the same frame."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from simulator.render.frame_renderer import FrameRenderer
from simulator.render.scenery import Scenery
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Light
from simulator.world.sites import Site
from simulator.world.vehicle_types import VEHICLE_TYPES, VehicleType
from tests.support.placed_road_users import PlacedUser, traffic_state_with

NOTICEABLE = 14
"""Grey levels from which a pixel has changed: above compression of colours, below any paint."""


@pytest.fixture(scope="module")
def rainy(scenery: Scenery) -> FrameRenderer:
    """Renderer without any shadow, so that a road user changes only the pixels that it covers."""
    renderer = scenery.renderer(Light.RAIN)
    renderer._background = replace(renderer._background, contact=renderer._background.plain)
    return renderer


@pytest.mark.parametrize("along", [24.0, 38.0])
@pytest.mark.parametrize("vehicle_type", VEHICLE_TYPES, ids=lambda vehicle_type: vehicle_type.name)
def test_the_box_encloses_exactly_the_drawn_pixels(
    site: Site, rainy: FrameRenderer, vehicle_type: VehicleType, along: float
) -> None:
    empty, _ = rainy.render(traffic_state_with(site, []))
    image, projected = rainy.render(traffic_state_with(site, [PlacedUser(vehicle_type.name, along, 4.0)]))
    changed = np.abs(image.astype(int) - empty).max(axis=2) > NOTICEABLE
    rows, columns = np.nonzero(changed)
    drawn = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    np.testing.assert_allclose(projected.box[0], drawn, atol=4.5)


def test_nearer_road_users_cover_farther_ones_in_any_order(site: Site, rainy: FrameRenderer) -> None:
    users = [
        PlacedUser("bus", 30.0, 4.0, key=1),
        PlacedUser("matic", 24.0, 4.0, key=2),
        PlacedUser("mpv", 44.0, 4.5, key=3),
    ]
    one, _ = rainy.render(traffic_state_with(site, users))
    other, _ = rainy.render(traffic_state_with(site, users[::-1]))
    assert np.array_equal(one, other)


def test_static_objects_hide_road_users_behind_them(site: Site, rainy: FrameRenderer) -> None:
    """A lamp post on the pavement stays visible in front of a bus."""
    state = traffic_state_with(site, [PlacedUser("bus", 34.0, -9.0, inward=True)])
    rainy.render(state)
    in_front = rainy._hiding(rainy.project(state))
    assert in_front
    for occluder in in_front:
        x1, y1, x2, y2 = occluder.box
        shown, still = (image[y1:y2, x1:x2] for image in (rainy._canvas, rainy._background.plain))
        assert np.array_equal(shown[occluder.mask > 0], still[occluder.mask > 0])


def test_brake_lamps_are_brighter_when_braking(site: Site, scenery: Scenery) -> None:
    renderer = scenery.renderer(Light.DAY)
    dark, projected = renderer.render(traffic_state_with(site, [PlacedUser("mpv", 24.0, 4.0)]))
    braking, _ = renderer.render(traffic_state_with(site, [PlacedUser("mpv", 24.0, 4.0, braking=True)]))
    x1, y1, x2, y2 = projected.box[0].astype(int)
    assert braking[y1:y2, x1:x2, 2].max() > dark[y1:y2, x1:x2, 2].max()


def test_night_is_darker_than_day(scenery: Scenery, site: Site) -> None:
    empty = traffic_state_with(site, [])
    images = [scenery.renderer(light).render(empty)[0].mean() for light in (Light.DAY, Light.DUSK, Light.NIGHT)]
    assert images[0] > 1.3 * images[1] > 1.3 * images[2]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_pixels_and_noise(site: Site) -> None:
    state = traffic_state_with(site, [PlacedUser("hatch", 26.0, 4.0, speed=12.0)])
    frames = []
    for seed in (1, 1, 2):
        renderer = Scenery(site, seed).renderer(Light.DAY)
        frames.append(renderer.expose(renderer.render(state)[0]))
    assert np.array_equal(frames[0], frames[1])
    assert not np.array_equal(frames[0], frames[2])


def test_a_moving_vehicle_is_blurred(site: Site, scenery: Scenery) -> None:
    renderer = scenery.renderer(Light.NIGHT)
    still, _ = renderer.render(traffic_state_with(site, [PlacedUser("box-truck", 22.0, 4.0)]))
    moving, _ = renderer.render(traffic_state_with(site, [PlacedUser("box-truck", 22.0, 4.0, speed=25.0)]))
    assert not np.array_equal(still, moving)


@pytest.mark.parametrize("light", list(Light))
def test_a_frame_does_not_depend_on_the_frame_before(site: Site, scenery: Scenery, light: Light) -> None:
    """Only the drawn area is restored and computed again."""
    near, far = PlacedUser("bus", 24.0, 4.0, speed=8.0), PlacedUser("matic", 44.0, -3.0, inward=True)
    used, fresh = scenery.renderer(light), scenery.renderer(light)
    used.render(traffic_state_with(site, [near, far]))
    used.render(traffic_state_with(site, [near]))
    for users in ([far], []):
        state = traffic_state_with(site, users)
        assert np.array_equal(used.render(state)[0], fresh.render(state)[0])
    whole = cv2.GaussianBlur(cv2.resize(fresh._canvas, IMAGE_SIZE, interpolation=cv2.INTER_AREA), (3, 3), 0.55)
    assert light in (Light.DUSK, Light.NIGHT) or np.array_equal(used.render(traffic_state_with(site, []))[0], whole)
