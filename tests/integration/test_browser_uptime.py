"""The public page of uptime in a real browser, over a year of gaps in a real database."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config
from pipelines.store.pool import transaction
from tests.support.browser import DESKTOP, NEEDS_CHROMIUM, NEEDS_PAGES, PHONE, Visitor, city, screenshot
from tests.support.portal import serving

pytestmark = [
    pytest.mark.integration,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
]

TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)
DAY = timedelta(days=1)
SINCE_DAYS = {"laluan-1": 400, "laluan-2": 200, "kabil-1": 60, "jam-1": 20, "kantor": 90}
"""Days since which each camera is known; `barelang` was never in service."""
GAPS = (
    ("laluan-1", 300, 40 * 1440, "link"),
    ("laluan-1", 25, 300, "view"),
    ("laluan-2", 100, 600, "worker"),
    ("kabil-1", 12, 5 * 1440, "site_power"),
    ("kabil-1", 3, 90, "unknown"),
    ("kantor", 80, 70 * 1440, "camera"),
)
"""Camera, days ago, minutes and cause of each gap."""


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    return city(tmp_path, postgres_dsn)


@pytest.fixture
def address(config: Config, pool: ConnectionPool) -> Iterator[str]:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with transaction(pool) as connection:
        connection.execute("UPDATE gap_progress SET assessed_until = %s", [now])
        for camera, days in SINCE_DAYS.items():
            query = "INSERT INTO camera_service VALUES (%s, %s, 'in_service', NULL, NULL, true)"
            connection.execute(query, [camera, now - days * DAY])
        for camera, days, minutes, cause in GAPS:
            connection.execute(
                "INSERT INTO gaps SELECT %s, %s + n * interval '1 minute', 0, %s, '' FROM generate_series(1, %s) AS n",
                [camera, now - days * DAY, cause, minutes],
            )
    with serving(config, pool) as address:
        yield address


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def visitor(address: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    with browser.new_context(viewport=request.param, locale="id-ID", has_touch=True) as context:
        context.set_default_timeout(TIMEOUT_MS)
        visitor = Visitor(address, context)
        yield visitor
    assert visitor.errors == []


def expect_names(page: Page, *names: str) -> None:
    """Wait until the list has these rows, in this order."""
    expect(page.locator(".uptime-list .uptime-name > :first-child")).to_have_text(list(names))


def test_the_public_reads_uptime_with_causes_worst_first_in_both_languages(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.get_by_role("link", name="Ketersediaan").click()
    expect(page.get_by_role("heading", name="Ketersediaan kamera")).to_be_visible()
    expect_names(page, "Kabil arah utara", "Laluan arah utara", "Jam arah selatan", "Laluan arah timur", "Barelang")
    assert "Kantor" not in page.content(), "a camera that is not public"
    kabil = page.locator(".uptime-list > li").first
    expect(kabil.locator(".uptime-share")).to_have_text(re.compile(r"^8[23](,\d)?% teramati$"))
    expect(kabil).to_contain_text("Seluruh lokasi mati (listrik atau jaringannya) 5 hari 0 jam")
    expect(kabil).to_contain_text("penyebab tidak diketahui 1 jam 30 menit")
    expect(page.locator(".uptime-list > li").last).to_contain_text("Belum ada data")
    screenshot(page, "uptime")

    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("heading", name="Uptime of the cameras")).to_be_visible()
    expect(kabil).to_contain_text("The whole site is down (its power or its network): 5 d 0 h")
    screenshot(page, "uptime-en")


def test_months_sites_and_owners_are_chosen_and_kept_in_the_address(visitor: Visitor) -> None:
    page = visitor.open("/ketersediaan")
    page.get_by_label("Rentang waktu").select_option("12m")
    expect(page.locator(".uptime-list > li").first).to_contain_text("40 hari 0 jam")
    page.get_by_role("button", name="Lokasi").click()
    expect_names(page, "Simpang Kabil", "Simpang Laluan Madani", "Simpang Jam")
    page.reload()
    expect_names(page, "Simpang Kabil", "Simpang Laluan Madani", "Simpang Jam")
    page.get_by_role("button", name="Pemilik").click()
    expect_names(page, "Dinas Perhubungan")
    page.locator(".uptime-list summary").click()
    expect(page.locator(".uptime-list tbody tr")).to_have_count(12)
    screenshot(page, "uptime-owner-year")


def test_a_row_leads_to_its_camera_and_a_table_opens_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/ketersediaan")
    expect(page.locator(".uptime-list")).to_be_visible()
    summary = page.locator(".uptime-list summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".uptime-list tbody tr")).to_have_count(30)
    page.get_by_role("link", name="Jam arah selatan").click()
    expect(page.get_by_role("heading", name="Jam arah selatan")).to_be_visible()


def test_operators_see_the_cameras_that_are_not_public(visitor: Visitor) -> None:
    visitor.sign_in("sari")
    page = visitor.open("/ketersediaan?period=12m")
    expect(page.locator(".uptime-list > li").first).to_contain_text("Kantor")
