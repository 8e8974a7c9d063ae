"""The pages in a real browser behind a real nginx: below a path, in many tabs, and without an event stream."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg_pool import ConnectionPool

from analytics.facts import IncidentType, Level
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import Config
from pipelines.evidence.snapshots import Snapshots
from tests.support.browser import (
    DESKTOP,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
    PASSWORD,
    Visitor,
    city,
    raised,
    road_frame,
    screenshot,
    write_live_video,
)
from tests.support.nginx import needs_nginx, proxy
from tests.support.portal import serving
from tests.support.portal_events import level, online
from tests.support.servers import wait_until

pytestmark = [
    pytest.mark.integration,
    needs_nginx,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
]

STRIPS = "location /lalin/ {{ proxy_pass {portal}/; }}"
KEEPS = "location /lalin {{ proxy_pass {portal}; }}"
NAMES_IT = "location /lalin/ {{ proxy_pass {portal}/; proxy_set_header X-Forwarded-Prefix /lalin; }}"
KEEPS_BACK = (
    "location /lalin/ {{ proxy_pass {portal}/; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
    " proxy_buffers 4 64k; }}"
)
"""An nginx that collects answers of the portal before it sends them on."""
DROPS = "location /lalin {{ rewrite ^/lalin/?(.*?)/?$ /$1 break; proxy_pass {portal}; }}"
"""An nginx that removes the path in silence, with the slash at the end."""
NAMES_A_PART = "location /lalin/ {{ proxy_pass {portal}/; proxy_set_header X-Forwarded-Prefix /dalam; }}"
"""The inner of two proxies, whose path is not that of the browser."""
PUBLIC_URL = "http://lalin.example.id/lalin"
TIMEOUT_MS = 20_000
TABS = 8
"""More tabs than a browser opens connections to one HTTP/1.1 server, which is six. [source: Chromium]"""


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    return city(tmp_path, postgres_dsn)


@pytest.fixture
def levels(store: Callable[..., None]) -> None:
    now = datetime.now(UTC)
    for camera_id in ("laluan-1", "kabil-1", "kantor"):
        store(online(camera_id, now, image_size=(640, 360)), level(camera_id, "masuk", now, Level.JAMMED))


@contextmanager
def behind_nginx(
    browser: Browser, config: Config, pool: ConnectionPool, locations: str, *, public_url: str | None = None
) -> Iterator[Visitor]:
    """A visitor of the portal at /lalin of an nginx."""
    config = config.model_copy(update={"portal": PortalConfig(port=0, public_url=public_url)})
    with (
        serving(config, pool) as portal,
        proxy(config.data_dir.parent / "nginx", locations.format(portal=portal)) as address,
        browser.new_context(viewport=DESKTOP, locale="id-ID") as context,  # type: ignore[arg-type]
    ):
        context.set_default_timeout(TIMEOUT_MS)
        visitor = Visitor(f"{address}/lalin", context)
        yield visitor
    assert visitor.errors == []


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize(
    ("locations", "public_url"),
    [(NAMES_IT, None), (STRIPS, None), (KEEPS, PUBLIC_URL)],
    ids=["named", "silent", "kept"],
)
def test_every_page_works_below_a_path(browser, config, pool, store, *, locations, public_url):
    snapshot = Snapshots(config.data_dir / "snapshots").save("kabil-1-7", road_frame(20), (120, 180))
    store(raised("kabil-1", "kabil-1-7", IncidentType.STOPPED_VEHICLE, snapshot))
    write_live_video(config.data_dir / "hls" / "kabil-1")
    with behind_nginx(browser, config, pool, locations, public_url=public_url) as visitor:
        visitor.expected.append("401")  # the page of incidents, before the sign-in
        page = visitor.open("/")
        page.locator('li[data-camera="kabil-1"] a').click()
        expect(page).to_have_url(f"{visitor.address}/camera/kabil-1")
        wait_until(lambda: played_s(page) > 0, "the video to play")
        page.reload()
        wait_until(lambda: played_s(page) > 0, "the video to play after a reload")
        page.locator(".site-brand").click()
        expect(page).to_have_url(f"{visitor.address}/")
        page.get_by_role("button", name=re.compile("Simpang Kabil")).click()
        expect(page.locator(".cluster-popup a").first).to_have_attribute("href", "/lalin/camera/kabil-1")
        page.goto(f"{visitor.address}/kejadian")
        page.get_by_label("Nama pengguna").fill("sari")
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.get_by_label("Kata sandi").press("Enter")
        page.locator('li[data-incident="kabil-1-7"] a').click()
        expect(page).to_have_url(f"{visitor.address}/kejadian/kabil-1-7")
        expect(page.locator(".incident-snapshot img")).to_have_js_property("naturalWidth", 640)
        page.get_by_role("link", name="Riwayat").click()
        expect(page.get_by_role("heading", name="Riwayat lalu lintas")).to_be_visible()
        page.reload()
        expect(page.get_by_role("link", name=re.compile("CSV")).first).to_be_visible()
        href = page.get_by_role("link", name=re.compile("CSV")).first.get_attribute("href")
        assert href is not None and href.startswith("/lalin/api/history.csv?")
        page.get_by_role("button", name="Keluar").click()
        expect(page.get_by_role("link", name="Masuk")).to_have_attribute("href", "/lalin/masuk")
        cookies = [(cookie["name"], cookie["path"]) for cookie in visitor.context.cookies()]
        assert cookies == [], "signing out deletes the cookie"


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize(
    ("locations", "public_url"),
    [(DROPS, None), (NAMES_A_PART, None), (STRIPS, "http://lalin.example.id/lain")],
    ids=["slash dropped", "a part named", "wrong public_url"],
)
def test_pages_find_their_files_where_the_portal_does_not_know_their_path(
    browser, config, pool, *, locations, public_url
):
    with behind_nginx(browser, config, pool, locations, public_url=public_url) as visitor:
        visitor.expected += ["418", "404", "/assets/", "/favicon.svg"]  # another site answers at wrong addresses
        for path in ("", "/", "/?x=1"):
            expect_level(visitor.open(path), "laluan-1", Level.JAMMED)
        for path in ("/camera/kabil-1", "/camera/kabil-1/"):
            expect(visitor.open(path).get_by_role("heading", name="Kabil arah utara")).to_be_visible()
        page = visitor.sign_in("sari")
        page.reload()
        expect(page.get_by_role("button", name="Keluar")).to_be_visible()


@pytest.mark.usefixtures("levels")
def test_many_tabs_share_one_stream(browser, config, pool, store):
    with behind_nginx(browser, config, pool, STRIPS) as visitor:
        pages = [visitor.open("/") for _ in range(TABS)]
        for page in pages:
            expect_level(page, "laluan-1", Level.JAMMED)
        store(level("laluan-1", "masuk", datetime.now(UTC), Level.FREE, Level.JAMMED))
        for page in pages:
            expect_level(page, "laluan-1", Level.FREE)
        visitor.expected.append("404")  # there is no video
        page = visitor.open("/camera/kabil-1")
        expect(page.get_by_role("heading", name="Kabil arah utara")).to_be_visible()


@pytest.mark.usefixtures("levels")
def test_all_tabs_follow_a_change_of_the_session(browser, config, pool):
    with behind_nginx(browser, config, pool, STRIPS) as visitor:
        other = visitor.open("/")
        expect_level(other, "laluan-1", Level.JAMMED)
        page = visitor.sign_in("sari")
        expect(other.get_by_role("button", name="Keluar")).to_be_visible()
        expect_level(other, "kantor", Level.JAMMED)
        page.get_by_role("button", name="Keluar").click()
        expect(other.get_by_role("link", name="Masuk")).to_be_visible()
        expect(other.locator('li[data-camera="kantor"]')).to_have_count(0)


@pytest.mark.usefixtures("levels")
def test_levels_change_behind_a_proxy_that_keeps_the_stream_back(browser, config, pool, store):
    with behind_nginx(browser, config, pool, KEEPS_BACK) as visitor:
        page = visitor.open("/")
        expect_level(page, "laluan-1", Level.JAMMED)
        page.wait_for_timeout(9000)
        store(level("laluan-1", "masuk", datetime.now(UTC), Level.FREE, Level.JAMMED))
        expect_level(page, "laluan-1", Level.FREE)
        expect(page.locator(".connection-state")).to_have_attribute("data-state", "live")


def test_sign_in_over_plain_http_leads_to_the_public_address(browser, config, pool):
    with behind_nginx(browser, config, pool, KEEPS, public_url="https://lalin.example.id/lalin") as visitor:
        page = visitor.open("/masuk?next=%2Friwayat")
        link = page.get_by_role("link", name="https://lalin.example.id")
        expect(link).to_have_attribute("href", "https://lalin.example.id/lalin/masuk?next=%2Friwayat")
        expect(page.locator("input")).to_have_count(0)
        screenshot(page, "sign-in-needs-https")


def played_s(page: Page) -> float:
    return page.evaluate("document.querySelector('video')?.currentTime ?? 0")


def expect_level(page: Page, camera_id: str, its_level: Level) -> None:
    badge = page.locator(f'li[data-camera="{camera_id}"] .level-badge')
    expect(badge).to_have_attribute("data-level", its_level, timeout=TIMEOUT_MS)


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize("allowed", [True, False], ids=["named", "unnamed"])
def test_only_named_sites_may_frame_the_pages(browser, config, pool, tmp_path, allowed):
    """The site is on another host name, as a city's own site is."""
    other = tmp_path / "other"
    other.mkdir()
    with proxy(tmp_path / "site", f"location /site/ {{ default_type text/html; alias {other}/; }}") as address:
        site = address.replace("127.0.0.1", "localhost")
        settings = PortalConfig(port=0, frame_ancestors=(site,) if allowed else ())
        with (
            serving(config.model_copy(update={"portal": settings}), pool) as portal,
            browser.new_context(viewport=DESKTOP, locale="id-ID") as context,  # type: ignore[arg-type]
        ):
            (other / "page.html").write_text(f'<iframe src="{portal}/" style="width: 100%; height: 700px"></iframe>')
            page = context.new_page()
            page.goto(f"{site}/site/page.html")
            framed = page.frame_locator("iframe").locator('li[data-camera="laluan-1"] .level-badge')
            if allowed:
                expect(framed).to_have_attribute("data-level", Level.JAMMED, timeout=TIMEOUT_MS)
                screenshot(page, "framed")
            else:
                page.wait_for_timeout(3000)
                expect(framed).to_have_count(0)
