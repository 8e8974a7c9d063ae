"""Pages of accounts in a real browser: an admin adds one, it signs in elsewhere, and sessions are ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config, UserConfig
from tests.support.browser import DESKTOP, NEEDS_CHROMIUM, NEEDS_PAGES, PASSWORD, Visitor, city, screenshot
from tests.support.portal import client_of, quick_hash, serving

pytestmark = [pytest.mark.integration, NEEDS_CHROMIUM, NEEDS_PAGES]
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    made = city(tmp_path, postgres_dsn)
    admin = UserConfig(name="ana", roles=("admin",), password_hash=quick_hash(PASSWORD))
    return made.model_copy(update={"users": (*made.users, admin)})


@pytest.fixture
def address(config: Config, pool: ConnectionPool) -> Iterator[str]:
    with serving(config, pool) as address:
        yield address


@pytest.fixture
def visitor(address: str, browser: Browser) -> Iterator[Visitor]:
    with browser.new_context(viewport=DESKTOP, locale="id-ID") as context:
        context.set_default_timeout(TIMEOUT_MS)
        visitor = Visitor(address, context)
        yield visitor
    assert visitor.errors == []


def test_admin_adds_an_account_and_ends_its_session(visitor: Visitor, address: str) -> None:
    page = visitor.sign_in("ana")
    expect(page.locator("nav a")).to_have_text(["Peta", "Favorit", "Ketersediaan", "Data terbuka", "Akun"])
    page.get_by_role("link", name="Akun").click()
    expect(page.locator(".account-card strong").first).to_have_text("ana")
    new = page.locator("section", has_text="Tambah akun")
    new.get_by_label("Nama pengguna").fill("tono")
    new.get_by_label("Kata sandi pertama").fill(PASSWORD)
    new.get_by_label("Polisi").check()
    new.get_by_label("Dinas Perhubungan").check()
    new.get_by_role("button", name="Tambah akun").click()
    card = page.locator(".account-card", has_text="tono")
    expect(card.locator("summary")).to_contain_text("Polisi · Pemilik: Dinas Perhubungan · 6 kamera")
    with client_of(address) as client:
        signed_in = client.post("/api/session", json={"name": "tono", "password": PASSWORD})
        assert signed_in.json() == {"user": {"name": "tono", "roles": ["police"]}}
        card.locator("summary").click()
        expect(card.get_by_text("Program lain · IPv4")).to_be_visible()
        screenshot(page, "people")
        card.get_by_role("button", name="Akhiri").click()
        expect(card.get_by_text("Tidak ada sesi terbuka.")).to_be_visible()
        assert client.get("/api/session").json() == {"user": None}
    card.get_by_label("Nonaktif").check()
    card.get_by_role("button", name="Simpan").click()
    expect(card.locator("summary")).to_contain_text("Nonaktif")


def test_own_sessions_are_listed_and_the_present_one_ends(visitor: Visitor) -> None:
    page = visitor.sign_in("rina")
    page.get_by_role("link", name="rina").click()
    expect(page.get_by_role("heading", name="Sesi saya")).to_be_visible()
    expect(page.locator(".session strong")).to_have_text(["Chrome, Linux · IPv4 (sesi ini)"])
    screenshot(page, "sessions")
    page.locator(".session").get_by_role("button", name="Keluar").click()
    expect(page.locator("form").get_by_role("button", name="Masuk")).to_be_visible()
