"""`simpang bench-capacity`: check whether this machine analyses a number of cameras."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import platformdirs
from rich.console import Console
from rich.table import Table

from pipelines.commands.number_range import NumberRange
from pipelines.commands.output_path import require_folder
from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.capacity.assessment import CapacityResult


@click.command("bench-capacity")
@click.option("--cameras", required=True, type=click.IntRange(1, 1000), help="Number of cameras to serve and analyse.")
@click.option("--seconds", default=30.0, show_default=True, type=NumberRange(3, 3600), help="Measured time.")
@click.option(
    "--settle",
    "settle_s",
    type=NumberRange(0, 3600),
    help="Seconds from the first analysed frame of every camera to the measurement; by default 30, in which cameras "
    "learn their input scale.",
)
@click.option("--clips", required=True, type=click.Path(path_type=Path), help="A folder with traffic video.")
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="A model: path or name; without it the default one is used.")
@click.option("--json", "json_path", metavar="OUT", help="Write the figures here; - for standard output.")
@click.option(
    "--record", type=click.Path(path_type=Path), help="Write all analysed frames and crossings here, as JSON."
)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder of prepared clips and baselines.")
@click.option(
    "--without-reference",
    is_flag=True,
    help="Do not measure ultralytics' ObjectCounter before and after, with which machines and days compare.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Worker processes that share the cameras; by default as many as `simpang run` would start.",
)
@click.option("--refresh", is_flag=True, help="Analyse every frame of the clips again, even if a baseline is stored.")
def bench_capacity(
    *,
    cameras: int,
    seconds: float,
    settle_s: float | None,
    clips: Path,
    weights: str | None,
    json_path: str | None,
    record: Path | None,
    cache: Path | None,
    without_reference: bool,
    processes: int | None,
    refresh: bool,
) -> None:
    """Play CLIPS in a loop as cameras of 640x360 at 12.5 frames a second over RTSP, and analyse them live.

    The machine passes if every camera has at least 5 analysed frames a second while its traffic moves, 95 % of them
    within 500 ms, and no queue grows. Server and worker processes run on this machine. Where ultralytics
    is installed, ObjectCounter counts the clip nl_highway, or the first of the folder, before and after: analysed
    frames a second over its frames a second compare between machines and days.
    """
    # OpenCV and the inference runtime take seconds to load, and --help does not need them.
    from models.weights.resolver import resolve_weights  # noqa: PLC0415
    from pipelines.capacity.assessment import assess  # noqa: PLC0415
    from pipelines.capacity.clips import prepare_clips  # noqa: PLC0415
    from pipelines.capacity.reference_speed import is_installed, objectcounter_fps, reference_clip  # noqa: PLC0415
    from pipelines.capacity.run import SCALE_LEARNING_S, baselines_for, measure, require_server  # noqa: PLC0415

    if not clips.is_dir():
        raise UserError(f"{clips}: no such folder; give one with traffic video: --clips DIR")
    require_folder(json_path, record)
    require_server()
    folder = cache or Path(platformdirs.user_cache_dir("simpang", appauthor=False)) / "capacity"
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with console.status("preparing the clips") as status:
        prepared = prepare_clips(clips, folder)
        baselines = baselines_for(prepared, weights, folder, status.update, refresh=refresh)
        settle_s = SCALE_LEARNING_S if settle_s is None else settle_s

        def reference_fps() -> tuple[float, ...]:
            if without_reference or not is_installed():
                return ()
            status.update("ObjectCounter on the reference clip")
            return (objectcounter_fps(reference_clip(clips), resolve_weights(weights)),)

        before = reference_fps()
        status.update(f"{cameras} cameras for {seconds:g} s")
        measured = measure(prepared, cameras, seconds, weights, settle_s=settle_s, processes=processes)
        measured = measured.model_copy(update={"reference_fps": before + reference_fps()})
    if record is not None:
        record.write_text(measured.model_dump_json())
    result = assess(measured, baselines)
    if json_path is not None:
        text = result.model_dump_json(indent=1) + "\n"
        click.echo(text, nl=False) if json_path == "-" else Path(json_path).write_text(text)
    if json_path != "-":
        _print(result)


def _print(result: "CapacityResult") -> None:
    """Print a table of the cameras, and the verdict."""
    table = Table(
        "camera",
        "clip",
        "analysed/s",
        "while moving",
        "without detector",
        "age p95, ms",
        "growth, ms",
        "received/s",
        "failed",
    )
    for camera in result.per_camera:
        moving = "-" if camera.analysed_fps_moving is None else f"{camera.analysed_fps_moving:.2f}"
        age = "-" if camera.age_p95_ms is None else f"{camera.age_p95_ms:.0f}"
        growth = "-" if camera.age_growth_ms is None else f"{camera.age_growth_ms:+.0f}"
        table.add_row(
            camera.id,
            camera.clip,
            f"{camera.analysed_fps:.2f}",
            moving,
            f"{camera.skipped_share:.0%}",
            age,
            growth,
            f"{camera.received_fps:.2f}",
            ", ".join(camera.failed),
        )
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    tasks = ", ".join(f"{task} {spent:.2f}" for task, spent in result.worker_cpu_by_task.items() if spent >= 0.005)
    console.print(
        f"CPU seconds a second: worker {result.worker_cpu:.2f} ({tasks}), servers {result.servers_cpu:.2f}. "
        f"Memory: worker {result.worker_mb:.0f} MB, servers {result.servers_mb:.0f} MB."
    )
    console.print(_shares(result))
    failed = "; ".join(f"{condition}: {count} cameras" for condition, count in result.failed.items())
    console.print(f"Passed with {result.cameras} cameras." if result.passed else f"Not passed. Failed: {failed}.")


def _shares(result: "CapacityResult") -> str:
    """Describe the use of the cores, and the ratios that compare between machines."""
    parts = [f"{result.cpu_busy:.0%} of the cores in use", f"{result.total_analysed_fps:.1f} analysed frames/s in all"]
    if result.looks_over_objectcounter is not None:
        parts.append(f"{result.looks_over_objectcounter:.2f} times ObjectCounter ({result.objectcounter_fps:.1f}/s)")
    if result.outside_network_ratio is not None:
        parts.append(f"CPU outside the network {result.outside_network_ratio:.2f} times the network's")
    return "; ".join(parts) + "."
