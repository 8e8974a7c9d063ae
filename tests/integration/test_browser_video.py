"""What the pages show of video that does not play, and of cameras without data, in a real browser."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Browser, Route, expect
from psycopg_pool import ConnectionPool

from analytics.camera import Position, Visibility
from analytics.facts import Level
from pipelines.config.settings import CameraConfig, Config, SiteConfig
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.live_video.small_video import follow
from portal.live.small_videos import SUFFIX, SmallVideos
from tests.support.browser import (
    DESKTOP,
    H265,
    INTRA_REFRESH,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
    Visitor,
    city,
    road_frame,
    screenshot,
    write_live_video,
)
from tests.support.portal import client_of, serving
from tests.support.portal_events import level, online
from tests.support.servers import wait_until

pytestmark = [
    pytest.mark.integration,
    NEEDS_CHROMIUM,
    NEEDS_PAGES,
]
TIMEOUT_MS = 30_000


@pytest.fixture
def small_videos() -> int:
    return 0


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str, small_videos: int) -> Config:
    """The city, with a site of ten cameras."""
    config = city(tmp_path, postgres_dsn)
    portal = config.portal.model_copy(update={"small_videos": small_videos})
    ten = tuple(
        CameraConfig(
            id=f"batu-{n}", name=f"Batu Aji {n}", url="rtsp://10.0.0.9/1", site="batu", visibility=Visibility.PUBLIC
        )
        for n in range(10)
    )
    sites = (*config.sites, SiteConfig(id="batu", name="Simpang Batu Aji", position=Position(lat=1.142, lon=104.02)))
    return config.model_copy(update={"cameras": (*config.cameras, *ten), "sites": sites, "portal": portal})


@pytest.fixture
def visitor(config: Config, pool: ConnectionPool, store: Callable[..., None], browser: Browser) -> Iterator[Visitor]:
    now = datetime.now(UTC)
    for camera_id in ("laluan-1", "laluan-2", "kabil-1"):
        store(online(camera_id, now, image_size=(640, 360)), level(camera_id, "masuk", now, Level.DENSE))
    store(online("batu-3", now, image_size=(640, 360)), level("batu-3", "view", now, Level.JAMMED))
    with serving(config, pool) as address, browser.new_context(viewport=DESKTOP, locale="id-ID") as context:  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        visitor = Visitor(address, context)
        yield visitor
    assert visitor.errors == []


def test_codec_without_a_decoder_is_reported_and_stays_reported(
    visitor: Visitor, config: Config, store: Callable[..., None]
) -> None:
    write_live_video(config.data_dir / "hls" / "kabil-1", H265)
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360)))  # encoding may have taken long
    page = visitor.open("/camera/kabil-1")
    cover = page.locator(".video-cover")
    expect(cover).to_contain_text("tidak dapat memutar jenis video kamera ini", timeout=TIMEOUT_MS)
    page.wait_for_timeout(4000)
    expect(cover).to_contain_text("tidak dapat memutar jenis video kamera ini")
    expect(page.get_by_text("Ketuk untuk memutar")).to_have_count(0)
    screenshot(page, "camera-h265")


def test_a_viewer_without_room_sees_pictures_and_the_words_and_gets_video_when_there_is_room(
    visitor: Visitor, config: Config, store: Callable[..., None]
) -> None:
    visitor.expected.append("429")
    folder = config.data_dir / "hls" / "kabil-1"
    write_live_video(folder)
    picture = cv2.imencode(".jpg", road_frame(9).to_ndarray(format="bgr24"))[1].tobytes()
    (folder / "preview.jpg").write_bytes(picture)
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360)))
    with client_of(visitor.address) as client:
        wait_until(lambda: (client.get("/api/cameras/kabil-1").json()["video"] or {}).get("preview"), "the picture")
    is_full = [True]

    def answer(route: Route) -> None:
        route.fulfill(status=429) if is_full[0] else route.continue_()

    visitor.context.route("**/index.m3u8*", answer)
    page = visitor.open("/camera/kabil-1")
    expect(page.locator(".video-view img")).to_have_js_property("naturalWidth", 640, timeout=TIMEOUT_MS)
    expect(page.locator(".video-note")).to_have_text("Video penuh, gambar tiap 10 detik")
    expect(page.locator(".video-view .level-badge")).to_be_visible()
    screenshot(page, "camera-video-full")
    is_full[0] = False
    expect(page.locator(".video-note")).to_be_hidden(timeout=2 * TIMEOUT_MS)
    wait_until(lambda: page.evaluate("document.querySelector('video').currentTime") > 0, "the video to play")


PLAYED_WIDTH = "(() => { const v = document.querySelector('video'); return v?.currentTime > 0 ? v.videoWidth : 0; })()"
"""Width of the video that plays, in pixels; 0 without any."""


def write_small_video(folder: Path) -> None:
    """Write the small rendition of a camera's live video as its process does, and end."""
    waits = iter([False, True])
    small = LivePlaylist(folder.with_name(f"{folder.name}{SUFFIX}"), segments_kept=6)
    assert follow(folder, small, lambda: next(waits, True)) == 0


@pytest.mark.parametrize("small_videos", [1])
def test_small_video_plays_while_data_is_saved_and_in_place_of_h265(
    visitor: Visitor, config: Config, store: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []
    monkeypatch.setattr(SmallVideos, "want", lambda self, camera_id: not wanted.append(camera_id))
    visitor.expected.append("404")  # until it is there
    folder = config.data_dir / "hls" / "kabil-1"
    write_live_video(folder)
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360)))
    page = visitor.open("/camera/kabil-1")
    wait_until(lambda: page.evaluate(PLAYED_WIDTH) == 640, "the video to play")
    page.get_by_label("Hemat data").check()
    wait_until(lambda: page.evaluate("1") and wanted, "the request for the small video")
    expect(page.locator(".video-cover")).to_contain_text("sedang disiapkan")
    write_small_video(folder)
    wait_until(lambda: page.evaluate(PLAYED_WIDTH) == 426, "the small video to play")
    expect(page.locator(".video-note")).to_have_text("Video kecil, hemat data")
    screenshot(page, "camera-small-video")
    page.get_by_label("Hemat data").uncheck()
    wait_until(lambda: page.evaluate(PLAYED_WIDTH) == 640, "the video to play again")
    expect(page.locator(".video-note")).to_be_hidden()

    write_live_video(folder, H265)
    write_small_video(folder)
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360)))
    page.reload()
    wait_until(lambda: page.evaluate(PLAYED_WIDTH) == 426, "the small video in place of H.265")
    expect(page.get_by_label("Hemat data")).not_to_be_checked()


def test_camera_without_video_on_the_server_is_no_lost_connection(visitor: Visitor) -> None:
    visitor.expected.append("404")
    page = visitor.open("/camera/kabil-1")
    expect(page.locator(".video-cover")).to_contain_text("Server belum mempunyai video", timeout=TIMEOUT_MS)
    screenshot(page, "camera-no-video-yet")


def test_still_pictures_have_their_time_and_report_that_they_stop(
    visitor: Visitor, config: Config, store: Callable[..., None]
) -> None:
    visitor.expected.append("404")
    still = config.data_dir / "hls" / "kabil-1" / "still.jpg"
    still.parent.mkdir(parents=True)
    picture = cv2.imencode(".jpg", road_frame(9).to_ndarray(format="bgr24"))[1].tobytes()
    still.write_bytes(picture)
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360)))
    page = visitor.open("/camera/kabil-1")
    image, cover = page.locator(".video-view img"), page.locator(".video-cover")
    expect(image).to_have_js_property("naturalWidth", 640, timeout=TIMEOUT_MS)
    expect(cover).to_be_hidden()
    expect(page.locator(".video-time")).to_contain_text("WIB")
    screenshot(page, "camera-stills")

    set_age(still, 20)
    expect(cover).to_contain_text("Gambar diam", timeout=TIMEOUT_MS)
    set_age(still, 100)
    expect(page.locator(".video-time")).to_contain_text("1 menit lalu", timeout=TIMEOUT_MS)
    screenshot(page, "camera-stills-stand")
    set_age(still, 500)
    expect(cover).to_contain_text("Server belum mempunyai video", timeout=TIMEOUT_MS)
    expect(image).to_be_hidden()

    still.write_bytes(picture)
    expect(image).to_be_visible(timeout=TIMEOUT_MS)
    expect(cover).to_be_hidden()
    page.context.set_offline(True)
    visitor.expected.append("ERR_INTERNET_DISCONNECTED")
    expect(cover).to_contain_text("Server video tidak dapat dihubungi", timeout=TIMEOUT_MS)
    page.context.set_offline(False)
    expect(image).to_be_visible(timeout=TIMEOUT_MS)


def set_age(file: Path, age_s: float) -> None:
    at = time.time() - age_s
    os.utime(file, (at, at))


def test_cluster_states_how_many_of_its_cameras_have_no_data(visitor: Visitor) -> None:
    page = visitor.open("/")
    pin = page.get_by_role("button", name="Simpang Batu Aji: Macet, 10 kamera, 9 tanpa data")
    expect(pin).to_be_visible(timeout=TIMEOUT_MS)
    assert pin.locator(".level-badge").all_inner_texts() == ["Macet\n1", "9"]
    expect(page.get_by_role("button", name="Simpang Laluan Madani: Ramai, 2 kamera", exact=True)).to_be_visible()
    screenshot(page, "map-cluster")


def test_video_without_key_frames_is_not_loading_for_ever(
    visitor: Visitor, config: Config, store: Callable[..., None]
) -> None:
    write_live_video(config.data_dir / "hls" / "kabil-1", INTRA_REFRESH)
    store(online("kabil-1", datetime.now(UTC), image_size=(640, 360)))  # encoding may have taken long
    page = visitor.open("/camera/kabil-1")
    expect(page.locator(".video-cover")).to_contain_text("tidak menemukan gambar yang utuh", timeout=TIMEOUT_MS)
    screenshot(page, "camera-intra-refresh")
