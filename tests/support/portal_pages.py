"""A running portal for browser tests: levels of all cameras, previews, and visitors in given sizes and languages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from av.video.reformatter import VideoReformatter
from playwright.sync_api import Browser

from analytics.facts import Level
from pipelines.config.settings import Config, PublicPictureConfig
from pipelines.live_video.hls_playlist import PREVIEW
from pipelines.live_video.preview_writer import encode_preview
from tests.support.browser import DESKTOP, PHONE, Visitor, road_frame
from tests.support.portal_events import level, online

LEVELS = {
    "laluan-1": Level.CONGESTED,
    "laluan-2": Level.FREE,
    "kabil-1": Level.JAMMED,
    "jam-1": Level.DENSE,
    "kantor": Level.JAMMED,
}
"""Level of each camera of `tests.support.browser.city` but `barelang`, which sends nothing."""
SIZES = {"phone": PHONE, "desktop": DESKTOP}
TIMEOUT_MS = 20_000


def report_levels(store: Callable[..., None], at: datetime | None = None) -> None:
    """Store a fresh report of every camera in LEVELS."""
    now = at or datetime.now(UTC)
    for camera_id, its_level in LEVELS.items():
        store(
            online(camera_id, now, image_size=(640, 360)),
            level(camera_id, "masuk", now, its_level, speed_kmh=23.4),
            level(camera_id, "keluar", now, Level.FREE, speed_kmh=41.0),
        )


def write_preview(config: Config, camera_id: str, n: int = 1) -> Path:
    """Write the preview of a camera as the worker does, of the nth frame."""
    path = config.data_dir / "hls" / camera_id / PREVIEW
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_preview(road_frame(n), VideoReformatter(), PublicPictureConfig()))
    return path


@contextmanager
def visitor_of(
    browser: Browser, address: str, *, size: str = "desktop", language: str = "id", scheme: str = "light"
) -> Iterator[Visitor]:
    """A visitor with a phone or desktop and a chosen language. Its pages must have no error at the end."""
    with browser.new_context(viewport=SIZES[size], locale="id-ID", color_scheme=scheme) as context:  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        if language != "id":
            context.add_init_script(f"if (top === self) localStorage.setItem('simpang.language', '{language}')")
        visitor = Visitor(address, context)
        yield visitor
    assert visitor.errors == []
