"""The living city: one process for each camera, and the configuration for `simpang run` to watch them."""

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

from models.weights.bundled import DEMO_CITY
from pipelines.worker.child_process import free_port, running_process
from simulator.cameras.live_camera import MAIN
from simulator.world.camera_model import geometry_of
from simulator.world.sites import Point
from simulator.world.sumo_network import read_network

GET_READY_S = 25.0
"""From the start of the processes to second 0 of the simulation: drawing takes its time, more so on a busy machine."""

CITY = {
    "name": "Kota Batam (simulasi)",
    "timezone": "Asia/Jakarta",
    "centre": [1.105, 104.055],
    "zoom": 12,
    "simulated": True,
}
NOT_LIVE = {"id": "tidak disimulasikan di komputer ini", "en": "not simulated on this machine"}


@dataclass(frozen=True)
class LiveCity:
    """config: of `simpang run`. truth: by point, rewritten every few seconds. start_at: Unix time of second 0."""

    config: Path
    truth: dict[str, Path]
    start_at: float
    cameras: tuple[Popen[bytes], ...]


@contextmanager
def live_city(
    points: Sequence[Point],
    seed: int,
    folder: Path,
    *,
    duration_s: float,
    play: str = "city",
    get_ready_s: float = GET_READY_S,
    listed: Sequence[Point] = (),
) -> Iterator[LiveCity]:
    """duration_s: for how long incidents and faults are scripted. play: a key of `PLAYS`. Files go to `folder`.

    listed: further points that are in the configuration, but do not live.
    """
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    ports = {point.id: free_port() for point in points}
    truth = {point.id: folder / "truth" / f"{point.id}.json" for point in points}
    start_at = time.time() + get_ready_s
    config = write_config((*points, *listed), ports, folder)
    among = ",".join(point.id for point in points)
    with ExitStack() as running:
        common = ["--among", among, "--seed", str(seed), "--play", play]
        common += ["--start-at", f"{start_at:.3f}", "--duration", f"{duration_s:.0f}"]
        cameras = tuple(
            running.enter_context(
                running_process(
                    [
                        *(sys.executable, "-m", "pipelines", "city", "camera", point.id, *common),
                        *("--port", str(ports[point.id]), "--truth", str(truth[point.id])),
                    ],
                    log=folder / f"{point.id}.log",
                )
            )
            for point in points
        )
        running.callback(_stop_all, cameras)
        yield LiveCity(config, truth, start_at, cameras)


def _stop_all(cameras: Sequence[Popen[bytes]]) -> None:
    """At once: each takes its time to end."""
    for camera in cameras:
        camera.terminate()


def write_config(points: Sequence[Point], ports: dict[str, int], folder: Path) -> Path:
    """city.yaml and one camera.json for each point. ports: of those that live."""
    for point in points:
        geometry = geometry_of(point, read_network(point))
        (folder / f"{point.id}.camera.json").write_text(json.dumps(geometry, indent=1), encoding="utf-8")
    sites = {point.site: {"id": point.site, "name": point.site_name} for point in points}
    config = folder / "city.yaml"
    said: dict[str, Any] = {
        "city": CITY,
        "weights": DEMO_CITY,
        "data_dir": "data",
        "sites": list(sites.values()),
        "cameras": [_camera(point, ports) for point in points],
    }
    _write(config, said)
    return config


def amend_config(config: Path, **settings: Any) -> None:
    """Sets these, whole, in what `write_config` wrote."""
    said: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    _write(config, {**said, **settings})


def _write(config: Path, said: dict[str, Any]) -> None:
    config.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _camera(point: Point, ports: dict[str, int]) -> dict[str, Any]:
    camera = {
        "id": point.id,
        "name": point.name,
        "site": point.site,
        "owner": "Simulasi",
        "visibility": "public",
        "position": [point.lat, point.lon],
        "url": f"rtsp://127.0.0.1:{ports.get(point.id, 0)}/{MAIN}",
        "geometry": f"{point.id}.camera.json",
    }
    return camera if point.id in ports else {**camera, "out_of_service": NOT_LIVE}
