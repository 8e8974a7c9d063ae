"""`make demo-check`: the demo as a visitor meets it, without a person.

Starts the demo, waits until every camera has counted something, opens the pages in a real browser on a phone's and a
desktop's screen, waits until live video has played and a badge is there, saves screenshots, and stops it all.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.demo.serve import free_port, process

BUILD = Path(__file__).resolve().parents[1] / "build"
SCREENSHOTS = BUILD / "screenshots"
SCREENS = {"phone": {"width": 360, "height": 780}, "desktop": {"width": 1280, "height": 800}}
CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PLAYED_S = 2.0

T = TypeVar("T")


def say(text: str) -> None:
    sys.stdout.write(f"demo-check: {text}\n")
    sys.stdout.flush()


def wait_for(what: str, probe: Callable[[], T | None], timeout_s: float) -> T:
    """Ask `probe` again and again until it answers with something true."""
    deadline = time.monotonic() + timeout_s
    while not (answer := probe()):
        if time.monotonic() > deadline:
            sys.exit(f"demo-check: gave up after {timeout_s:.0f} s waiting for {what}")
        time.sleep(0.5)
    say(what)
    return answer


def cameras(client: httpx.Client) -> list[dict] | None:
    try:
        answer = client.get("/api/cameras")
    except httpx.TransportError:
        return None
    return answer.json()["cameras"] if answer.status_code == 200 else None


def first_with_level(client: httpx.Client) -> dict | None:
    return next((camera for camera in cameras(client) or [] if camera["level"] != "unknown"), None)


def has_counts(client: httpx.Client, camera_id: str) -> bool:
    answer = client.get(f"/api/cameras/{camera_id}/counts", params={"minutes": 15})
    return answer.status_code == 200 and any(sum(total["counts"].values()) for total in answer.json()["totals"])


def played(page: Page) -> bool:
    """Whether the live video's clock has moved on by `PLAYED_S` between two looks."""
    clock = "(document.querySelector('video') || {currentTime: 0}).currentTime"
    before = page.evaluate(clock)
    page.wait_for_timeout(int(PLAYED_S * 1000) + 500)
    return bool(before and page.evaluate(clock) - before >= PLAYED_S * 0.8)


def look(browser: Browser, address: str, camera_id: str, screen: str) -> None:
    """The map and one camera's page on one screen size."""
    page = browser.new_page(viewport=SCREENS[screen])
    page.goto(address)
    page.wait_for_selector("[data-level]", timeout=30_000)
    page.wait_for_timeout(1000)
    page.screenshot(path=SCREENSHOTS / f"demo-map-{screen}.png")
    page.goto(f"{address}/camera/{camera_id}")
    wait_for(f"{screen}: {PLAYED_S:.0f} s of live video played", lambda: played(page), timeout_s=90)
    page.wait_for_selector("[data-level]", timeout=30_000)
    page.screenshot(path=SCREENSHOTS / f"demo-camera-{screen}.png", full_page=True)
    page.close()


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, required=True)
    clips = parser.parse_args().clips
    if not clips.is_dir():
        say(f"skipped: there are no clips in {clips}")
        return
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    data = BUILD / "demo-check"
    shutil.rmtree(data, ignore_errors=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "pipelines", "demo", "--clips", str(clips), "--port", str(port)]
    data.mkdir(parents=True)
    say(f"log in {data / 'demo.log'}")
    with (
        process([*command, "--data-dir", str(data)], log=data / "demo.log"),
        httpx.Client(base_url=address, timeout=10) as client,
        browser() as chromium,
    ):
        listed = wait_for("the API answers with cameras", lambda: cameras(client), timeout_s=120)
        for camera in listed:
            wait_for(f"{camera['id']} has counted", lambda c=camera: has_counts(client, c["id"]), timeout_s=240)
        shown = wait_for("a camera's level is known", lambda: first_with_level(client), timeout_s=240)
        for screen in SCREENS:
            look(chromium, address, shown["id"], screen)
        for camera in cameras(client) or []:
            say(f"{camera['id']}: {camera['status']}, {camera['level']}")
    say(f"all good; screenshots in {SCREENSHOTS}")


if __name__ == "__main__":
    main()
