"""The pages in a real browser, over a real portal, database and HLS video."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from psycopg_pool import ConnectionPool

from analytics.facts import IncidentType, Level
from pipelines.config.settings import Config
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus, Health
from pipelines.evidence.snapshots import Snapshots
from portal.spa import STATIC
from tests.support.browser import (
    DESKTOP,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
    PASSWORD,
    Visitor,
    capacity_minute,
    city,
    counted_minute,
    raised,
    road_frame,
    screenshot,
    words,
    words_of,
    write_live_video,
)
from tests.support.portal import serving
from tests.support.portal_events import level, minute, online
from tests.support.servers import wait_until

pytestmark = [
    pytest.mark.integration,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
]

LEVELS = {
    "laluan-1": Level.CONGESTED,
    "laluan-2": Level.FREE,
    "kabil-1": Level.JAMMED,
    "jam-1": Level.DENSE,
    "kantor": Level.JAMMED,
}
NAMES = {
    Level.FREE: "Lancar",
    Level.DENSE: "Ramai",
    Level.CONGESTED: "Padat",
    Level.JAMMED: "Macet",
    Level.UNKNOWN: "Tidak ada data",
}
TIMEOUT_MS = 20_000
WEB = STATIC.parent / "web" / "src"
CITY_WORDS = """
    Simpang Batam Laluan Madani Kabil Jam Barelang Kantor arah utara timur selatan masuk keluar Dinas Perhubungan
    rina sari budi WIB ID Indonesia km ditemukan Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des
"""
"""Names in the data of the city, the language switch, the scale of the map, the page of `portal.spa`, and dates."""
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    return city(tmp_path, postgres_dsn)


@pytest.fixture
def portal(config: Config, pool: ConnectionPool, store: Callable[..., None]) -> Iterator[ExitStack]:
    """A running portal with fresh levels of all cameras but `barelang`. Closing the stack stops the portal."""
    now = datetime.now(UTC)
    for camera_id, its_level in LEVELS.items():
        store(
            online(camera_id, now, image_size=(640, 360)),
            level(camera_id, "masuk", now, its_level, speed_kmh=23.4),
            level(camera_id, "keluar", now, Level.FREE, speed_kmh=41.0),
        )
    with ExitStack() as stack:
        stack.address = stack.enter_context(serving(config, pool))  # type: ignore[attr-defined]
        yield stack


@pytest.fixture
def visitor(portal: ExitStack, browser: Browser) -> Iterator[Visitor]:
    address: str = portal.address  # type: ignore[attr-defined]
    with browser.new_context(viewport=DESKTOP, locale="id-ID", accept_downloads=True) as context:  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        visitor = Visitor(address, context)
        yield visitor
    assert visitor.errors == []


def listed(page: Page) -> dict[str, str]:
    """Level of each camera in the list, in the order of the list."""
    rows = page.locator("li[data-camera]")
    expect(rows.first).to_be_visible()
    return {
        row.get_attribute("data-camera") or "": row.locator(".level-badge").get_attribute("data-level") or ""
        for row in rows.all()
    }


def played_s(page: Page) -> float:
    return page.evaluate("document.querySelector('video')?.currentTime ?? 0")


def expect_badge_in_list(page: Page, camera_id: str, its_level: Level) -> None:
    """Wait until the list shows a level, by colour and by word."""
    badge = page.locator(f'li[data-camera="{camera_id}"] .level-badge')
    expect(badge).to_have_attribute("data-level", its_level)
    expect(badge).to_have_text(NAMES[its_level])


def test_map_and_list_show_the_same_public_cameras(visitor: Visitor) -> None:
    page = visitor.open("/")

    assert list(listed(page).items()) == [
        ("kabil-1", "jammed"),
        ("laluan-1", "congested"),
        ("jam-1", "dense"),
        ("laluan-2", "free"),
        ("barelang", "unknown"),
    ]
    pins = page.locator(".map-pin")
    expect(pins).to_have_count(3)
    labels = {pin.get_attribute("aria-label") for pin in pins.all()}
    assert labels == {
        "Simpang Kabil: Macet",
        "Simpang Laluan Madani: Padat, 2 kamera",
        "Simpang Jam: Ramai",
    }
    assert "Kantor" not in page.content()
    screenshot(page, "map")


def test_the_popup_of_a_marker_links_to_its_cameras(visitor: Visitor) -> None:
    visitor.expected.append("404")  # there is no video yet
    page = visitor.open("/")
    page.get_by_role("button", name=re.compile("Laluan Madani")).click()
    page.locator(".cluster-popup").get_by_role("link", name="Laluan arah timur").click()
    expect(page.get_by_role("heading", name="Laluan arah timur")).to_be_visible()


def test_the_list_can_be_searched_and_filtered(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.get_by_role("searchbox").fill("madani")
    expect(page.locator("li[data-camera]")).to_have_count(2)
    page.locator(".level-filter").get_by_role("button", name="Macet").click()
    expect(page.get_by_text("Tidak ada kamera yang cocok")).to_be_visible()


def test_a_change_of_level_arrives_without_a_reload(visitor: Visitor, store: Callable[..., None]) -> None:
    page = visitor.open("/")
    expect_badge_in_list(page, "laluan-2", Level.FREE)
    page.evaluate("window.notReloaded = true")

    store(level("laluan-2", "masuk", datetime.now(UTC), Level.JAMMED, Level.FREE))

    expect_badge_in_list(page, "laluan-2", Level.JAMMED)
    expect(page.get_by_role("button", name="Simpang Laluan Madani: Macet, 2 kamera")).to_be_visible()
    assert page.evaluate("window.notReloaded")


def test_a_camera_that_is_down_is_shown_without_data(visitor: Visitor, store: Callable[..., None]) -> None:
    page = visitor.open("/")
    expect_badge_in_list(page, "laluan-2", Level.FREE)

    store(
        Health(
            camera_id="laluan-2",
            at=datetime.now(UTC),
            status=CameraStatus.OFFLINE,
            condition=Condition.UNREACHABLE,
            details=ConditionDetails(address="rtsp://10.0.0.7/live", error="no route to host"),
        )
    )

    expect_badge_in_list(page, "laluan-2", Level.UNKNOWN)
    page.goto(f"{visitor.address}/camera/laluan-2")
    expect(page.locator(".video-view")).to_contain_text("Video tidak tersedia")
    expect(page.locator(".video-view .level-badge")).to_have_text("Tidak ada data")
    screenshot(page, "camera-down")


def test_live_video_plays_beside_its_badge_and_counts(
    visitor: Visitor, config: Config, store: Callable[..., None]
) -> None:
    write_live_video(config.data_dir / "hls" / "kabil-1")
    this_minute = minute(datetime.now(UTC))
    store(*(counted_minute("kabil-1", this_minute - timedelta(minutes=m), 4 + m, 15 - m) for m in (1, 2, 3, 7, 8, 9)))

    page = visitor.open("/camera/kabil-1")

    wait_until(lambda: played_s(page) > 0, "the video to begin")
    began_at = played_s(page)
    wait_until(lambda: played_s(page) > began_at + 1, "the video to play for a second")
    expect(page.locator(".video-view .level-badge")).to_have_text("Macet")
    expect(page.locator('[data-zone="keluar"] .level-badge')).to_have_text("Lancar")
    bars = page.locator(".minute-bars g[data-gap]")
    expect(bars.first).to_be_attached()
    assert 8 <= bars.count() <= 9, "minutes without observation are gaps, and this minute may have begun"
    expect(page.locator(".camera-totals tbody tr")).to_contain_text("114")
    page.get_by_label("Tampilkan ruas").check()
    expect(page.locator(".zone-shape")).to_have_count(2)
    screenshot(page, "camera")


def test_a_camera_that_is_not_public_is_not_found(visitor: Visitor) -> None:
    visitor.expected.append("404")
    page = visitor.open("/camera/kantor")
    expect(page.get_by_text("Kamera ini tidak ada atau tidak terbuka untuk umum.")).to_be_visible()


def test_after_a_lost_connection_all_levels_are_unknown(visitor: Visitor, portal: ExitStack) -> None:
    visitor.expected += ["ERR_", "Failed to load resource"]
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(visitor.address)
    expect_badge_in_list(page, "kabil-1", Level.JAMMED)

    portal.close()
    expect(page.locator(".connection-state")).to_have_attribute("data-state", "broken")
    expect_badge_in_list(page, "kabil-1", Level.JAMMED)
    page.clock.fast_forward(31_000)

    expect(page.locator(".connection-banner")).to_contain_text("Sambungan terputus")
    for camera_id in ("kabil-1", "laluan-2"):
        expect_badge_in_list(page, camera_id, Level.UNKNOWN)
    expect(page.get_by_role("button", name="Simpang Jam: Tidak ada data")).to_be_visible()


def test_a_hidden_page_closes_its_stream(visitor: Visitor, store: Callable[..., None]) -> None:
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(visitor.address)
    expect_badge_in_list(page, "laluan-2", Level.FREE)

    set_hidden(page, True)
    page.clock.fast_forward(61_000)
    store(level("laluan-2", "masuk", datetime.now(UTC), Level.DENSE, Level.FREE))
    page.wait_for_timeout(2000)  # longer than a change needs to reach an open stream
    expect(page.locator('li[data-camera="laluan-2"] .level-badge')).not_to_have_attribute("data-level", Level.DENSE)
    set_hidden(page, False)

    expect_badge_in_list(page, "laluan-2", Level.DENSE)


def set_hidden(page: Page, hidden: bool) -> None:
    """Report the page as hidden or shown, as a phone does when another application is opened."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_the_chosen_language_is_kept_over_a_reload(visitor: Visitor) -> None:
    page = visitor.open("/")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    page.get_by_role("button", name="English").click()
    expect(page.locator('li[data-camera="kabil-1"] .level-badge')).to_have_text("Jammed")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Batam traffic")).to_be_visible()


def test_history_has_gaps_where_nothing_was_observed_and_can_be_downloaded(
    visitor: Visitor, store: Callable[..., None]
) -> None:
    end = minute(datetime.now(UTC))
    start = end - timedelta(hours=3)
    gap = range(60, 100)
    store(
        *(
            counted_minute("kabil-1", start + timedelta(minutes=m), 3 + m % 4, 8 + m % 7)
            for m in range(180)
            if m not in gap
        )
    )
    page = visitor.sign_in("rina")
    expect(page.get_by_role("heading", name="Riwayat lalu lintas")).to_be_visible()
    expect(page.get_by_role("link", name="Kejadian")).to_have_count(0)

    zone = ZoneInfo("Asia/Jakarta")
    from_, to = (f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in (start, end))
    question = f"camera=kabil-1&gate=utara&period=custom&from={from_}&to={to}&interval=300"
    page.goto(f"{visitor.address}/riwayat?{question}")

    # 140 of 180 minutes, and a little less where the period does not begin on a five-minute mark.
    expect(page.get_by_text(re.compile("7[5-8]% dari rentang ini teramati"))).to_be_visible()
    expect(page.locator(".chart canvas").first).to_be_visible()
    page.locator("summary").click()
    rows = page.locator("details tbody tr")
    expect(rows.first).to_be_visible()
    assert 36 <= rows.count() <= 37
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    assert 7 <= sum(row[1] == "–" for row in cells) <= 8, "five-minute gaps in forty minutes"
    assert not any(row[1] == "0" for row in cells), "unobserved time is not zero"
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh CSV").click()
    content = download.value.path().read_bytes()
    assert content.startswith("\ufeffstart_utc;end_utc;".encode()), "an Indonesian Excel opens it in columns"
    assert len(content.decode().splitlines()) == rows.count() + 1
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV dengan koma").click()
    assert download.value.path().read_bytes().startswith(b"start_utc,end_utc,")
    assert download.value.suggested_filename.endswith(".csv")
    page.locator("summary").click()
    screenshot(page, "history")


def test_history_has_the_saturation_of_a_road_with_a_capacity(visitor: Visitor, store: Callable[..., None]) -> None:
    end = minute(datetime.now(UTC))
    start = end - timedelta(hours=2)
    store(*(capacity_minute("kabil-1", start + timedelta(minutes=m), m) for m in range(120) if m not in range(50, 70)))
    page = visitor.sign_in("rina")
    zone = ZoneInfo("Asia/Jakarta")
    from_, to = (f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in (start, end))
    for place, charts, columns in (
        ("zone=masuk", ["Arus smp", "Derajat kejenuhan"], ["DJ", "Tingkat pelayanan"]),
        ("gate=utara", ["Derajat kejenuhan", "Waktu antara (median)"], ["Waktu antara (median) (detik)"]),
    ):
        page.goto(f"{visitor.address}/riwayat?camera=kabil-1&{place}&period=custom&from={from_}&to={to}&interval=300")
        for chart in charts:
            expect(page.locator(f'figure[aria-label="{chart}"] canvas')).to_be_visible()
        expect(page.get_by_text("belum dipastikan dengan naskah resmi PKJI 2023")).to_be_visible()
        page.locator("summary").click()
        for column in columns:
            expect(page.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
        cells = page.locator("details tbody tr").nth(2).locator("td").all_inner_texts()
        assert ("D" if place == "zone=masuk" else "3") in cells
        screenshot(page, f"capacity-{place.split('=')[0]}")


def test_police_see_new_incidents_with_their_evidence(
    visitor: Visitor, config: Config, store: Callable[..., None]
) -> None:
    snapshot = Snapshots(config.data_dir / "snapshots").save("kabil-1-7", road_frame(20), (120, 180))
    store(raised("kabil-1", "kabil-1-7", IncidentType.STOPPED_VEHICLE, snapshot))
    page = visitor.sign_in("budi")
    rows = page.locator("li[data-incident]")
    expect(rows).to_have_count(1)

    store(raised("jam-1", "jam-1-3", IncidentType.WRONG_WAY))

    expect(rows).to_have_count(2)
    expect(page.locator('li[data-incident="jam-1-3"]')).to_contain_text("Baru")
    page.locator('li[data-incident="kabil-1-7"] a').click()
    detail = page.locator("[data-detail]")
    expect(detail).to_contain_text(
        "Mobil diam di lajur jalan selama 12 detik ketika dilaporkan. 3 pengguna jalan sudah melewatinya."
    )
    expect(page.get_by_text("Stood still")).to_have_count(0)
    expect(page.locator(".incident-snapshot img")).to_have_js_property("naturalWidth", 640)
    assert page.url.endswith("/kejadian/kabil-1-7")
    page.reload()
    expect(detail).to_contain_text("Kendaraan berhenti")
    handle_by_keyboard(page)
    screenshot(page, "incident")
    page.goto(f"{visitor.address}/kejadian")
    expect(page.locator('li[data-incident="kabil-1-7"]')).to_contain_text("Alarm palsu")
    screenshot(page, "incidents")


def handle_by_keyboard(page: Page) -> None:
    """Acknowledge and reject the open incident, beside which the nearest cameras, the traffic and the log are shown."""
    expect(page.locator(".nearest-camera")).to_have_count(4)
    expect(page.locator("[data-zone]")).to_have_count(2)
    page.get_by_role("button", name="Tanggapi").press("Enter")
    log = page.locator(".incident-log")
    expect(log).to_contain_text("Ditanggapi oleh budi")
    page.get_by_role("button", name="Tolak").press("Enter")
    page.keyboard.type("bayangan")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("Ditolak sebagai alarm palsu oleh budi")
    expect(log).to_contain_text("bayangan")
    expect(page.get_by_role("button", name="Buka lagi")).to_be_visible()


def test_back_closes_the_incident_that_was_chosen_first(visitor: Visitor, store: Callable[..., None]) -> None:
    store(
        raised("kabil-1", "kabil-1-7", IncidentType.STOPPED_VEHICLE),
        raised("jam-1", "jam-1-3", IncidentType.WRONG_WAY),
    )
    page = visitor.sign_in("budi")
    page.goto(f"{visitor.address}/kejadian")
    detail = page.locator("[data-detail]")

    def choose(incident_id: str) -> None:
        page.locator(f'li[data-incident="{incident_id}"] a').click()
        expect(detail).to_have_attribute("data-detail", incident_id)

    choose("kabil-1-7")
    page.go_back()
    expect(page.get_by_text("Pilih kejadian untuk melihat buktinya.")).to_be_visible()
    expect(detail).to_have_count(0)
    assert urlsplit(page.url).path == "/kejadian"

    page.go_forward()
    expect(detail).to_have_attribute("data-detail", "kabil-1-7")
    choose("jam-1-3")
    page.go_back()
    expect(detail).to_have_attribute("data-detail", "kabil-1-7")
    page.go_back()
    expect(detail).to_have_count(0)


def test_operators_are_shown_an_overloaded_machine_with_advice(visitor: Visitor, store: Callable[..., None]) -> None:
    visitor.expected.append("404")  # there is no video
    figures = {"held_fps": 0.4, "wanted_fps": 8.0, "reached": 0.625, "picture_scale": 0.75, "age_p95_s": 0.43}
    condition = Condition.OVERLOADED
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360), condition=condition, **figures))
    page = visitor.open("/camera/kabil-1")
    facts = page.locator(".camera-about")
    expect(facts).to_contain_text("Dinas Perhubungan")
    expect(page.get_by_text("kelebihan beban")).to_have_count(0)

    visitor.sign_in("sari")
    page = visitor.open("/camera/kabil-1")
    facts = page.locator(".camera-about")
    expect(facts).to_contain_text("kelebihan beban")
    expect(facts).to_contain_text("5 dari 8 yang diperlukan; tercapai 63%; 0,4 tanpa detektor")
    expect(facts).to_contain_text("0,43 detik")
    expect(facts).to_contain_text("38% gambar terlewat; gambar diperkecil menjadi 75%")
    screenshot(page, "camera-overloaded")
    page.goto(f"{visitor.address}/")
    expect(page.locator('li[data-camera="kabil-1"]')).to_contain_text("kelebihan beban")
    screenshot(page, "map-overloaded")


def test_sign_in_refuses_a_wrong_password_and_returns_to_the_page(visitor: Visitor) -> None:
    visitor.expected.append("401")
    page = visitor.open("/kejadian")
    page.get_by_label("Nama pengguna").fill("sari")
    page.get_by_label("Kata sandi").fill("guess")
    page.locator("form").get_by_role("button", name="Masuk").click()
    expect(page.get_by_role("alert")).to_contain_text("Nama atau kata sandi salah.")
    screenshot(page, "sign-in")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_label("Kata sandi").press("Enter")
    expect(page.get_by_role("heading", name="Kejadian")).to_be_visible()

    page.get_by_role("link", name="Peta").click()
    expect(page.locator('li[data-camera="kantor"]')).to_be_visible()
    page.get_by_role("button", name="Keluar").click()
    expect(page.locator('li[data-camera="kantor"]')).to_have_count(0)
    expect(page.locator('li[data-camera="kabil-1"]')).to_be_visible()


def test_pages_are_wholly_in_indonesian(visitor: Visitor, config: Config, store: Callable[..., None]) -> None:
    """Every word is in a text of the site, in the data of the city, or in a date."""
    visitor.expected.append("Failed to load resource")
    end = minute(datetime.now(UTC))
    snapshot = Snapshots(config.data_dir / "snapshots").save("kabil-1-7", road_frame(20), (120, 180))
    store(
        *(capacity_minute("kabil-1", end - timedelta(minutes=m), m) for m in range(1, 20)),
        raised("kabil-1", "kabil-1-7", IncidentType.STOPPED_VEHICLE, snapshot),
        online("jam-1", datetime.now(UTC), wanted_fps=8.0, held_fps=0.4, reached=1.0, age_p95_s=0.4),
        down("laluan-1"),
    )
    page = visitor.open("/")
    known = indonesian_words() | words_of(CITY_WORDS)
    found: dict[str, set[str]] = {}

    def check(path: str, awaited: str) -> None:
        page.goto(visitor.address + path)
        expect(page.locator(awaited).first).to_be_visible()
        if awaited == ".map-pin":
            page.get_by_role("button", name=re.compile("Laluan Madani")).click()
            expect(page.locator(".cluster-popup")).to_be_visible()
        for summary in page.locator("summary").all():
            summary.click()
        if others := words(page) - known:
            found[path] = others

    check("/", ".map-pin")
    check("/masuk", "form")
    check("/tidak-ada", "h1")
    check("/camera/tidak-ada", ".notice")
    visitor.sign_in("rina")
    check("/kejadian", ".notice")
    visitor.sign_in("sari")
    check("/", ".map-pin")
    check("/camera/kabil-1", ".minute-bars")
    check("/camera/laluan-1", ".camera-about")
    check("/camera/jam-1", ".camera-about dd >> nth=4")
    check("/riwayat?camera=kabil-1&gate=utara&period=custom", ".chart canvas")
    check("/riwayat?camera=kabil-1&zone=masuk", ".chart canvas")
    check("/kejadian", ".incident-row")
    check("/kejadian/kabil-1-7", "[data-detail]")
    check("/kejadian/mutu", ".fact-list")
    check("/kejadian/tidak-ada", ".incident-detail .notice")
    page.route("**/api/cameras/*", refuse)
    check("/camera/kabil-1", ".notice")
    page.route("**/api/city", refuse)
    check("/", ".notice")
    assert found == {}


def down(camera_id: str) -> Health:
    """Report of a camera that cannot be reached, with the English message of the operating system."""
    return Health(
        camera_id=camera_id,
        at=datetime.now(UTC),
        status=CameraStatus.OFFLINE,
        condition=Condition.UNREACHABLE,
        details=ConditionDetails(error="no route to host"),
        reason="The camera cannot be reached.",
    )


def refuse(route: Route) -> None:
    """Answer as the portal does without its database."""
    route.fulfill(status=503, json={"detail": "The database does not answer."})


def indonesian_words() -> set[str]:
    """Words of the Indonesian texts in the sources of the pages."""
    texts = [text for path in (WEB / "i18n").glob("id*.ts") for text in re.findall(r'"([^"]*)"', path.read_text())]
    for table in ("explanations.ts", "history/measures.ts"):
        texts += re.findall(r'\bid:\s*"([^"]*)"', (WEB / table).read_text())
    return words_of(" ".join(texts))
