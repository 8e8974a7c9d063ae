"""The map without a tile server in a real browser: land and sea, streets, and the roads of the zones by level."""

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect
from psycopg_pool import ConnectionPool

from analytics.camera import Position, Visibility
from analytics.facts import Level
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import CameraConfig, CityConfig, Config, SiteConfig, StoreConfig
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import site_by_id
from simulator.world.street_map import street_map
from simulator.world.sumo_network import read_network
from tests.support.browser import DESKTOP, NEEDS_CHROMIUM, NEEDS_PAGES, PHONE, Visitor, screenshot
from tests.support.portal import serving
from tests.support.portal_events import level, online

pytestmark = [
    pytest.mark.integration,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
]

SITES = [site_by_id(name) for name in ("mata-kucing", "simpang-kuda")]
SEA, LAND = (207, 224, 236), (245, 243, 236)
"""Colours of the background, red, green and blue. [source: portal/web/src/basemap/land_layer.css, light]"""
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    """Two calibrated cameras of the simulated city, and its streets."""
    cameras = []
    for site in SITES:
        geometry = tmp_path / f"{site.id}.json"
        geometry.write_text(json.dumps(camera_geometry(site, read_network(site))))
        cameras.append(
            CameraConfig(
                id=site.id,
                name=site.name,
                url="rtsp://10.0.0.7/1",
                site=site.id,
                visibility=Visibility.PUBLIC,
                geometry=geometry,
            )
        )
    streets = tmp_path / "streets.geojson"
    streets.write_text(json.dumps(street_map(SITES)))
    return Config(
        city=CityConfig(name="Batam", centre=Position(lat=1.1, lon=104.05), zoom=11),
        sites=tuple(SiteConfig(id=s.id, name=s.name, position=Position(lat=s.lat, lon=s.lon)) for s in SITES),
        cameras=tuple(cameras),
        store=StoreConfig(dsn=postgres_dsn),
        data_dir=tmp_path / "data",
        portal=PortalConfig(port=0, streets=streets),
    )


@pytest.fixture
def address(config: Config, pool: ConnectionPool, store: Callable[..., None]) -> Iterator[str]:
    now = datetime.now(UTC)
    store(
        *(online(site.id, now, image_size=(640, 360)) for site in SITES),
        level("mata-kucing", "masuk", now, Level.JAMMED, speed_kmh=6.0),
        level("mata-kucing", "keluar", now, Level.FREE, speed_kmh=41.0),
    )
    with serving(config, pool) as address:
        yield address


@pytest.fixture
def visitor(address: str, browser: Browser, screen: dict[str, int]) -> Iterator[Visitor]:
    with browser.new_context(viewport=screen, locale="id-ID", color_scheme="light") as context:
        context.set_default_timeout(20_000)
        visitor = Visitor(address, context)
        yield visitor
    assert visitor.errors == []


def road(page: Page, camera: str, zone: str, part: str = "road-colour") -> Locator:
    return page.locator(f'.camera-map .{part}[data-road="{camera} {zone}"]')


def zoom_to(page: Page, site: str) -> None:
    """Zoom in on a pin with the wheel until its surroundings fill the map."""
    for _ in range(6):
        box = page.locator(f'.map-pin[aria-label^="{site}"]').bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 36)
        page.mouse.wheel(0, -120)
        page.wait_for_timeout(400)


def pixels(locator: Locator) -> NDArray[np.uint8]:
    with av.open(io.BytesIO(locator.screenshot()), format="png_pipe") as picture:
        return next(picture.decode(video=0)).to_ndarray(format="rgb24")


def share_of(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> float:
    return float((np.abs(picture.astype(int) - colour).max(axis=2) <= 2).mean())


@SCREENS
def test_the_coast_scale_and_source_are_shown_without_a_tile_server(visitor: Visitor) -> None:
    page = visitor.open("/")
    expect(page.locator(".camera-map.has-land .land").first).to_be_attached()
    expect(page.locator(".leaflet-control-scale-line")).to_contain_text("km")
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("Garis pantai: Natural Earth")
    for _ in range(3):
        page.mouse.move(180, 200)
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(400)
    picture = pixels(page.locator(".camera-map"))
    assert share_of(picture, LAND) > 0.05
    assert share_of(picture, SEA) > 0.05
    screenshot(page, "map-coast")


@SCREENS
def test_roads_of_zones_have_the_colour_and_the_pattern_of_their_level(
    visitor: Visitor, store: Callable[..., None], screen: dict[str, int]
) -> None:
    page = visitor.open("/")
    expect(road(page, "mata-kucing", "masuk")).to_have_attribute("data-level", "jammed")
    expect(road(page, "mata-kucing", "keluar")).to_have_attribute("data-level", "free")
    expect(road(page, "simpang-kuda", "masuk")).to_have_attribute("data-level", "unknown")
    patterns = {
        name: road(page, *name).evaluate("path => getComputedStyle(path).strokeDasharray")
        for name in [("mata-kucing", "masuk", "road-marks"), ("simpang-kuda", "masuk", "road-colour")]
    }
    assert all(pattern != "none" for pattern in patterns.values()), patterns
    expect(page.locator(".street")).to_have_count(sum(len(site.arms) for site in SITES))

    zoom_to(page, "Mata Kucing")
    expect(road(page, "mata-kucing", "masuk")).to_be_visible()
    boxes = [road(page, "mata-kucing", zone).bounding_box() for zone in ("masuk", "keluar")]
    assert boxes[0] != boxes[1], "the two directions are drawn beside each other"
    screenshot(page, "map-roads")
    page.set_viewport_size(screen)  # type: ignore[arg-type]

    store(level("mata-kucing", "masuk", datetime.now(UTC), Level.DENSE, Level.JAMMED, speed_kmh=30.0))
    expect(road(page, "mata-kucing", "masuk")).to_have_attribute("data-level", "dense")
    expect(road(page, "mata-kucing", "masuk", "road-marks")).to_have_class(re.compile(r"\blevel-dense\b"))


@SCREENS
def test_the_legend_explains_the_levels_in_both_languages(visitor: Visitor, screen: dict[str, int]) -> None:
    page = visitor.open("/")
    legend = page.locator(".road-legend")
    if screen is PHONE:
        expect(legend.get_by_text("Macet")).to_be_hidden()
        legend.locator("summary").click()
    expect(legend).to_contain_text("Macet")
    page.evaluate("localStorage.setItem('simpang.language', 'en')")
    page.reload()
    expect(page.locator(".road-legend")).to_contain_text("Legend")
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("Coastlines: Natural Earth")


@SCREENS
def test_the_map_works_without_its_land(visitor: Visitor) -> None:
    visitor.expected += ["Failed to load resource", "ERR_FAILED"]
    visitor.context.route(re.compile(r"/assets/[^/]*\.json"), lambda route: route.abort())
    page = visitor.open("/")
    expect(page.locator(".map-pin").first).to_be_visible()
    expect(road(page, "mata-kucing", "masuk")).to_have_attribute("data-level", "jammed")
    expect(page.locator(".land")).to_have_count(0)
