"""City with live video for the browser tests, and a Chromium that records errors of the pages."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import sin
from pathlib import Path
from threading import Event as Flag

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from analytics.camera import Position, Visibility
from analytics.facts import Direction, IncidentEvidence, IncidentType, Level, LevelOfService
from analytics.road_users import RoadUser
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import (
    CameraConfig,
    CityConfig,
    Config,
    SiteConfig,
    StoreConfig,
    UserConfig,
)
from pipelines.events.schema import CountsReport, CrossingRecord, GateRecord, IncidentPhase, IncidentReport, ZoneRecord
from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import LivePlaylist
from portal.spa import STATIC
from tests.support.portal import quick_hash
from tests.support.servers import wait_until

CHROMIUM = Path("/usr/bin/chromium")
NEEDS_CHROMIUM = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")
NEEDS_PAGES = pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="needs the built pages: run `make setup`")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 800}
PASSWORD = "password-for-tests"
VIDEO_S = 12
FPS = 10

GEOMETRY = {
    "image_size": [640, 360],
    "gates": [{"id": "utara", "p1": [40, 200], "p2": [600, 200]}],
    "zones": [
        {"id": "masuk", "polygon": [[40, 340], [250, 80], [310, 80], [300, 340]]},
        {"id": "keluar", "polygon": [[340, 340], [330, 80], [390, 80], [600, 340]]},
    ],
}


def city(folder: Path, dsn: str) -> Config:
    """Configuration with three sites. `kantor` is not public, and `barelang` has no position."""
    (folder / "geometry.json").write_text(json.dumps(GEOMETRY))

    def camera(camera_id: str, name: str, site: str | None, visibility: Visibility = Visibility.PUBLIC) -> CameraConfig:
        return CameraConfig(
            id=camera_id,
            name=name,
            url="rtsp://10.0.0.7/1",
            site=site,
            owner="Dinas Perhubungan",
            visibility=visibility,
            geometry=folder / "geometry.json",
        )

    return Config(
        city=CityConfig(name="Batam", timezone="Asia/Jakarta", centre=Position(lat=1.13, lon=104.05)),
        sites=(
            SiteConfig(id="laluan", name="Simpang Laluan Madani", position=Position(lat=1.129, lon=104.053)),
            SiteConfig(id="kabil", name="Simpang Kabil", position=Position(lat=1.120, lon=104.085)),
            SiteConfig(id="jam", name="Simpang Jam", position=Position(lat=1.105, lon=104.024)),
        ),
        cameras=(
            camera("laluan-1", "Laluan arah utara", "laluan"),
            camera("laluan-2", "Laluan arah timur", "laluan"),
            camera("kabil-1", "Kabil arah utara", "kabil"),
            camera("jam-1", "Jam arah selatan", "jam"),
            camera("barelang", "Barelang", None),
            camera("kantor", "Kantor", "kabil", Visibility.OPERATORS),
        ),
        users=tuple(
            UserConfig(name=name, roles=(role,), password_hash=quick_hash(PASSWORD))
            for name, role in (("rina", "planner"), ("budi", "police"), ("sari", "operator"))
        ),
        store=StoreConfig(dsn=dsn),
        data_dir=folder / "data",
        portal=PortalConfig(port=0),
    )


def road_frame(n: int) -> av.VideoFrame:
    """Frame with a yellow square on grey, which moves with the number of the frame."""
    image = np.full((360, 640, 3), 90, np.uint8)
    image[160:200, (5 * n) % 600 : (5 * n) % 600 + 40] = (240, 200, 40)
    return av.VideoFrame.from_ndarray(image, format="rgb24")


H264 = ("libx264", {"preset": "ultrafast", "g": str(FPS), "bf": "0"})
H265 = ("libx265", {"preset": "ultrafast", "x265-params": f"keyint={FPS}:log-level=none"})
INTRA_REFRESH = ("libx264", {"preset": "ultrafast", "bf": "0", "x264-params": f"intra-refresh=1:keyint={2 * FPS}"})
"""Codec and options of cameras. Intra-refresh has one key frame at the start, and then renews the frame in parts."""


def write_live_video(folder: Path, camera: tuple[str, dict[str, str]] = H264) -> None:
    """Write live video as the worker does, with a camera that delivers all of it at once."""
    codec, options = camera
    clip = folder.with_suffix(".ts")
    clip.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(clip), "w") as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for n in range(VIDEO_S * FPS):
            frame = road_frame(n)
            frame.pts, frame.time_base = n, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    playlist = LivePlaylist(folder, segments_kept=VIDEO_S)
    with (
        Source(str(clip), stop=Flag()) as source,
        HlsWriter(playlist, source, segment_s=1) as writer,
        av.open(str(clip)) as container,
    ):
        for packet in container.demux(video=0):
            if packet.size:
                writer.put(packet)


def counted_minute(camera_id: str, start: datetime, cars: int, motorcycles: int) -> CountsReport:
    """Report of a wholly observed minute, with crossings of gate `utara` at equal intervals."""
    users = [RoadUser.CAR] * cars + [RoadUser.MOTORCYCLE] * motorcycles
    step = timedelta(minutes=1) / max(1, len(users))
    return CountsReport(
        camera_id=camera_id,
        start_at=start,
        end_at=start + timedelta(minutes=1),
        observed_s=60,
        crossings=tuple(
            CrossingRecord(
                at=start + n * step, gate="utara", direction=Direction.A, road_user=user, track=n, speed_kmh=32.5
            )
            for n, user in enumerate(users)
        ),
    )


def capacity_minute(camera_id: str, start: datetime, n: int) -> CountsReport:
    """Report of a minute of a busy one-way road with a known capacity. Its emp weights are not verified."""
    smp_h, end = 2300.0 + 200 * sin(n / 9), start + timedelta(minutes=1)
    return CountsReport(
        camera_id=camera_id,
        start_at=start,
        end_at=end,
        observed_s=60,
        crossings=tuple(
            CrossingRecord(
                at=start + timedelta(seconds=3 * k),
                gate="utara",
                direction=Direction.A,
                road_user=RoadUser.MOTORCYCLE if k % 3 else RoadUser.CAR,
                track=k,
                speed_kmh=41.5,
                speed_sigma_kmh=2.0,
                headway_s=1.0 + k % 5,
            )
            for k in range(20)
        ),
        gates=tuple(
            GateRecord(
                gate="utara",
                direction=direction,
                start_at=start,
                end_at=end,
                flow_veh_h=1200,
                headway_mean_s=3,
                headway_median_s=3,
                headway_under_2s=0.2,
                smp_h=smp_h / 2,
                saturation=smp_h / 3000,
                emp_verified=False,
                coverage=1,
            )
            for direction in Direction
        ),
        zones=(
            ZoneRecord(
                zone="masuk",
                start_at=start,
                end_at=end,
                flow_veh_h=3600,
                speed_kmh=38.0,
                relative_speed=0.62,
                density_veh_km_lane=31,
                occupancy=0.14,
                queue_m=0,
                queue_veh=0,
                smp_h=smp_h,
                saturation=smp_h / 3000,
                level_of_service=LevelOfService.D,
                emp_verified=False,
                level=Level.DENSE,
                coverage=1,
            ),
        ),
    )


def raised(
    camera_id: str, incident_id: str, incident_type: IncidentType, snapshot: str | None = None
) -> IncidentReport:
    now = datetime.now(UTC)
    return IncidentReport(
        camera_id=camera_id,
        incident_id=incident_id,
        phase=IncidentPhase.RAISED,
        type=incident_type,
        zone="masuk",
        start_at=now - timedelta(seconds=12),
        detected_at=now,
        pixel=(320, 200),
        lat=1.1203,
        lon=104.0846,
        confidence=0.87,
        evidence=IncidentEvidence(road_user=RoadUser.CAR, duration_s=12, passed_by=3, against_m=14),
        reason="Stood still for 12 s while others passed at 34 km/h.",
        snapshot=snapshot,
    )


@dataclass
class Visitor:
    """A client with its own cookies.

    errors: errors and warnings on the console, and requests to other addresses.
    expected: parts of messages and addresses that are not recorded.
    """

    address: str
    context: BrowserContext
    errors: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("console", self._record_message)
        page.on("pageerror", lambda error: self.errors.append(f"{path}: {error}"))
        page.on("request", self._record_request)
        page.goto(self.address + path)
        return page

    def sign_in(self, name: str) -> Page:
        page = self.open("/masuk")
        page.get_by_label("Nama pengguna").fill(name)
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.locator("form").get_by_role("button", name="Masuk").click()
        # On a phone the menu contains it, which is closed.
        page.get_by_role("button", name="Keluar", include_hidden=True).wait_for(state="attached")
        return page

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self.expected):
            self.errors.append(f"{message.text} ({message.location['url']})")

    def _record_request(self, request: Request) -> None:
        is_expected = any(text in request.url for text in self.expected)
        if not is_expected and not request.url.startswith(("blob:", "data:", self.address)):
            self.errors.append(f"request to {request.url}")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def words(page: Page) -> set[str]:
    """Words that a page shows or has for screen readers, without the parts that are marked as English."""
    texts: list[str] = page.evaluate(
        """() => {
            const texts = [document.title];
            const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
            for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
                const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
                if (element.closest("[lang=en], script, style, noscript")) continue;
                if (node !== element) texts.push(node.data);
                else for (const name of ["aria-label", "title", "placeholder", "alt"]) {
                    texts.push(element.getAttribute(name) ?? "");
                }
            }
            return texts;
        }"""
    )
    return words_of(" ".join(texts))


def words_of(text: str) -> set[str]:
    """Words of at least two letters, in lower case.

    >>> sorted(words_of("Simpang Kabil: 2 kamera, DJ = q/C"))
    ['dj', 'kabil', 'kamera', 'simpang']
    """
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", text)}


def screenshot(page: Page, name: str) -> None:
    """Save a page in two sizes, for a person to check. Fails where its content is wider than the screen."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for device, size in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wait_until(lambda: content_width(page) <= page.viewport_size["width"], f"{name} to fit on a {device}")
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(400)
        page.screenshot(path=SCREENSHOTS / f"{name}-{device}.png")


def content_width(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")
