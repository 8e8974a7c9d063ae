"""Reports of viewers and the privacy notice in a real browser: what viewers send, and what operators do with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from psycopg_pool import ConnectionPool

from pipelines.config.settings import CityConfig, Config
from tests.support.browser import NEEDS_CHROMIUM, NEEDS_PAGES, city, screenshot
from tests.support.portal import serving
from tests.support.portal_pages import TIMEOUT_MS, visitor_of

pytestmark = [pytest.mark.integration, NEEDS_CHROMIUM, NEEDS_PAGES]
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    given = city(tmp_path, postgres_dsn)
    named = {"controller": "Diskominfo Kota Batam", "privacy_contact": "privasi@example.go.id"}
    return given.model_copy(update={"city": CityConfig(**{**given.city.model_dump(), **named})})


@pytest.fixture
def address(config: Config, pool: ConnectionPool) -> Iterator[str]:
    with serving(config, pool) as address:
        yield address


def test_an_operator_handles_what_a_viewer_reported(address: str, browser: Browser) -> None:
    with visitor_of(browser, address, size="phone") as visitor:
        page = visitor.open("/camera/kabil-1")
        page.get_by_text("Laporkan kamera ini").click()
        screenshot(page, "report-form")
        top = "parts => parts.map(part => document.querySelector(part).getBoundingClientRect().top)"
        tops = page.evaluate(top, [".camera-zones", ".camera-about", ".report-form"])
        assert tops == sorted(tops), "traffic comes first"
        page.get_by_role("button", name="Gambarnya dari tempat lain").click()
        expect(page.get_by_text("Terima kasih. Laporan Anda sudah diterima operator.")).to_be_visible()
    with visitor_of(browser, address) as operator:
        page = operator.sign_in("sari")
        page.get_by_role("link", name="Laporan", exact=True).click()
        row = page.locator(".report-row")
        expect(row).to_contain_text("Kabil arah utara")
        expect(row).to_contain_text("Gambarnya dari tempat lain")
        screenshot(page, "reports")
        row.get_by_role("button", name="Sudah ditangani").click()
        expect(page.get_by_text("Tidak ada laporan yang belum ditangani.")).to_be_visible()


def test_every_page_leads_to_the_privacy_notice_in_both_languages(address: str, browser: Browser) -> None:
    with visitor_of(browser, address, size="phone") as visitor:
        page = visitor.open("/")
        page.get_by_role("link", name="Pemberitahuan privasi").click()
        expect(page.get_by_role("heading", name="Pemberitahuan privasi")).to_be_visible()
        expect(page.get_by_text("Diskominfo Kota Batam")).to_be_visible()
        screenshot(page, "privacy")
        page.get_by_role("button", name="EN, English", include_hidden=True).dispatch_event("click")
        expect(page.get_by_role("heading", name="Privacy notice")).to_be_visible()
        expect(page.get_by_role("link", name="privasi@example.go.id")).to_be_visible()
