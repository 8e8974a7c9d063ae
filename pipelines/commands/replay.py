"""`simpang replay`: traffic facts from recorded detections."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pipelines.commands.report_notes import echo_dropped, echo_gate_warnings
from pipelines.config.geometry_file import read_geometry
from pipelines.errors import UserError
from pipelines.recordings.count_report import Report, summarise
from pipelines.recordings.detection_replay import replay_into


@click.command()
@click.argument("detections", type=click.Path(path_type=Path))
@click.option("--camera", "camera_file", required=True, type=click.Path(path_type=Path), help="A camera.json.")
@click.option("--json", "out", metavar="OUT", help="Write the report here; - for standard output.")
def replay(detections: Path, camera_file: Path, out: str | None) -> None:
    """Compute traffic facts from recorded DETECTIONS (.jsonl.gz), frame by frame as for a live camera."""
    geometry = read_geometry(camera_file)
    if geometry.image_size is None:
        raise UserError(f"{camera_file}: key image_size is missing; add [width, height] of the frame of the detections")
    camera = geometry.camera(geometry.name or camera_file.stem, geometry.image_size)
    echo_gate_warnings(camera)
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Report(camera) as report:
        with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
            task = bar.add_task("reading")
            run = replay_into(
                report,
                detections,
                camera,
                progress=lambda t: bar.update(task, description=f"{t:8.1f} s of traffic"),
            )
        echo_dropped(report.dropped())
        if out is not None:
            report.write(run, out)
        if out != "-":
            click.echo(summarise(run, report))
