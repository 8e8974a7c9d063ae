"""`make demo-check`: the demo as a visitor meets it, without a person.

Starts the simulated city, waits for what the narrator says has really happened, and looks whether the pages and the API
say the same: in a real browser, on a phone's and a desktop's screen. Saves screenshots, and stops it all.
"""

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.worker.child_process import free_port, running_process

BUILD = Path(__file__).resolve().parents[1] / "build"
SCREENSHOTS = BUILD / "screenshots"
SCREENS = {"phone": {"width": 360, "height": 780}, "desktop": {"width": 1280, "height": 800}}
CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PLAYED_S = 2.0
STOP_S = 40.0
FEWEST_LIVE, FOUND_WITHIN_S = 4, 30.0
BREAKS_DOWN, CABLE_CUT = "a vehicle breaks down in a live lane", "the camera's cable is cut"

T = TypeVar("T")


def say(text: str) -> None:
    sys.stdout.write(f"demo-check: {text}\n")
    sys.stdout.flush()


def wait_for(what: str, probe: Callable[[], T | None], timeout_s: float) -> T:
    """Ask `probe` again and again until it answers with something true."""
    deadline = time.monotonic() + timeout_s
    while not (answer := _answer(probe)):
        if time.monotonic() > deadline:
            sys.exit(f"demo-check: gave up after {timeout_s:.0f} s waiting for: {what}")
        time.sleep(0.5)
    say(what)
    return answer


def _answer(probe: Callable[[], T | None]) -> T | None:
    with suppress(httpx.TransportError):
        return probe()
    return None


class Visitor:
    """What somebody with the operator's password may ask."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(self, path: str, **parameters: str) -> dict:
        return self._client.get(path, params=parameters).raise_for_status().json()

    def sign_in(self, name: str, password: str) -> None:
        self._client.post("/api/session", json={"name": name, "password": password}).raise_for_status()

    def cameras(self) -> dict[str, dict]:
        return {camera["id"]: camera for camera in self.get("/api/cameras")["cameras"]}

    def told(self, text: str) -> dict | None:
        """The narrator's word on it."""
        return next((event for event in self.get("/api/narration")["events"] if event["text"]["en"] == text), None)

    def incident(self, kind: str, camera_id: str) -> dict | None:
        found = self.get("/api/incidents", type=kind, camera=camera_id)["incidents"]
        return found[-1] if found else None

    def past_counts(self, camera_id: str) -> int:
        camera = self.get(f"/api/cameras/{camera_id}")
        rows = self.get("/api/history", camera=camera_id, gate=camera["gates"][0]["id"], interval="3600")["rows"]
        return sum(row["counts"] is not None and sum(row["counts"].values()) > 0 for row in rows)


def shown_levels(page: Page) -> dict[str, str]:
    """Each camera's badge in the list beside the map."""
    script = "rows => rows.map(row => [row.dataset.camera, row.querySelector('[data-level]').dataset.level])"
    return dict(page.eval_on_selector_all("[data-camera]", script))


def played(page: Page) -> bool:
    """Whether the live video's clock has moved on by `PLAYED_S` between two looks."""
    clock = "(document.querySelector('video') || {currentTime: 0}).currentTime"
    before = page.evaluate(clock)
    page.wait_for_timeout(int(PLAYED_S * 1000) + 500)
    return bool(before and page.evaluate(clock) - before >= PLAYED_S * 0.8)


def open_page(chromium: Browser, address: str, screen: str, *, user: tuple[str, str] | None = None) -> Page:
    context = chromium.new_context(viewport=SCREENS[screen], base_url=address)
    if user is not None:
        context.request.post("/api/session", data={"name": user[0], "password": user[1]})
    return context.new_page()


def watch_video(chromium: Browser, address: str, camera_id: str) -> None:
    for screen in SCREENS:
        page = open_page(chromium, address, screen)
        page.goto(f"/camera/{camera_id}")
        wait_for(f"{screen}: {PLAYED_S:.0f} s of live video played", lambda page=page: played(page), timeout_s=60)
        page.screenshot(path=SCREENSHOTS / f"demo-camera-{screen}.png")
        page.context.close()


def look_at(
    chromium: Browser, address: str, name: str, path: str, awaited: str, *, user: tuple[str, str] | None = None
) -> None:
    for screen in SCREENS:
        page = open_page(chromium, address, screen, user=user)
        page.goto(path)
        page.wait_for_selector(awaited, timeout=30_000)
        page.wait_for_selector(".narration-line time", timeout=30_000)
        page.wait_for_timeout(1000)
        page.screenshot(path=SCREENSHOTS / f"demo-{name}-{screen}.png")
        page.context.close()
    say(f"{path.split('?', maxsplit=1)[0]} shows {awaited}, and the narrator's line")


def check(chromium: Browser, address: str, visitor: Visitor, user: tuple[str, str]) -> None:
    board = open_page(chromium, address, "desktop")
    board.goto("/")
    first: dict[str, str] = {}

    def changed() -> str | None:
        for camera_id, level in shown_levels(board).items():
            if level != "unknown" and first.setdefault(camera_id, level) != level:
                return camera_id
        return None

    def live() -> list[str]:
        return [name for name, camera in visitor.cameras().items() if camera["status"] in ("online", "degraded")]

    wait_for(f"{FEWEST_LIVE} cameras are live", lambda: len(live()) >= FEWEST_LIVE, timeout_s=90)
    changed()
    watch_video(chromium, address, live()[0])
    down = wait_for(f"told: {BREAKS_DOWN}", lambda: visitor.told(BREAKS_DOWN), timeout_s=120)
    found = wait_for(
        "the breakdown is an incident", lambda: visitor.incident("stopped_vehicle", down["camera_id"]), timeout_s=90
    )
    delay_s = (datetime.fromisoformat(found["detected_at"]) - datetime.fromisoformat(down["at"])).total_seconds()
    say(f"the breakdown was found {delay_s:.0f} s after it happened")
    look_at(chromium, address, "incidents", f"/kejadian/{found['id']}", "img", user=user)
    cut = wait_for(f"told: {CABLE_CUT}", lambda: visitor.told(CABLE_CUT), timeout_s=120)
    struck = cut["camera_id"]
    wait_for(f"{struck} reads tidak ada data", lambda: shown_levels(board).get(struck) == "unknown", timeout_s=60)
    look_at(chromium, address, "cut", f"/camera/{struck}", ".video-badge .level-unknown")
    wait_for("a badge has changed its level", changed, timeout_s=150)
    look_at(chromium, address, "map", "/", ".map-pin [data-level]")
    past = wait_for("the charts of the past are not empty", lambda: visitor.past_counts(live()[0]), timeout_s=60)
    say(f"{past} of the last 24 hours have counts")
    look_at(chromium, address, "history", f"/riwayat?camera={live()[0]}&period=sevenDays", "canvas", user=user)
    for name, camera in visitor.cameras().items():
        say(f"{name}: {camera['status']}, {camera['level']}")
    if delay_s > FOUND_WITHIN_S:
        sys.exit(f"demo-check: the breakdown was found only after {delay_s:.0f} s, not within {FOUND_WITHIN_S:.0f}")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


def main() -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    data = BUILD / "demo-check"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    port, log, began = free_port(), data / "demo.log", time.monotonic()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "pipelines", "demo", "--port", str(port), "--data-dir", str(data)]
    say(f"log in {log}")
    with (
        running_process(command, log=log, stop_within_s=STOP_S),
        httpx.Client(base_url=address, timeout=10) as client,
        browser() as chromium,
    ):
        visitor = Visitor(client)
        listed = wait_for("the API answers with cameras", visitor.cameras, timeout_s=120)
        say(f"{len(listed)} cameras are listed {time.monotonic() - began:.0f} s after the start")
        password = wait_for(
            "passwords are printed", lambda: re.search(r"operator +operator +(\S+)", log.read_text()), timeout_s=30
        ).group(1)
        visitor.sign_in("operator", password)
        check(chromium, address, visitor, ("operator", password))
    say(f"all good after {time.monotonic() - began:.0f} s; screenshots in {SCREENSHOTS}")


if __name__ == "__main__":
    main()
