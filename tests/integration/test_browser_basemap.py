"""The city's own map in a real browser: a PMTiles file made of an extract, tile servers, and those that fail."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Route, expect
from psycopg_pool import ConnectionPool

from analytics.camera import Position, Visibility
from pipelines.basemap.basemap_file import make_basemap
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import CameraConfig, CityConfig, Config, StoreConfig
from tests.support.browser import DESKTOP, NEEDS_CHROMIUM, NEEDS_PAGES, PHONE, Visitor, screenshot
from tests.support.osm_extract import COAST_LON, write_extract
from tests.support.portal import serving

pytestmark = [
    pytest.mark.integration,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
]

SEA, DARK_SEA, STREET = (207, 224, 236), (10, 24, 38), (185, 191, 201)
"""Colours, red, green and blue. [source: land_layer.css and road_layer.css; the street is light]"""
TILES = "https://tile.example.org/{z}/{x}/{y}"
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx"
    b"\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)
"""PNG of one red pixel."""

Open = Callable[[PortalConfig], Visitor]


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def open_city(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_dsn: str, pool: ConnectionPool, browser: Browser
) -> Iterator[Open]:
    """Serves a city with the given settings of the portal; its cameras are on the coast of the extract."""
    contexts = []

    @contextmanager
    def opened(portal: PortalConfig) -> Iterator[Visitor]:
        with (
            serving(city(tmp_path, postgres_dsn, portal), pool) as address,
            browser.new_context(viewport=request.param, locale="id-ID", color_scheme="light") as context,
        ):
            context.set_default_timeout(20_000)
            yield Visitor(address, context)

    def enter(portal: PortalConfig) -> Visitor:
        contexts.append(opened(portal))
        return contexts[-1].__enter__()

    yield enter
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    return city(tmp_path, postgres_dsn, PortalConfig(port=0))


def city(folder: Path, dsn: str, portal: PortalConfig) -> Config:
    places = [Position(lat=1.085, lon=COAST_LON - 0.02), Position(lat=1.125, lon=COAST_LON + 0.005)]
    return Config(
        city=CityConfig(name="Batam", centre=Position(lat=1.1, lon=104.05), zoom=13),
        cameras=tuple(
            CameraConfig(
                id=f"kamera-{n}",
                name=f"Kamera {n}",
                url="rtsp://10.0.0.7/1",
                visibility=Visibility.PUBLIC,
                position=place,
            )
            for n, place in enumerate(places)
        ),
        store=StoreConfig(dsn=dsn),
        data_dir=folder / "data",
        portal=portal,
    )


@pytest.fixture
def basemap(tmp_path: Path) -> Path:
    write_extract(tmp_path / "batam.osm.pbf")
    make_basemap(tmp_path / "batam.osm.pbf", tmp_path / "batam.pmtiles", lambda _: None)
    return tmp_path / "batam.pmtiles"


def pixels(page: Page) -> NDArray[np.uint8]:
    content = page.locator(".camera-map").screenshot()
    with av.open(io.BytesIO(content), format="png_pipe") as picture:
        return next(picture.decode(video=0)).to_ndarray(format="rgb24")


def share_of(page: Page, colour: tuple[int, int, int]) -> float:
    return float((np.abs(pixels(page).astype(int) - colour).max(axis=2) <= 3).mean())


def expect_share(page: Page, colour: tuple[int, int, int], least: float) -> None:
    for _ in range(40):
        if (share := share_of(page, colour)) >= least:
            return
        page.wait_for_timeout(250)
    pytest.fail(f"{share:.4f} of the map has the colour {colour}, not {least}")


def test_a_basemap_file_is_drawn_with_its_coast_streets_and_attribution(open_city: Open, basemap: Path) -> None:
    visitor = open_city(PortalConfig(port=0, basemap=basemap))
    statuses: list[int] = []
    visitor.context.on("response", lambda each: statuses.append(each.status) if ".pmtiles" in each.url else None)
    page = visitor.open("/")
    expect(page.locator(".leaflet-tile-loaded").first).to_be_attached()
    # Natural Earth has land here: the sea is that of the file.
    expect_share(page, SEA, 0.1)
    expect_share(page, STREET, 0.001)
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("OpenStreetMap")
    assert set(statuses) == {206}, "the file is not loaded whole"
    screenshot(page, "map-basemap")
    assert visitor.errors == []


def test_the_tiles_follow_the_theme(open_city: Open, basemap: Path) -> None:
    visitor = open_city(PortalConfig(port=0, basemap=basemap))
    page = visitor.open("/")
    expect(page.locator(".leaflet-tile-loaded").first).to_be_attached()
    expect_share(page, SEA, 0.1)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect_share(page, DARK_SEA, 0.1)
    assert share_of(page, SEA) < 0.01
    assert visitor.errors == []


def test_the_renderer_is_loaded_only_with_vector_tiles(open_city: Open, basemap: Path) -> None:
    def scripts(portal: PortalConfig) -> int:
        page = open_city(portal).open("/")
        expect(page.locator(".map-pin").first).to_be_visible()
        expect(page.locator(".land").first).to_be_attached()
        if portal.basemap is not None:
            expect(page.locator(".leaflet-tile-loaded").first).to_be_attached()
        return page.evaluate("performance.getEntriesByType('resource').filter(r => r.name.endsWith('.js')).length")

    without = scripts(PortalConfig(port=0))
    assert scripts(PortalConfig(port=0, basemap=basemap)) > without


def test_a_tile_server_of_pictures_is_drawn_over_the_land(open_city: Open) -> None:
    visitor = open_city(PortalConfig(port=0, tiles=f"{TILES}.png", tiles_attribution="Peta: Contoh"))
    visitor.expected.append("tile.example.org")
    visitor.context.route(
        "https://tile.example.org/**", lambda route: route.fulfill(body=PIXEL, content_type="image/png")
    )
    page = visitor.open("/")
    expect(page.locator("img.leaflet-tile-loaded").first).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("Peta: Contoh")
    assert visitor.errors == []


def test_the_page_works_on_without_its_tile_server(open_city: Open) -> None:
    visitor = open_city(PortalConfig(port=0, tiles=f"{TILES}.png"))
    visitor.expected += ["tile.example.org", "ERR_FAILED"]
    visitor.context.route("https://tile.example.org/**", lambda route: route.abort())
    page = visitor.open("/")
    expect(page.locator(".map-pin").first).to_be_visible()
    expect(page.locator(".land").first).to_be_attached()
    assert visitor.errors == []


def test_vector_tiles_of_a_server_are_permitted_and_drawn(open_city: Open) -> None:
    visitor = open_city(PortalConfig(port=0, tiles=f"{TILES}.mvt"))
    visitor.expected.append("tile.example.org")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=b"", headers={"Access-Control-Allow-Origin": "*"})

    visitor.context.route("https://tile.example.org/**", answer)
    page = visitor.open("/")
    expect(page.locator(".leaflet-tile-loaded").first).to_be_attached()
    assert asked and all(url.endswith(".mvt") for url in asked)
    assert visitor.errors == []


def test_the_page_works_on_with_a_file_that_is_no_basemap(open_city: Open, tmp_path: Path) -> None:
    (tmp_path / "wrong.pmtiles").write_bytes(b"PK\x03\x04" * 100)
    visitor = open_city(PortalConfig(port=0, basemap=tmp_path / "wrong.pmtiles"))
    page = visitor.open("/")
    expect(page.locator(".map-pin").first).to_be_visible()
    expect(page.locator(".land").first).to_be_attached()
    assert visitor.errors == []
