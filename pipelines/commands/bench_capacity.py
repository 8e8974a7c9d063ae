"""`simpang bench-capacity`: does this machine hold so many cameras?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import platformdirs
from rich.console import Console
from rich.table import Table

from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.capacity.assessment import Point

LEARNS_WITHIN_S = 30.0
"""About so long a camera takes to learn how large its road users look (`models.gating.input_scale`), once."""


@click.command("bench-capacity")
@click.option("--cameras", required=True, type=click.IntRange(1, 1000), help="How many to serve and analyse.")
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(3, 3600), help="How long to measure.")
@click.option(
    "--settle",
    "settle_s",
    default=LEARNS_WITHIN_S,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="Seconds from the first look at every camera to what is measured: they learn how large road users look.",
)
@click.option("--clips", required=True, type=click.Path(path_type=Path), help="A folder with traffic video.")
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="A model: path or name; without it the default one is used.")
@click.option("--json", "json_path", metavar="OUT", help="Write the figures here; - for standard output.")
@click.option("--record", type=click.Path(path_type=Path), help="Write every look and crossing here, as JSON.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where prepared clips are kept.")
def bench_capacity(
    *,
    cameras: int,
    seconds: float,
    settle_s: float,
    clips: Path,
    weights: str | None,
    json_path: str | None,
    record: Path | None,
    cache: Path | None,
) -> None:
    """Play CLIPS in a loop as so many cameras of 640x360 at 12.5 pictures a second over RTSP, and analyse them live.

    Held are cameras that are looked at 5 times a second or more while their traffic moves, with 95 % of the looks done
    within 500 ms, and nothing piling up. Server and worker run on this machine, each in its own process.
    """
    from pipelines.capacity.assessment import judge  # noqa: PLC0415 - wait for
    from pipelines.capacity.clips import prepare_clips  # noqa: PLC0415 - these load the inference runtime, which
    from pipelines.capacity.run import measure, references_for, require_server  # noqa: PLC0415 - --help need not

    if not clips.is_dir():
        raise UserError(f"{clips}: no such folder; give one with traffic video: --clips DIR")
    for path in (None if json_path in (None, "-") else Path(json_path), record):
        if path is not None and not path.resolve().parent.is_dir():
            raise UserError(f"{path}: the folder {path.resolve().parent} does not exist; create it first")
    require_server()
    kept = cache or Path(platformdirs.user_cache_dir("simpang", appauthor=False)) / "capacity"
    kept.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with console.status("preparing the clips") as status:
        prepared = prepare_clips(clips, kept)
        references = references_for(prepared, weights, kept, status.update)
        status.update(f"{cameras} cameras for {seconds:g} s")
        measured = measure(prepared, cameras, seconds, weights, settle_s=settle_s)
    if record is not None:
        record.write_text(measured.model_dump_json())
    point = judge(measured, references)
    if json_path is not None:
        text = point.model_dump_json(indent=1) + "\n"
        click.echo(text, nl=False) if json_path == "-" else Path(json_path).write_text(text)
    if json_path != "-":
        show(point)


def show(point: "Point") -> None:
    table = Table(
        "camera", "clip", "looks/s", "while moving", "held", "age p95, ms", "growth, ms", "received/s", "failed"
    )
    for camera in point.per_camera:
        moving = "-" if camera.looks_per_s_moving is None else f"{camera.looks_per_s_moving:.2f}"
        age = "-" if camera.age_p95_ms is None else f"{camera.age_p95_ms:.0f}"
        growth = "-" if camera.age_growth_ms is None else f"{camera.age_growth_ms:+.0f}"
        table.add_row(
            camera.id,
            camera.clip,
            f"{camera.looks_per_s:.2f}",
            moving,
            f"{camera.held:.0%}",
            age,
            growth,
            f"{camera.received_fps:.2f}",
            ", ".join(camera.failed),
        )
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    tasks = ", ".join(f"{task} {spent:.2f}" for task, spent in point.worker_cpu_by_task.items() if spent >= 0.005)
    console.print(
        f"CPU seconds a second: worker {point.worker_cpu:.2f} ({tasks}), servers {point.servers_cpu:.2f}. "
        f"Memory: worker {point.worker_mb:.0f} MB, servers {point.servers_mb:.0f} MB."
    )
    failed = "; ".join(f"{condition}: {count} cameras" for condition, count in point.failed.items())
    console.print(f"{point.cameras} cameras are held." if point.holds else f"Not held. Failed: {failed}.")
