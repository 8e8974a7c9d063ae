"""Cards, list and favourites in a real browser: fresh pictures, states with their cause, order, and video on a tap."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from psycopg_pool import ConnectionPool

from analytics.facts import Direction, Level
from pipelines.config.settings import Config
from pipelines.events.condition import Condition
from pipelines.events.schema import CameraStatus, GateRecord, Health
from pipelines.live_video.preview_writer import MAX_PREVIEW_BYTES
from tests.support.browser import NEEDS_CHROMIUM, NEEDS_PAGES, Visitor, city, screenshot, write_live_video
from tests.support.portal import serving
from tests.support.portal_events import level, minute, online, ten_seconds
from tests.support.portal_pages import SIZES, TIMEOUT_MS, report_levels, visitor_of, write_preview
from tests.support.servers import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("lasting_reports"), NEEDS_CHROMIUM, NEEDS_PAGES]
expect.set_options(timeout=TIMEOUT_MS)
WORKS = {"id": "Perbaikan jalan sampai Juni.", "en": "Road works until June."}
LANGUAGES = ["id", "en"]


@pytest.fixture
def config(tmp_path, postgres_dsn: str) -> Config:
    """The city, with one camera in maintenance and another owner."""
    given = city(tmp_path, postgres_dsn)
    changes = {"jam-1": {"out_of_service": WORKS}, "kabil-1": {"owner": "Polresta Barelang"}}
    cameras = tuple(camera.model_copy(update=changes.get(camera.id, {})) for camera in given.cameras)
    return given.model_copy(update={"cameras": cameras})


@pytest.fixture
def address(config: Config, pool: ConnectionPool, store: Callable[..., None]) -> Iterator[str]:
    now = datetime.now(UTC)
    begin = minute(now) - timedelta(minutes=6)
    gates = [
        GateRecord(
            gate="utara",
            direction=direction,
            start_at=begin + timedelta(minutes=n),
            end_at=begin + timedelta(minutes=n + 1),
            coverage=1,
            flow_veh_h=615,
        )
        for n in range(5)
        for direction in Direction
    ]
    report_levels(store, now)
    store(ten_seconds(begin, gates=gates))
    for camera_id in ("laluan-1", "laluan-2", "kabil-1"):
        write_preview(config, camera_id)
    with serving(config, pool) as address:
        yield address


@pytest.fixture
def visitor(address: str, browser: Browser) -> Iterator[Visitor]:
    with visitor_of(browser, address) as visitor:
        yield visitor


def card(page: Page, camera_id: str):
    return page.locator(f'li[data-camera="{camera_id}"]')


def shown_width(page: Page, camera_id: str) -> int:
    """Width of the picture that a card shows, pixels; 0 without one."""
    return page.evaluate(
        """id => {
            const image = document.querySelector(`li[data-camera='${id}'] img`);
            return !image || image.hidden ? 0 : image.naturalWidth;
        }""",
        camera_id,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_a_card_has_a_fresh_picture_and_the_state_in_words(
    address: str, browser: Browser, size: str, language: str
) -> None:
    with visitor_of(browser, address, size=size, language=language) as visitor:
        page = visitor.open("/")
        jammed = card(page, "laluan-1")
        jammed.evaluate("element => element.scrollIntoView()")
        wait_until(lambda: shown_width(page, "laluan-1") == 400, "the picture")
        words = {
            "id": ("Padat", "Sekitar 1.200 kendaraan per jam, 23 km/jam", "Langsung", "Diperbarui", "Gambar"),
            "en": ("Congested", "About 1,200 vehicles an hour, 23 km/h", "Live", "Updated", "Picture"),
        }[language]
        for text in words:
            expect(jammed).to_contain_text(text)
        expect(jammed.locator(".camera-state")).to_have_attribute("data-condition", "live")
        assert page.locator("video").count() == 0, "video plays on a tap only"
        screenshot(page, f"cards-{language}-{size}")


def test_the_age_of_the_data_counts_up(visitor: Visitor) -> None:
    page = visitor.open("/")
    state = card(page, "kabil-1").locator(".camera-state")
    expect(state).to_contain_text("Diperbarui")

    def age() -> int:
        found = re.search(r"(\d+) detik lalu", state.inner_text())
        return int(found[1]) if found else 0

    before = age()
    wait_until(lambda: age() >= before + 2, "the age to count up")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_camera_that_is_down_has_its_state_last_picture_and_cause(
    address: str, browser: Browser, store: Callable[..., None], language: str
) -> None:
    now = datetime.now(UTC)
    store(
        *(
            Health(camera_id=camera_id, at=now, status=CameraStatus.OFFLINE, condition=Condition.UNREACHABLE, reason="")
            for camera_id in ("laluan-1", "laluan-2")
        ),
        Health(camera_id="kabil-1", at=now, status=CameraStatus.FROZEN, condition=Condition.FROZEN, reason=""),
    )
    expected = {
        "id": {
            "laluan-1": (
                "offline",
                r"Tidak tersambung\. Gambar terakhir dianalisis: \d\d\.\d\d WIB.*listrik atau jaringannya terputus",
            ),
            "kabil-1": (
                "frozen",
                r"Gambar membeku\. Gambar terakhir dianalisis.*tidak mengirim video yang dapat dipakai",
            ),
            "jam-1": ("maintenance", r"Dalam perbaikan.*Perbaikan jalan sampai Juni"),
            "barelang": ("offline", r"Tidak tersambung.*Komputer yang mengolah kamera ini tidak bekerja"),
        },
        "en": {
            "laluan-1": ("offline", r"Offline\. Last picture analysed: \d\d:\d\d WIB.*power or network is down"),
            "kabil-1": ("frozen", r"Picture frozen\. Last picture analysed.*sends no usable video"),
            "jam-1": ("maintenance", r"Under maintenance.*Road works until June"),
            "barelang": ("offline", r"Offline.*computer that analyses this camera is not working"),
        },
    }[language]
    with visitor_of(browser, address, language=language) as visitor:
        page = visitor.open("/")
        for camera_id, (condition, text) in expected.items():
            expect(card(page, camera_id).locator(".camera-state")).to_have_attribute("data-condition", condition)
            expect(card(page, camera_id)).to_have_text(re.compile(text, re.DOTALL))
        screenshot(page, f"cards-down-{language}")


def test_a_delay_is_shown_with_its_cause_while_reports_go_on(
    visitor: Visitor, store: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visitor.open("/")
    expect(card(page, "kabil-1").locator(".camera-state")).to_have_attribute("data-condition", "live")
    monkeypatch.setattr("portal.live.camera_state.DELAYED_AFTER", timedelta(0))
    store(online("kabil-1", datetime.now(UTC)).model_copy(update={"analysed_fps": 0.0}))
    late = card(page, "kabil-1").locator(".camera-state")
    expect(late).to_have_attribute("data-condition", "delayed")
    expect(late).to_contain_text("Terlambat")
    expect(card(page, "kabil-1")).to_contain_text("Penyebabnya belum diketahui")


def test_the_data_saver_costs_an_open_card_at_most_20_kbit_per_second(visitor: Visitor) -> None:
    page = visitor.context.new_page()
    sizes: list[int] = []

    def measure(request: Request) -> None:
        if "kabil-1/preview.jpg" in request.url:
            sizes.append(sum(request.sizes().values()))  # with the headers of both

    page.on("requestfinished", measure)
    page.clock.install()
    page.goto(visitor.address)
    page.get_by_role("button", name="Hemat data").click()
    expect(page.get_by_role("button", name="Hemat data")).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: shown_width(page, "kabil-1") > 0, "the first picture")
    page.reload()
    expect(page.get_by_role("button", name="Hemat data")).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: shown_width(page, "kabil-1") > 0, "the first picture")
    wait_until(lambda: picture(page) and len(sizes) >= 2, "both reports of it, which a call to the browser delivers")
    sizes.clear()
    for shown in range(1, 7):
        before = picture(page)
        page.clock.fast_forward(10_500)
        wait_until(lambda before=before: picture(page) not in (before, None), "the next picture")
        wait_until(lambda shown=shown: picture(page) and len(sizes) >= shown, "the report of its request")
        assert len(sizes) == shown, "one picture every ten seconds"
    overhead = max(sizes) - len_of_preview(page)
    worst_bits = 8 * (MAX_PREVIEW_BYTES + overhead)
    assert worst_bits / 10 <= 20_000, f"{worst_bits / 10:.0f} bit/s, {overhead} bytes of headers"


def picture(page: Page) -> str | None:
    """Address of the shown picture of camera `kabil-1` in the memory of the browser."""
    return page.evaluate("document.querySelector('li[data-camera=kabil-1] img:not([hidden])')?.src")


def len_of_preview(page: Page) -> int:
    return page.evaluate("fetch('/live/kabil-1/preview.jpg').then(r => r.blob()).then(b => b.size)")


def test_cards_that_are_not_on_the_screen_load_no_picture(address: str, browser: Browser) -> None:
    with visitor_of(browser, address, size="phone") as visitor:
        page = visitor.open("/")
        expect(card(page, "kabil-1")).to_be_attached()
        page.wait_for_timeout(1000)
        assert shown_width(page, "laluan-2") == 0
        card(page, "laluan-2").evaluate("element => element.scrollIntoView()")
        wait_until(lambda: shown_width(page, "laluan-2") > 0, "the picture")


def test_a_picture_that_changes_is_shown_while_the_page_is_open(visitor: Visitor, config: Config) -> None:
    page = visitor.open("/")
    wait_until(lambda: shown_width(page, "kabil-1") > 0, "the picture")
    before = picture(page)
    write_preview(config, "kabil-1", 40)
    wait_until(lambda: picture(page) not in (before, None), "the next picture")


def test_the_list_is_ordered_by_site_and_by_owner_and_searched_by_owner(visitor: Visitor) -> None:
    page = visitor.open("/")
    order = page.get_by_label("Urutkan")
    order.select_option(label="Menurut lokasi")
    expect(page.locator(".group-name")).to_have_text(
        ["Simpang Jam", "Simpang Kabil", "Simpang Laluan Madani", "Tanpa lokasi"]
    )
    order.select_option(label="Menurut pemilik")
    expect(page.locator(".group-name")).to_have_text(["Dinas Perhubungan", "Polresta Barelang"])
    page.reload()
    expect(page.locator(".group-name")).to_have_count(2)
    page.get_by_role("searchbox").fill("polresta")
    expect(page.locator("li[data-camera]")).to_have_count(1)
    expect(page.get_by_text("1 kamera ditampilkan")).to_be_visible()


def test_near_me_asks_on_a_tap_only_and_sends_no_position(address: str, browser: Browser) -> None:
    with visitor_of(browser, address, size="phone") as visitor:
        visitor.context.grant_permissions(["geolocation"], origin=address)
        visitor.context.set_geolocation({"latitude": 1.1051, "longitude": 104.0241})
        page = visitor.open("/")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
        expect(page.locator("li[data-camera]").first).to_have_attribute("data-camera", "kabil-1")
        page.get_by_role("button", name="Dekat saya").click()
        first = page.locator("li[data-camera]").first
        expect(first).to_have_attribute("data-camera", "jam-1")
        expect(first).to_contain_text("20 m dari sini")
        expect(page.locator("li[data-camera]").last).to_have_attribute("data-camera", "barelang")
        page.get_by_role("button", name="Dekat saya").click()
        expect(first).to_have_attribute("data-camera", "kabil-1")
        assert not any("1.105" in text or "104.02" in text for text in sent)
        assert "104.02" not in page.evaluate("JSON.stringify(localStorage)")


def test_near_me_without_permission_states_what_to_do(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.get_by_role("button", name="Dekat saya").click()
    expect(page.get_by_text("Izinkan lokasi untuk halaman ini, lalu coba lagi.")).to_be_visible()
    expect(page.locator("li[data-camera]").first).to_have_attribute("data-camera", "kabil-1")


@pytest.mark.parametrize("size", SIZES)
def test_favourites_are_kept_on_the_device_and_play_video_on_a_tap(
    address: str, browser: Browser, config: Config, size: str
) -> None:
    write_live_video(config.data_dir / "hls" / "kabil-1")
    write_preview(config, "kabil-1")
    with visitor_of(browser, address, size=size) as visitor:
        page = visitor.open("/favorit")
        expect(page.get_by_text("Belum ada kamera favorit.")).to_be_visible()
        page.get_by_role("navigation").get_by_role("link", name="Peta").click()
        for name in ("Kabil arah utara", "Jam arah selatan"):
            star = page.get_by_role("button", name=f"Jadikan {name} favorit")
            star.click()
            expect(star).to_have_attribute("aria-pressed", "true")
        page.get_by_role("navigation").get_by_role("link", name="Favorit").click()
        page.reload()
        expect(page.locator(".camera-tile")).to_have_count(2)
        wait_until(lambda: shown_width(page, "kabil-1") > 0, "the picture")
        assert page.locator("video").count() == 0
        screenshot(page, f"favourites-{size}")
        page.get_by_role("button", name="Putar video Kabil arah utara").click()
        wait_until(lambda: page.evaluate("document.querySelector('video')?.currentTime ?? 0") > 0, "the video")
        page.get_by_role("button", name="Kembali ke gambar").click()
        expect(page.locator("video")).to_have_count(0)
        expect(page.get_by_role("button", name="Putar video Jam arah selatan")).to_be_disabled()
        page.get_by_role("button", name="Jadikan Jam arah selatan favorit").click()
        expect(page.locator(".camera-tile")).to_have_count(1)
        assert visitor.context.cookies() == []


def test_every_task_of_the_list_is_done_by_keyboard(visitor: Visitor) -> None:
    visitor.expected.append("404")  # there is no live video
    page = visitor.open("/")
    expect(card(page, "kabil-1")).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.keyboard.type("kabil")
    expect(page.locator("li[data-camera]")).to_have_count(1)
    focused = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.className"
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(focused))
        if "favorit" in seen[-1]:
            break
    assert seen[-1] == "Jadikan Kabil arah utara favorit", seen
    assert seen[-2] == "card-link"
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Jadikan Kabil arah utara favorit")).to_be_focused()
    expect(page.get_by_role("button", name="Jadikan Kabil arah utara favorit")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kabil arah utara")).to_be_visible()


def test_a_card_keeps_the_focus_when_the_order_changes(visitor: Visitor, store: Callable[..., None]) -> None:
    page = visitor.open("/")
    link = card(page, "laluan-2").locator(".card-link")
    link.focus()
    store(level("laluan-2", "masuk", datetime.now(UTC), Level.JAMMED, Level.FREE))
    expect(card(page, "laluan-2").locator(".level-badge")).to_have_attribute("data-level", "jammed")
    expect(link).to_be_focused()


def test_the_name_of_the_city_is_not_cut_on_a_phone(address: str, browser: Browser) -> None:
    with visitor_of(browser, address, size="phone") as visitor:
        page = visitor.open("/")
        expect(page.locator(".site-brand strong")).to_be_visible()
        widths = page.evaluate(
            "[...document.querySelectorAll('.site-brand > span > *')].map(e => [e.scrollWidth, e.clientWidth])"
        )
        assert all(needed <= given for needed, given in widths), widths
        page.get_by_label("Tampilan").select_option(label="Gelap")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
