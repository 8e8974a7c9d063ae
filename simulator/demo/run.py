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
from simulator.demo.capacity_probe import cameras_held
from simulator.demo.history_seed import PastDays
from simulator.demo.narrator import Happening, Narrator
from simulator.demo.seeding import seeding
from simulator.demo.users import DemoUser, demo_users, points_in_order
from simulator.world.camera_model import geometry_of
from simulator.world.sites import Point
from simulator.world.sumo_network import read_network

SCRIPTED_S = 6 * 3600.0
"""Afterwards the days go on without incidents."""

READY_S, READY_CPU_S = 8.0, 6.0
"""Until the first picture: for each camera this much of a core, and a while for everything else."""

UP_TIMEOUT_S, ASK_EVERY_S = 60.0, 0.5
NEWS_EVERY_S = 1.0

Say = Callable[[str], None]


def show(data_dir: Path, *, port: int, cameras: int | None, seed: int, say: Say) -> None:
    """Until KeyboardInterrupt. Raises UserError where a part does not start or stops by itself."""
    began = time.monotonic()
    data_dir.mkdir(parents=True, exist_ok=True)
    points, weights = points_in_order(), os.environ.get("SIMPANG_WEIGHTS") or DEMO_CITY
    held = cameras or cameras_held(points[0], weights)
    say(f"{held} of {len(points)} cameras will be live: what this machine holds ({available_cores()} cores).")
    live, users = points[:held], demo_users()
    ready_s = READY_S + READY_CPU_S * held / available_cores()
    with live_city(
        live, seed, data_dir, duration_s=SCRIPTED_S, play="demo", get_ready_s=ready_s, listed=points[held:]
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
                    say(line)
                _narrate(city, running, config, narration, say)
    raise UserError(f"the demo stopped by itself; {log} says why")


def _complete(config: Path, *, port: int, users: Sequence[DemoUser], weights: str) -> None:
    amend_config(
        config,
        portal={"port": port, "narration": "narration.jsonl"},
        users=[user.as_configured() for user in users],
        weights=weights,
    )


def _past(config: Config, live: Sequence[Point]) -> list[PastDays]:
    zone = ZoneInfo(config.city.timezone)
    return [
        PastDays(point, CameraGeometry.model_validate(geometry_of(point, read_network(point))), number, zone)
        for number, point in enumerate(live)
    ]


def _wait_until_up(running: Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + UP_TIMEOUT_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=ASK_EVERY_S).raise_for_status()
        except httpx.HTTPError as error:
            if running.poll() is not None or time.monotonic() > deadline:
                raise UserError(f"the pages did not come up; {log} says why") from error
            time.sleep(ASK_EVERY_S)
        else:
            return


def _welcome(port: int, users: Sequence[DemoUser], took_s: float, city: LiveCity) -> Iterator[str]:
    yield f"Simpang is up after {took_s:.0f} s: http://127.0.0.1:{port}"
    yield "Sign in there as (passwords of this run only):"
    for user in users:
        yield f"  {user.role:10}{user.name:12}{user.password}"
    wait_s = max(0.0, city.start_at - time.time())
    yield f"Live pictures begin in {wait_s:.0f} s. Below, what really happens in the simulation; Ctrl-C stops it."


def _narrate(city: LiveCity, running: Popen[bytes], config: Config, narration: Path, say: Say) -> None:
    """Until a part stops by itself."""
    narrator = Narrator(city.truth, city.start_at)
    zone, names = ZoneInfo(config.city.timezone), {camera.id: camera.name for camera in config.cameras}
    while running.poll() is None:
        for point_id, camera in zip(city.truth, city.cameras, strict=True):
            if camera.poll() is not None:
                raise UserError(f"camera {point_id} stopped by itself; its log is {city.config.parent / point_id}.log")
        for happening in narrator.news(datetime.now(UTC)):
            with narration.open("a", encoding="utf-8") as file:
                file.write(happening.as_json() + "\n")
            say(_line(happening, zone, names))
        time.sleep(NEWS_EVERY_S)


def _line(happening: Happening, zone: ZoneInfo, names: dict[str, str]) -> str:
    place = names.get(happening.camera_id or "", "Kota")
    return f"{happening.at.astimezone(zone):%H:%M:%S}  {place}: {happening.text[0]} / {happening.text[1]}"
