"""Check of the demo in a real browser, on a phone's and a desktop's screen: `make demo-check`.

Starts the simulated city and waits for its narrated events. Then compares them with the pages and the API, saves
screenshots, and stops the city.
"""

import re
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx
from playwright.sync_api import Browser, Page

from pipelines.worker.child_process import free_port, running_process
from tests.support.browser import DESKTOP, PHONE, SCREENSHOTS, chromium

BUILD = Path(__file__).resolve().parents[1] / "build"
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
PLAYED_S = 2.0
"""Live video that must be played (s). [assumption]"""
STOP_S = 40.0
"""Longest time for the demo to stop (s). [assumption]"""
MIN_LIVE_CAMERAS = 4
DETECTED_WITHIN_S = 30.0
"""Longest time from a breakdown to its incident (s). [assumption: what an operator accepts]"""
BREAKDOWN, CABLE_CUT = "a vehicle breaks down in a live lane", "the camera's cable is cut"
"""Texts of the narrator."""

T = TypeVar("T")


def log(text: str) -> None:
    sys.stdout.write(f"demo-check: {text}\n")
    sys.stdout.flush()


def wait_for(what: str, probe: Callable[[], T | None], timeout_s: float) -> T:
    """Call `probe` until it returns a true value, and return that. Exits after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not (answer := _answer(probe)):
        if time.monotonic() > deadline:
            sys.exit(f"demo-check: gave up after {timeout_s:.0f} s waiting for: {what}")
        time.sleep(0.5)
    log(what)
    return answer


def _answer(probe: Callable[[], T | None]) -> T | None:
    with suppress(httpx.TransportError):
        return probe()
    return None


class Client:
    """Client of the API that can sign in as operator."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, **parameters: str) -> dict:
        return self._http.get(path, params=parameters).raise_for_status().json()

    def sign_in(self, name: str, password: str) -> None:
        self._http.post("/api/session", json={"name": name, "password": password}).raise_for_status()

    def cameras(self) -> dict[str, dict]:
        return {camera["id"]: camera for camera in self.get("/api/cameras")["cameras"]}

    def narrated(self, text: str) -> dict | None:
        """Narrated event with an English text; None before it has happened."""
        return next((event for event in self.get("/api/narration")["events"] if event["text"]["en"] == text), None)

    def incident(self, kind: str, camera_id: str) -> dict | None:
        found = self.get("/api/incidents", type=kind, camera=camera_id)["incidents"]
        return found[-1] if found else None

    def past_counts(self, camera_id: str) -> int:
        camera = self.get(f"/api/cameras/{camera_id}")
        rows = self.get("/api/history", camera=camera_id, gate=camera["gates"][0]["id"], interval="3600")["rows"]
        return sum(row["counts"] is not None and sum(row["counts"].values()) > 0 for row in rows)


def shown_levels(page: Page) -> dict[str, str]:
    """Level of each camera in the list beside the map."""
    script = "rows => rows.map(row => [row.dataset.camera, row.querySelector('[data-level]').dataset.level])"
    return dict(page.eval_on_selector_all("[data-camera]", script))


def played(page: Page) -> bool:
    """Whether live video has advanced by `PLAYED_S` between two reads of its time."""
    clock = "(document.querySelector('video') || {currentTime: 0}).currentTime"
    before = page.evaluate(clock)
    page.wait_for_timeout(int(PLAYED_S * 1000) + 500)
    return bool(before and page.evaluate(clock) - before >= PLAYED_S * 0.8)


def open_page(browser: Browser, address: str, screen: str, *, user: tuple[str, str] | None = None) -> Page:
    context = browser.new_context(viewport=SCREENS[screen], base_url=address)
    if user is not None:
        context.request.post("/api/session", data={"name": user[0], "password": user[1]})
    return context.new_page()


def check_video(browser: Browser, address: str, camera_id: str) -> None:
    for screen in SCREENS:
        page = open_page(browser, address, screen)
        page.goto(f"/camera/{camera_id}")
        wait_for(f"{screen}: {PLAYED_S:.0f} s of live video played", lambda page=page: played(page), timeout_s=60)
        page.screenshot(path=SCREENSHOTS / f"demo-camera-{screen}.png")
        page.context.close()


def check_page(
    browser: Browser, address: str, name: str, path: str, awaited: str, *, user: tuple[str, str] | None = None
) -> None:
    for screen in SCREENS:
        page = open_page(browser, address, screen, user=user)
        page.goto(path)
        page.wait_for_selector(awaited, timeout=30_000)
        page.wait_for_selector(".narration-line time", timeout=30_000)
        page.wait_for_timeout(1000)
        page.screenshot(path=SCREENSHOTS / f"demo-{name}-{screen}.png")
        page.context.close()
    log(f"{path.split('?', maxsplit=1)[0]} shows {awaited} and the latest narrated event")


def check(browser: Browser, address: str, client: Client, user: tuple[str, str]) -> None:
    board = open_page(browser, address, "desktop")
    board.goto("/")
    first: dict[str, str] = {}

    def changed() -> str | None:
        for camera_id, level in shown_levels(board).items():
            if level != "unknown" and first.setdefault(camera_id, level) != level:
                return camera_id
        return None

    def live() -> list[str]:
        return [name for name, camera in client.cameras().items() if camera["status"] in ("online", "degraded")]

    wait_for(f"{MIN_LIVE_CAMERAS} cameras are live", lambda: len(live()) >= MIN_LIVE_CAMERAS, timeout_s=90)
    changed()
    check_video(browser, address, live()[0])
    down = wait_for(f"narrated: {BREAKDOWN}", lambda: client.narrated(BREAKDOWN), timeout_s=120)
    found = wait_for(
        "the breakdown is an incident", lambda: client.incident("stopped_vehicle", down["camera_id"]), timeout_s=90
    )
    delay_s = (datetime.fromisoformat(found["detected_at"]) - datetime.fromisoformat(down["at"])).total_seconds()
    log(f"the breakdown was found {delay_s:.0f} s after it happened")
    check_page(browser, address, "incidents", f"/kejadian/{found['id']}", "img", user=user)
    cut = wait_for(f"narrated: {CABLE_CUT}", lambda: client.narrated(CABLE_CUT), timeout_s=120)
    without_video = cut["camera_id"]
    wait_for(
        f"{without_video} is shown as unknown",
        lambda: shown_levels(board).get(without_video) == "unknown",
        timeout_s=60,
    )
    check_page(browser, address, "cut", f"/camera/{without_video}", ".video-badge .level-unknown")
    wait_for("a badge has changed its level", changed, timeout_s=150)
    check_page(browser, address, "map", "/", ".map-pin [data-level]")
    past = wait_for("the charts of the past are not empty", lambda: client.past_counts(live()[0]), timeout_s=60)
    log(f"{past} of the last 24 hours have counts")
    check_page(browser, address, "history", f"/riwayat?camera={live()[0]}&period=sevenDays", "canvas", user=user)
    for name, camera in client.cameras().items():
        log(f"{name}: {camera['status']}, {camera['level']}")
    if delay_s > DETECTED_WITHIN_S:
        sys.exit(f"demo-check: the breakdown was found only after {delay_s:.0f} s, not within {DETECTED_WITHIN_S:.0f}")


def main() -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    data = BUILD / "demo-check"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    port, output, began = free_port(), data / "demo.log", time.monotonic()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "pipelines", "demo", "--port", str(port), "--data-dir", str(data)]
    log(f"output in {output}")
    with (
        running_process(command, log=output, stop_within_s=STOP_S),
        httpx.Client(base_url=address, timeout=10) as http,
        chromium() as browser,
    ):
        client = Client(http)
        listed = wait_for("the API answers with cameras", client.cameras, timeout_s=120)
        log(f"{len(listed)} cameras are listed {time.monotonic() - began:.0f} s after the start")
        password = wait_for(
            "passwords are printed", lambda: re.search(r"operator +operator +(\S+)", output.read_text()), timeout_s=30
        ).group(1)
        client.sign_in("operator", password)
        check(browser, address, client, ("operator", password))
    log(f"all good after {time.monotonic() - began:.0f} s; screenshots in {SCREENSHOTS}")


if __name__ == "__main__":
    main()
