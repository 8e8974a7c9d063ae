"""`simpang city`: a simulated city whose every truth is known."""

import signal
import threading
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from pipelines.errors import UserError
from pipelines.worker.child_process import end_with_parent
from simulator.world.scenario import Light, Script, city_script
from simulator.world.scenario_library import PLAYS
from simulator.world.sites import Point, all_points, point_of

SCRIPTED_S = 3600.0
JUDGED_LATER_S = 600.0
"""After the last that was scripted, the truth about the first of it is still asked for."""


@click.group()
def city() -> None:
    """A simulated city: traffic by Eclipse SUMO, rendered as its cameras would see it. Needs the extra `demo`."""


@city.command()
def points() -> None:
    """List the points of the city."""
    for point in all_points():
        click.echo(f"{point.id:24}{point.name}")


@city.command()
@click.option("--point", "point_id", required=True, help="Where the camera stands; see `simpang city points`.")
@click.option("--seconds", type=click.FloatRange(min=0.08), default=60.0, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--light", type=click.Choice([light.value for light in Light]), help="Instead of the simulated day's.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The video, an MP4.")
@click.option("--truth", type=click.Path(path_type=Path), help="What really happens, JSON.")
@click.option("--camera", type=click.Path(path_type=Path), help="The camera.json: gates, zones, control points.")
@click.option("--boxes", type=click.Path(path_type=Path), help="Exact boxes of each frame, .jsonl.gz.")
def render(point_id: str, seconds: float, seed: int, light: str | None, **paths: Path | None) -> None:
    """Record one camera, with the incidents of this seed; under a light of your choice without any."""
    from simulator.cameras.render_video import record  # noqa: PLC0415 (drawing takes a while to load)

    point, video = point_of(point_id), paths.pop("out")
    if video is None or not video.resolve().parent.is_dir():
        raise UserError(f"{video}: the folder does not exist; create it first")
    script = Script(light=Light(light)) if light else city_script([point], seed, seconds, faulty=False)[point.id]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(point.name, total=seconds)
        record(
            point, seed, script, seconds=seconds, video=video, progress=lambda t: bar.update(task, completed=t), **paths
        )


@city.command()
@click.option("--cameras", type=click.IntRange(1, 12), default=4, show_default=True, help="How many of the points.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("build/city"), show_default=True)
def serve(cameras: int, seed: int, folder: Path) -> None:
    """Serve cameras over RTSP until Ctrl-C; `simpang run DIR/city.yaml` watches them."""
    from simulator.cameras.processes import live_city  # noqa: PLC0415

    stop = _stopped_by_signal()
    with live_city(all_points()[:cameras], seed, folder, duration_s=SCRIPTED_S) as living:
        click.echo(f"{cameras} cameras are getting ready. Watch them with: simpang run {living.config}")
        while not stop.wait(1.0):
            for point, camera in zip(all_points(), living.cameras, strict=False):
                if camera.poll() is not None:
                    raise UserError(f"camera {point.id} stopped by itself; its log is {folder / point.id}.log")


@city.command(hidden=True)
@click.argument("point_id")
@click.option("--among", required=True, help="All points that share the script, comma-separated.")
@click.option("--seed", type=int, required=True)
@click.option("--port", type=int, required=True)
@click.option("--start-at", type=float, required=True, help="Unix time of second 0.")
@click.option("--truth", type=click.Path(path_type=Path), required=True)
@click.option("--duration", type=float, required=True)
@click.option("--play", type=click.Choice(list(PLAYS)), required=True)
def camera(point_id: str, among: str, seed: int, duration: float, play: str, **where: Any) -> None:
    """One camera of `simpang city serve`."""
    from simulator.cameras.live_camera import LiveCamera  # noqa: PLC0415

    sharing: list[Point] = [point_of(name) for name in among.split(",")]
    script = PLAYS[play](sharing, seed, duration)[point_id]
    stop = _stopped_by_signal()
    end_with_parent()
    LiveCamera(point_of(point_id), seed, script, kept_s=duration + JUDGED_LATER_S, **where).run(stop)


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
