"""`simpang city`: a simulated city with known ground truth."""

import signal
import threading
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from pipelines.commands.number_range import NumberRange
from pipelines.errors import UserError
from pipelines.worker.child_process import end_with_parent
from simulator.world.scenario import Light, Scenario, city_scenarios
from simulator.world.scenario_library import SCENARIOS
from simulator.world.sites import Site, all_sites, site_by_id

SCENARIO_S = 3600.0
"""Duration of the scenario of `simpang city serve`, seconds [assumption]."""

TRUTH_KEPT_AFTER_S = 600.0
"""Seconds that a camera keeps its ground truth after the end of the scenario, for the evaluation [assumption]."""


@click.group()
def city() -> None:
    """A simulated city: traffic by Eclipse SUMO, rendered as its cameras see it. Needs the extra `demo`."""


@city.command("points")
def list_sites() -> None:
    """List the camera sites of the city."""
    for site in all_sites():
        click.echo(f"{site.id:24}{site.name}")


@city.command()
@click.option("--point", "site_id", required=True, help="Camera site; see `simpang city points`.")
@click.option("--seconds", type=NumberRange(min=0.08), default=60.0, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--light", type=click.Choice([light.value for light in Light]), help="Instead of the simulated day's.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The video, an MP4.")
@click.option("--truth", type=click.Path(path_type=Path), help="Ground truth, JSON.")
@click.option("--camera", type=click.Path(path_type=Path), help="The camera.json: gates, zones, control points.")
@click.option("--boxes", type=click.Path(path_type=Path), help="Exact boxes of each frame, .jsonl.gz.")
def render(site_id: str, seconds: float, seed: int, light: str | None, **paths: Path | None) -> None:
    """Render one camera with the incidents of the seed; with --light without incidents."""
    from simulator.cameras.render_video import render_video  # noqa: PLC0415 (drawing takes a while to load)

    site, video = site_by_id(site_id), paths.pop("out")
    if video is None or not video.resolve().parent.is_dir():
        raise UserError(f"{video}: the folder does not exist; create it first")
    scenario = Scenario(light=Light(light)) if light else city_scenarios([site], seed, seconds, faulty=False)[site.id]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(site.name, total=seconds)
        render_video(
            site,
            seed,
            scenario,
            seconds=seconds,
            video=video,
            progress=lambda t: bar.update(task, completed=t),
            **paths,
        )


@city.command()
@click.option("--cameras", type=click.IntRange(1, 12), default=4, show_default=True, help="How many of the points.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("build/city"), show_default=True)
def serve(cameras: int, seed: int, folder: Path) -> None:
    """Serve cameras over RTSP until Ctrl-C; `simpang run DIR/city.yaml` analyses them."""
    from simulator.cameras.processes import live_city  # noqa: PLC0415

    stop = _stopped_by_signal()
    with live_city(all_sites()[:cameras], seed, folder, duration_s=SCENARIO_S) as live:
        click.echo(f"{cameras} cameras are starting. Analyse them with: simpang run {live.config}")
        while not stop.wait(1.0):
            for site, camera in zip(all_sites(), live.cameras, strict=False):
                if camera.poll() is not None:
                    raise UserError(f"camera {site.id} stopped by itself; its log is {folder / site.id}.log")


@city.command(hidden=True)
@click.argument("site_id")
@click.option("--among", required=True, help="All sites of the scenario, comma-separated.")
@click.option("--seed", type=int, required=True)
@click.option("--port", type=int, required=True)
@click.option("--start-at", type=float, required=True, help="Unix time of second 0.")
@click.option("--truth", type=click.Path(path_type=Path), required=True)
@click.option("--duration", type=float, required=True)
@click.option("--play", "scenario_name", type=click.Choice(list(SCENARIOS)), required=True)
def camera(site_id: str, among: str, seed: int, duration: float, scenario_name: str, **where: Any) -> None:
    """Run one camera of `simpang city serve`."""
    from simulator.cameras.live_camera import LiveCamera  # noqa: PLC0415

    sharing: list[Site] = [site_by_id(name) for name in among.split(",")]
    scenario = SCENARIOS[scenario_name](sharing, seed, duration)[site_id]
    stop = _stopped_by_signal()
    end_with_parent()
    LiveCamera(site_by_id(site_id), seed, scenario, kept_s=duration + TRUTH_KEPT_AFTER_S, **where).run(stop)


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
