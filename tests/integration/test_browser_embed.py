"""Widgets in a frame of another site, and the installed page without a connection, in a real browser."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from psycopg_pool import ConnectionPool

from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import Config
from tests.support.browser import DESKTOP, NEEDS_CHROMIUM, NEEDS_PAGES, Visitor, city, write_live_video
from tests.support.nginx import needs_nginx, proxy
from tests.support.portal import serving
from tests.support.portal_pages import TIMEOUT_MS, report_levels, visitor_of, write_preview
from tests.support.servers import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("lasting_reports"), NEEDS_CHROMIUM, NEEDS_PAGES]
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    return city(tmp_path, postgres_dsn)


@pytest.fixture
def portal(config: Config, pool: ConnectionPool, store: Callable[..., None]) -> Iterator[ExitStack]:
    """A running portal. Closing the stack stops it."""
    report_levels(store)
    write_preview(config, "kabil-1")
    with ExitStack() as stack:
        stack.address = stack.enter_context(serving(config, pool))  # type: ignore[attr-defined]
        yield stack


@pytest.fixture
def news_site(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`news_site(html)`: address of a page of another site with this content."""
    folder = tmp_path / "news"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def publish(html: str) -> str:
            (folder / "index.html").write_text(f"<!doctype html><html lang=id><title>Kabar</title><h1>Kabar</h1>{html}")
            return f"http://localhost:{server.server_port}/"

        yield publish
        server.shutdown()


def framed(page: Page, address: str, path: str, news_site: Callable[[str], str]) -> FrameLocator:
    page.goto(news_site(f'<iframe src="{address}{path}" title="Simpang" width=360 height=480></iframe>'))
    return page.frame_locator("iframe")


@pytest.fixture
def visitor(portal: ExitStack, browser: Browser) -> Iterator[Visitor]:
    address: str = portal.address  # type: ignore[attr-defined]
    with visitor_of(browser, address) as visitor:
        yield visitor


def test_a_camera_in_a_frame_of_another_site_plays_on_a_tap_and_links_out(
    visitor: Visitor, config: Config, news_site: Callable[[str], str]
) -> None:
    write_live_video(config.data_dir / "hls" / "kabil-1")
    write_preview(config, "kabil-1")
    page = visitor.context.new_page()
    frame = framed(page, visitor.address, "/embed/camera/kabil-1?theme=dark&lang=en", news_site)
    expect(frame.locator(".camera-tile")).to_contain_text("Jammed")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    expect(frame.get_by_role("banner")).to_have_count(0)
    frame.get_by_role("button", name="Play the video of Kabil").click()
    inner = next(each for each in page.frames if "/embed/" in each.url)
    wait_until(lambda: inner.evaluate("document.querySelector('video')?.currentTime ?? 0") > 0, "the video")
    with visitor.context.expect_page() as opened:
        frame.get_by_role("link", name="Open the camera page").click()
    expect(opened.value).to_have_url(f"{visitor.address}/camera/kabil-1")
    assert "/embed/camera/kabil-1" in inner.url, "the frame stays a widget"
    assert visitor.context.cookies() == []


@pytest.mark.parametrize(
    ("path", "count"), [("/embed/site/laluan", 2), ("/embed/site/kabil", 1), ("/embed/camera/jam-1", 1)]
)
def test_a_site_in_a_frame_has_its_public_cameras(
    visitor: Visitor, news_site: Callable[[str], str], path: str, count: int
) -> None:
    frame = framed(visitor.context.new_page(), visitor.address, path, news_site)
    expect(frame.locator(".camera-tile")).to_have_count(count)
    expect(frame.locator("html")).to_have_attribute("lang", "id")


def test_the_map_in_a_frame_fills_it(visitor: Visitor, news_site: Callable[[str], str]) -> None:
    page = visitor.context.new_page()
    frame = framed(page, visitor.address, "/embed/map", news_site)
    expect(frame.locator(".map-pin").first).to_be_visible()
    box = frame.locator(".camera-map").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (pytest.approx(360, abs=4), pytest.approx(450, abs=12))
    frame.get_by_role("button", name=re.compile("Simpang Kabil")).click()
    with visitor.context.expect_page() as opened:
        frame.locator(".cluster-popup a").first.click()
    expect(opened.value).to_have_url(f"{visitor.address}/camera/kabil-1")


@pytest.mark.parametrize("path", ["/embed/camera/kantor", "/embed/camera/tidak-ada", "/embed/site/tidak-ada"])
def test_a_widget_of_a_camera_that_is_not_public_states_it(
    visitor: Visitor, news_site: Callable[[str], str], path: str
) -> None:
    frame = framed(visitor.context.new_page(), visitor.address, path, news_site)
    expect(frame.get_by_text("Kamera ini tidak ada atau tidak terbuka untuk umum.")).to_be_visible()


def test_a_widget_shows_only_what_is_public_in_a_browser_with_a_session(visitor: Visitor) -> None:
    visitor.expected.append("404")
    visitor.sign_in("sari")
    page = visitor.open("/")
    expect(page.locator('li[data-camera="kantor"]')).to_be_visible()
    page.goto(f"{visitor.address}/embed/site/kabil")
    expect(page.locator(".camera-tile")).to_have_count(1)
    page.goto(f"{visitor.address}/embed/camera/kantor")
    expect(page.get_by_text("Kamera ini tidak ada atau tidak terbuka untuk umum.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/camera/kabil-1", "/masuk", "/favorit"])
def test_another_site_cannot_frame_the_pages_themselves(
    visitor: Visitor, news_site: Callable[[str], str], path: str
) -> None:
    page = visitor.context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    frame = framed(page, visitor.address, path, news_site)
    wait_until(lambda: any("frame-ancestors" in text for text in messages), "the refusal")
    expect(frame.locator("header")).to_have_count(0)


def test_the_code_on_the_camera_page_shows_the_widget(visitor: Visitor, news_site: Callable[[str], str]) -> None:
    visitor.expected.append("404")  # there is no live video
    page = visitor.open("/camera/kabil-1")
    page.get_by_text("Sematkan di situs lain").click()
    page.locator(".embed-snippet select").select_option("dark")
    code = page.get_by_label("Kode untuk disematkan").input_value()
    other = visitor.context.new_page()
    other.goto(news_site(code))
    frame = other.frame_locator("iframe")
    expect(frame.locator(".camera-tile")).to_contain_text("Kabil arah utara")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


def is_controlled(page: Page) -> bool:
    """Whether the offline shell is there, with the code of the page."""
    return page.evaluate(
        """async () => {
            if (!navigator.serviceWorker.controller) return false;
            const files = (await (await caches.open("simpang-shell")).keys()).map(({ url }) => url);
            const has = (name) => files.some((url) => url.includes(`/assets/${name}`));
            return has("map") && has("index");
        }"""
    )


def test_without_a_connection_the_page_states_the_time_of_its_last_data_and_no_old_level(
    visitor: Visitor, portal: ExitStack, config: Config, pool: ConnectionPool
) -> None:
    visitor.expected += ["ERR_", "Failed to", "fetch"]
    page = visitor.open("/")
    expect(page.locator('li[data-camera="kabil-1"] .level-badge')).to_have_attribute("data-level", "jammed")
    wait_until(lambda: is_controlled(page), "the offline shell")
    kept = page.evaluate("caches.open('simpang-shell').then(c => c.keys()).then(k => k.map(r => r.url))")
    assert not [url for url in kept if "/api/" in url or "/live/" in url]
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert "jammed" not in stored
    portal.close()
    for path in ("/", "/camera/kabil-1", "/favorit"):
        page.goto(visitor.address + path)
        expect(
            page.get_by_text(re.compile(r"Tidak ada sambungan\. Data terakhir diterima .*\d\d\.\d\d WIB"))
        ).to_be_visible()
        assert page.locator(".level-badge").count() == 0
    port = int(visitor.address.rsplit(":", 1)[1])
    again = config.model_copy(update={"portal": PortalConfig(port=port)})
    with serving(again, pool):
        page.get_by_role("button", name="Coba lagi").click()
        expect(page.get_by_role("heading", name="Kamera favorit saya")).to_be_visible()
        page.goto(visitor.address)
        expect(page.locator('li[data-camera="kabil-1"]')).to_be_visible()


def test_the_page_can_be_installed(visitor: Visitor) -> None:
    page = visitor.open("/")
    expect(page.locator('li[data-camera="kabil-1"]')).to_be_visible()
    session = visitor.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    content = json.loads(manifest["data"])
    assert content["name"] == "Lalu lintas Batam"
    for icon in content["icons"]:
        answer = page.request.get(f"{visitor.address}/{icon['src']}")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    wait_until(lambda: is_controlled(page), "the offline shell")
    errors = {error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert errors == {"in-incognito"}, "the profile of a test is the only obstacle"


@needs_nginx
def test_the_offline_shell_works_below_a_path(
    browser: Browser, config: Config, portal: ExitStack, tmp_path: Path
) -> None:
    address: str = portal.address  # type: ignore[attr-defined]
    locations = f"location /lalin/ {{ proxy_pass {address}/; }}"
    with browser.new_context(viewport=DESKTOP) as context:  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        with proxy(tmp_path / "nginx", locations) as site:
            page = context.new_page()
            page.goto(f"{site}/lalin/")
            expect(page.locator('li[data-camera="kabil-1"]')).to_be_visible()
            wait_until(lambda: is_controlled(page), "the offline shell")
            frame = context.new_page()
            frame.goto(f"{site}/lalin/embed/camera/kabil-1")
            expect(frame.locator(".camera-tile")).to_contain_text("Macet")
        for path in ("/lalin/", "/lalin/camera/kabil-1"):
            page.goto(site + path)
            expect(page.get_by_text("Data terakhir diterima")).to_be_visible()
