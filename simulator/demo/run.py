"""`simpang demo` with the simulated city: measure the machine, start all parts, report what happens."""

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
from pipelines.config.config_file import read_config
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.worker.child_process import running_process
from simulator.cameras.processes import LiveCity, amend_config, live_city
from simulator.demo.capacity_probe import max_live_cameras
from simulator.demo.history_seed import CameraHistory
from simulator.demo.history_writer import writing_history
from simulator.demo.narrator import Announcement, Narrator
from simulator.demo.users import DemoUser, demo_users, sites_in_live_order
from simulator.weights import DEMO_CITY
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import Site
from simulator.world.sumo_network import read_network

SCENARIO_S = 6 * 3600.0
"""Duration of the scenario, seconds; afterwards there are no incidents [assumption]."""

STARTUP_BASE_S, STARTUP_CPU_S_PER_CAMERA = 8.0, 6.0
"""Startup until second 0: seconds for all other parts, and CPU seconds per camera [assumption]."""

PORTAL_START_TIMEOUT_S, PORTAL_POLL_S = 180.0, 0.5
"""Seconds until the portal must answer, and between two requests [assumption: 57 s on two busy cores]."""

NARRATION_INTERVAL_S = 1.0
"""Seconds between two checks for announcements [assumption]."""

Print = Callable[[str], None]
"""Function that prints one line."""


def run_demo(data_dir: Path, *, port: int, cameras: int | None, seed: int, print_line: Print) -> None:
    """Run the demo until KeyboardInterrupt.

    cameras: number of live cameras; None for as many as the machine can run.
    Raises UserError where a part does not start or stops unexpectedly.
    """
    began = time.monotonic()
    data_dir.mkdir(parents=True, exist_ok=True)
    sites, weights = sites_in_live_order(), os.environ.get("SIMPANG_WEIGHTS") or DEMO_CITY
    live_count = cameras or max_live_cameras(sites[0], weights)
    cores = available_cores()
    reason = "" if cameras else f": as many as this machine can run ({cores} cores)"
    print_line(f"{live_count} of {len(sites)} cameras will be live{reason}.")
    live, users = sites[:live_count], demo_users()
    ready_s = STARTUP_BASE_S + STARTUP_CPU_S_PER_CAMERA * live_count / cores
    with live_city(
        live,
        seed,
        data_dir,
        duration_s=SCENARIO_S,
        scenario_name="demo",
        startup_s=ready_s,
        not_live=sites[live_count:],
    ) as city:
        _configure_demo(city.config, port=port, users=users, weights=weights)
        config = read_config(city.config)
        narration = config.portal.narration
        assert narration is not None
        narration.write_bytes(b"")
        log = data_dir / "simpang.log"
        with running_process([sys.executable, "-m", "pipelines", "run", str(city.config)], log=log) as running:
            _wait_until_up(running, port, log)
            with writing_history(config, _histories(config, live)):
                for line in _welcome(port, users, time.monotonic() - began, city):
                    print_line(line)
                _narrate(city, running, config, narration, print_line)
    raise UserError(f"the demo stopped unexpectedly; see {log}")


def _configure_demo(config: Path, *, port: int, users: Sequence[DemoUser], weights: str) -> None:
    amend_config(
        config,
        portal={"port": port, "narration": "narration.jsonl"},
        users=[user.as_configured() for user in users],
        weights=weights,
    )


def _histories(config: Config, live: Sequence[Site]) -> list[CameraHistory]:
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
                raise UserError(f"the pages did not start; see {log}") from error
            time.sleep(PORTAL_POLL_S)
        else:
            return


def _welcome(port: int, users: Sequence[DemoUser], took_s: float, city: LiveCity) -> Iterator[str]:
    yield f"Simpang is up after {took_s:.0f} s: http://127.0.0.1:{port}"
    yield "Sign in there as (passwords of this run only):"
    for user in users:
        yield f"  {user.role:10}{user.name:12}{user.password}"
    wait_s = max(0.0, city.start_at - time.time())
    yield f"Live video begins in {wait_s:.0f} s. Below is what happens in the simulation; Ctrl-C stops it."


def _narrate(city: LiveCity, running: Popen[bytes], config: Config, narration: Path, print_line: Print) -> None:
    """Print and store all announcements until a process stops."""
    narrator = Narrator(city.truth, city.start_at)
    zone, names = ZoneInfo(config.city.timezone), {camera.id: camera.name for camera in config.cameras}
    while running.poll() is None:
        for site_id, camera in zip(city.truth, city.cameras, strict=True):
            if camera.poll() is not None:
                raise UserError(f"camera {site_id} stopped unexpectedly; see {city.config.parent / site_id}.log")
        for announcement in narrator.new_announcements(datetime.now(UTC)):
            with narration.open("a", encoding="utf-8") as file:
                file.write(announcement.as_json() + "\n")
            print_line(_line(announcement, zone, names))
        time.sleep(NARRATION_INTERVAL_S)


def _line(announcement: Announcement, zone: ZoneInfo, names: dict[str, str]) -> str:
    place = names.get(announcement.camera_id or "", "Kota")
    return f"{announcement.at.astimezone(zone):%H:%M:%S}  {place}: {announcement.text[0]} / {announcement.text[1]}"
