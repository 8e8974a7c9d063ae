"""The simulated city on show: measure the machine, start everything, and say what happens, until stopped."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from zoneinfo import ZoneInfo

import httpx

from models.detection.cpu import available_cores
from models.weights.bundled import DEMO_CITY
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import Config, read_config
from pipelines.errors import UserError
from pipelines.worker.child_process import running_process
from simulator.cameras.processes import LiveCity, amend_config, live_city
from simulator.demo.capacity_probe import max_live_cameras
from simulator.demo.history_seed import CameraHistory
from simulator.demo.narrator import Announcement, Narrator
from simulator.demo.seeding import seeding
from simulator.demo.users import DemoUser, demo_users, sites_in_live_order
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import Site
from simulator.world.sumo_network import read_network

SCENARIO_S = 6 * 3600.0
"""Afterwards the days go on without incidents."""

STARTUP_BASE_S, STARTUP_CPU_S_PER_CAMERA = 8.0, 6.0
"""Until the first picture: for each camera this much of a core, and a while for everything else."""

PORTAL_START_TIMEOUT_S, PORTAL_POLL_S = 60.0, 0.5
NARRATION_INTERVAL_S = 1.0

Print = Callable[[str], None]


def run_demo(data_dir: Path, *, port: int, cameras: int | None, seed: int, print_line: Print) -> None:
    """Until KeyboardInterrupt. Raises UserError where a part does not start or stops by itself."""
    began = time.monotonic()
    data_dir.mkdir(parents=True, exist_ok=True)
    sites, weights = sites_in_live_order(), os.environ.get("SIMPANG_WEIGHTS") or DEMO_CITY
    held = cameras or max_live_cameras(sites[0], weights)
    print_line(f"{held} of {len(sites)} cameras will be live: what this machine holds ({available_cores()} cores).")
    live, users = sites[:held], demo_users()
    ready_s = STARTUP_BASE_S + STARTUP_CPU_S_PER_CAMERA * held / available_cores()
    with live_city(
        live, seed, data_dir, duration_s=SCENARIO_S, scenario_name="demo", startup_s=ready_s, not_live=sites[held:]
    ) as city:
        _complete(city.config, port=port, users=users, weights=weights)
        config = read_config(city.config)
        narration = config.portal.narration
        assert narration is not None
        narration.write_bytes(b"")
        log = data_dir / "simpang.log"
        with running_process([sys.executable, "-m", "pipelines", "run", str(city.config)], log=log) as running:
            _wait_until_up(running, port, log)
            with seeding(config, _past(config, live)):
                for line in _welcome(port, users, time.monotonic() - began, city):
                    print_line(line)
                _narrate(city, running, config, narration, print_line)
    raise UserError(f"the demo stopped by itself; {log} says why")


def _complete(config: Path, *, port: int, users: Sequence[DemoUser], weights: str) -> None:
    amend_config(
        config,
        portal={"port": port, "narration": "narration.jsonl"},
        users=[user.as_configured() for user in users],
        weights=weights,
    )


def _past(config: Config, live: Sequence[Site]) -> list[CameraHistory]:
    zone = ZoneInfo(config.city.timezone)
    return [
        CameraHistory(site, CameraGeometry.model_validate(camera_geometry(site, read_network(site))), number, zone)
        for number, site in enumerate(live)
    ]


def _wait_until_up(running: Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PORTAL_START_TIMEOUT_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=PORTAL_POLL_S).raise_for_status()
        except httpx.HTTPError as error:
            if running.poll() is not None or time.monotonic() > deadline:
                raise UserError(f"the pages did not come up; {log} says why") from error
            time.sleep(PORTAL_POLL_S)
        else:
            return


def _welcome(port: int, users: Sequence[DemoUser], took_s: float, city: LiveCity) -> Iterator[str]:
    yield f"Simpang is up after {took_s:.0f} s: http://127.0.0.1:{port}"
    yield "Sign in there as (passwords of this run only):"
    for user in users:
        yield f"  {user.role:10}{user.name:12}{user.password}"
    wait_s = max(0.0, city.start_at - time.time())
    yield f"Live pictures begin in {wait_s:.0f} s. Below, what really happens in the simulation; Ctrl-C stops it."


def _narrate(city: LiveCity, running: Popen[bytes], config: Config, narration: Path, print_line: Print) -> None:
    """Until a part stops by itself."""
    narrator = Narrator(city.truth, city.start_at)
    zone, names = ZoneInfo(config.city.timezone), {camera.id: camera.name for camera in config.cameras}
    while running.poll() is None:
        for site_id, camera in zip(city.truth, city.cameras, strict=True):
            if camera.poll() is not None:
                raise UserError(f"camera {site_id} stopped by itself; its log is {city.config.parent / site_id}.log")
        for announcement in narrator.new_announcements(datetime.now(UTC)):
            with narration.open("a", encoding="utf-8") as file:
                file.write(announcement.as_json() + "\n")
            print_line(_line(announcement, zone, names))
        time.sleep(NARRATION_INTERVAL_S)


def _line(announcement: Announcement, zone: ZoneInfo, names: dict[str, str]) -> str:
    place = names.get(announcement.camera_id or "", "Kota")
    return f"{announcement.at.astimezone(zone):%H:%M:%S}  {place}: {announcement.text[0]} / {announcement.text[1]}"
