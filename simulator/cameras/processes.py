"""Live simulated city: one process per camera, and the configuration for `simpang run`."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import yaml

from pipelines.worker.child_process import free_port, running_process
from simulator.cameras.live_camera import MAIN_STREAM
from simulator.weights import DEMO_CITY
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import Site
from simulator.world.street_map import street_map
from simulator.world.sumo_network import read_network

STARTUP_S = 25.0
"""Seconds from the start of the processes to second 0, for rendering the backgrounds [assumption]."""

CITY_CONFIG = {
    "name": "Kota Batam (simulasi)",
    "timezone": "Asia/Jakarta",
    "centre": [1.105, 104.055],
    "zoom": 12,
    "simulated": True,
}
"""Section `city` of the configuration. Centre: latitude and longitude of Batam, degrees."""

STREETS_FILE = "streets.geojson"
"""Name of the file with the simulated streets, which the map of the portal draws."""

OUT_OF_SERVICE_NOTE = {
    "id": "tidak disimulasikan: {live} dari {all} titik hidup di komputer ini",
    "en": "not simulated: {live} of {all} points are live on this machine",
}
"""Value of `out_of_service` for cameras that are configured but not simulated, by language."""


@dataclass(frozen=True)
class LiveCity:
    """Files and processes of a live simulated city.

    config: configuration for `simpang run`. truth: ground truth file of each site, rewritten every few seconds.
    start_at: Unix time of second 0. cameras: process of each site, in the order of the sites.
    """

    config: Path
    truth: dict[str, Path]
    start_at: float
    cameras: tuple[Popen[bytes], ...]


@contextmanager
def live_city(
    sites: Sequence[Site],
    seed: int,
    folder: Path,
    *,
    duration_s: float,
    scenario_name: str = "city",
    startup_s: float = STARTUP_S,
    not_live: Sequence[Site] = (),
) -> Iterator[LiveCity]:
    """Start one process per camera; stop all at the end of the block. Files are written to `folder`.

    duration_s: duration of the scenario. scenario_name: key of `SCENARIOS`. startup_s: seconds until second 0.
    not_live: further sites that are configured as out of service.
    """
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    ports = {site.id: free_port() for site in sites}
    truth = {site.id: folder / "truth" / f"{site.id}.json" for site in sites}
    start_at = time.time() + startup_s
    config = write_config((*sites, *not_live), ports, folder)
    among = ",".join(site.id for site in sites)
    with ExitStack() as running:
        common = ["--among", among, "--seed", str(seed), "--play", scenario_name]
        common += ["--start-at", f"{start_at:.3f}", "--duration", f"{duration_s:.0f}"]
        cameras = tuple(
            running.enter_context(
                running_process(
                    [
                        *(sys.executable, "-m", "pipelines", "city", "camera", site.id, *common),
                        *("--port", str(ports[site.id]), "--truth", str(truth[site.id])),
                    ],
                    log=folder / f"{site.id}.log",
                )
            )
            for site in sites
        )
        running.callback(_stop_all, cameras)
        yield LiveCity(config, truth, start_at, cameras)


def _stop_all(cameras: Sequence[Popen[bytes]]) -> None:
    """Ask all processes to stop before the first one is awaited."""
    for camera in cameras:
        camera.terminate()


def write_config(sites: Sequence[Site], ports: dict[str, int], folder: Path) -> Path:
    """Write city.yaml, the streets, and one camera.json per site; return the path of city.yaml.

    ports: RTSP port by site; a site without one is configured as out of service.
    """
    for site in sites:
        geometry = camera_geometry(site, read_network(site))
        (folder / f"{site.id}.camera.json").write_text(json.dumps(geometry, indent=1), encoding="utf-8")
    (folder / STREETS_FILE).write_text(json.dumps(street_map(sites)), encoding="utf-8")
    locations = {site.location: {"id": site.location, "name": site.location_name} for site in sites}
    config = folder / "city.yaml"
    content: dict[str, Any] = {
        "city": CITY_CONFIG,
        "weights": DEMO_CITY,
        "data_dir": "data",
        "portal": {"streets": STREETS_FILE},
        "sites": list(locations.values()),
        "cameras": [_camera(site, ports, _note(live=len(ports), all=len(sites))) for site in sites],
    }
    _write(config, content)
    return config


def amend_config(config: Path, **settings: Any) -> None:
    """Set keys of sections, and whole lists, of a configuration of `write_config`."""
    content: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    for name, value in settings.items():
        content[name] = {**content.get(name, {}), **value} if isinstance(value, dict) else value
    _write(config, content)


def _write(config: Path, content: dict[str, Any]) -> None:
    config.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _note(**counts: int) -> dict[str, str]:
    return {language: text.format(**counts) for language, text in OUT_OF_SERVICE_NOTE.items()}


def _camera(site: Site, ports: dict[str, int], note: dict[str, str]) -> dict[str, Any]:
    camera = {
        "id": site.id,
        "name": site.name,
        "site": site.location,
        "owner": "Simulasi",
        "visibility": "public",
        "position": [site.lat, site.lon],
        "url": f"rtsp://127.0.0.1:{ports.get(site.id, 0)}/{MAIN_STREAM}",
        "geometry": f"{site.id}.camera.json",
    }
    return camera if site.id in ports else {**camera, "out_of_service": note}
