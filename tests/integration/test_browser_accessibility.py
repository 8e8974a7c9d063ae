"""Accessibility of every page by axe, in light and dark, on phone and desktop; and the size of the first screen."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from psycopg_pool import ConnectionPool

from analytics.facts import IncidentType
from pipelines.config.settings import Config
from pipelines.evidence.snapshots import Snapshots
from portal.spa import STATIC
from tests.support.browser import (
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
    PASSWORD,
    Visitor,
    city,
    counted_minute,
    raised,
    road_frame,
)
from tests.support.portal import serving
from tests.support.portal_events import minute
from tests.support.portal_pages import SIZES, TIMEOUT_MS, report_levels, visitor_of, write_preview

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("lasting_reports"), NEEDS_CHROMIUM, NEEDS_PAGES]
expect.set_options(timeout=TIMEOUT_MS)
AXE = STATIC.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIRST_SCREEN_BYTES = 120 * 1024
"""Most bytes before the first usable screen, compressed, without pictures. [target]"""


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    made = city(tmp_path, postgres_dsn)
    users = [user.model_copy(update={"roles": (*user.roles, "admin")}) for user in made.users if user.name == "sari"]
    return made.model_copy(update={"users": tuple(users)})


@pytest.fixture
def address(config: Config, pool: ConnectionPool, store: Callable[..., None]) -> Iterator[str]:
    report_levels(store)
    this_minute = minute(datetime.now(UTC))
    store(*(counted_minute("kabil-1", this_minute - timedelta(minutes=m), 4 + m % 7, 15) for m in range(1, 120)))
    for weeks in (1, 2, 3):
        begin = this_minute - timedelta(weeks=weeks, minutes=60)
        store(*(counted_minute("kabil-1", begin + timedelta(minutes=m), 3, 9) for m in range(120)))
    snapshot = Snapshots(config.data_dir / "snapshots").save("kabil-1-7", road_frame(20), (120, 180))
    store(raised("kabil-1", "kabil-1-7", IncidentType.STOPPED_VEHICLE, snapshot))
    write_preview(config, "kabil-1")
    with serving(config, pool) as address:
        yield address


def violations(page: Page) -> list[str]:
    """Violations that axe finds on a page, each with the elements concerned."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, { runOnly: tags }).then(r => r.violations)", RULES)
    places = [(v["id"], n["html"], n["failureSummary"]) for v in found for n in v["nodes"]]
    # The name of a pin has the words that it shows, with the place before the level.
    return [
        " ".join(place) for place in places if place[0] != "label-content-name-mismatch" or "marker" not in place[1]
    ]


PUBLIC = {
    "/": "li[data-camera]",
    "/camera/kabil-1": ".trend-chart",
    "/camera/barelang": ".camera-about",
    "/favorit": ".camera-tile",
    "/masuk": "form",
    "/ketersediaan": ".uptime-row",
    "/data-terbuka": ".feed",
    "/tidak-ada": "h1",
    "/embed/camera/kabil-1": ".camera-tile",
    "/embed/site/laluan": ".camera-tile",
    "/embed/map": ".map-pin",
}
INTERNAL = {
    "/riwayat?camera=kabil-1&gate=utara&period=custom": ".chart canvas",
    "/kejadian": ".incident-row",
    "/kejadian/mutu": ".fact-list",
    "/kejadian/kabil-1-7": "[data-detail]",
    "/akun": ".session",
    "/orang": ".account-card",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_has_a_violation(address: str, browser: Browser, size: str, scheme: str) -> None:
    with visitor_of(browser, address, size=size, scheme=scheme) as visitor:
        visitor.expected += ["404", "Failed to load resource"]  # there is no live video
        page = visitor.open("/")
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        page.get_by_role("button", name="Jadikan Kabil arah utara favorit").click()
        found = checked(page, visitor, PUBLIC)
        page.goto(f"{address}/")
        if size == "phone":
            page.get_by_role("button", name="Menu").click()
        page.locator(".map-pin").first.click()
        expect(page.locator(".leaflet-popup")).to_have_css("opacity", "1")  # it fades in
        if problems := violations(page):
            found["the map with a popup"] = problems
        page.goto(f"{address}/masuk?next=/kejadian")
        page.get_by_label("Nama pengguna").fill("sari")
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.get_by_label("Kata sandi").press("Enter")
        expect(page.locator(".incident-row").first).to_be_visible()
        found |= checked(page, visitor, INTERNAL)
        assert not found, json.dumps(found, indent=1)


def checked(page: Page, visitor: Visitor, pages: dict[str, str]) -> dict[str, list[str]]:
    """Violations by path, after the awaited element is there and every part is unfolded."""
    found = {}
    for path, awaited in pages.items():
        page.goto(visitor.address + path)
        expect(page.locator(awaited).first).to_be_visible()
        for summary in page.locator("summary").all():
            summary.click()
        page.evaluate("scrollTo(0, 0)")  # or the header that stays covers what a click scrolled under it
        if problems := violations(page):
            found[path] = problems
    return found


@pytest.mark.parametrize("size", SIZES)
def test_the_first_screen_is_small_without_code_of_video_or_charts(address: str, browser: Browser, size: str) -> None:
    with visitor_of(browser, address, size=size) as visitor:
        page = visitor.context.new_page()
        answers: list[Response] = []
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (Playwright marks the handler)
        page.goto(address)
        expect(page.locator("li[data-camera]").first).to_be_visible()
        expect(page.locator(".map-pin").first).to_be_visible()
        sizes = {
            answer.url.removeprefix(address): answer.request.sizes()["responseBodySize"]
            for answer in answers
            if "/api/stream" not in answer.url and not answer.url.endswith((".jpg", ".png"))
        }
        assert sum(sizes.values()) <= FIRST_SCREEN_BYTES, sizes
        code = "".join(answer.text() for answer in answers if "/assets/" in answer.url and answer.url.endswith(".js"))
        assert "EXT-X-" not in code, "the player is loaded with the first video"
        assert "uPlot" not in code, "charts are loaded with their pages"


def test_with_reduced_motion_nothing_moves(address: str, browser: Browser) -> None:
    with visitor_of(browser, address) as visitor:
        page = visitor.context.new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(address)
        expect(page.locator(".map-pin").first).to_be_visible()
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((element) => {
                const { transitionDuration, animationName } = getComputedStyle(element);
                return animationName !== "none" || transitionDuration.split(",").some((s) => parseFloat(s) > 0);
            }).map((element) => element.className.toString())"""
        )
        assert moving == []
