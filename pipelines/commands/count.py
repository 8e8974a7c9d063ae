"""`simpang count`: traffic facts from one video or stream."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from analytics.camera import Camera, Gate
from pipelines.config.geometry_file import CameraGeometry, read_geometry
from pipelines.errors import UserError
from pipelines.logging import without_credentials
from pipelines.recordings.count_report import Run, build_report, write_report
from pipelines.worker.signals import stop_on_signals

if TYPE_CHECKING:
    from pipelines.recordings.count_video import Counted, Watcher


@click.command()
@click.argument("source")
@click.option(
    "--gate", "gates", multiple=True, metavar="ID:u1,v1,u2,v2", help="A counting line, in pixels; repeatable."
)
@click.option("--camera", "camera_file", type=click.Path(path_type=Path), help="A camera.json: gates, zones, scale.")
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="A model: path or name; without it the default one is used.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--confidence", default=0.25, show_default=True, type=click.FloatRange(0.01, 0.99))
@click.option(
    "--looks",
    "looks_per_s",
    type=click.FloatRange(min=1),
    default=math.inf,
    help="Frames to look at a second; 5 to 8 are several times faster and lose few crossings. All without it.",
)
@click.option("--simulated", is_flag=True, help="SOURCE shows the simulated city; its own weights may be used.")
@click.option(
    "--whole-picture",
    is_flag=True,
    help="With few --looks: look at all of the picture each time, not only at what moved and is not known already.",
)
@click.option("--json", "json_path", metavar="OUT", help="Where to write the report; - is standard output.")
@click.option("--video", "video_path", type=click.Path(path_type=Path), help="Write an annotated H.264 video here.")
def count(
    *,
    source: str,
    gates: tuple[str, ...],
    camera_file: Path | None,
    weights: str | None,
    device: str,
    confidence: float,
    looks_per_s: float,
    whole_picture: bool,
    simulated: bool,
    json_path: str | None,
    video_path: Path | None,
) -> None:
    """Count road users in SOURCE: a video file, or an RTSP, HTTP or HLS address.

    Ctrl-C ends it early; what was counted until then is reported.
    """
    drawn = [parse_gate(text) for text in gates]
    geometry = read_geometry(camera_file) if camera_file else CameraGeometry()
    for path in (json_path if json_path != "-" else None, video_path):
        _refuse_missing_folder(path)

    from models.gating.roi import LOW_FPS, choose_roi  # noqa: PLC0415
    from pipelines.analysis.detector_factory import open_detector  # noqa: PLC0415
    from pipelines.recordings.annotate import AnnotatedVideo  # noqa: PLC0415 - these load OpenCV and the inference runtime,
    from pipelines.recordings.count_video import count as count_recording  # noqa: PLC0415 - which --help need not wait for
    from pipelines.recordings.video_reader import Recording  # noqa: PLC0415

    with ExitStack() as resources:
        recording = resources.enter_context(Recording(source))
        camera = camera_for(geometry, drawn, recording.image_size)
        gating = looks_per_s < LOW_FPS and not whole_picture
        size = None if gating else choose_roi(camera, analysis_fps=looks_per_s).window[2:]
        detector = open_detector(weights, device=device, confidence=confidence, image_size=size, simulated=simulated)
        resources.enter_context(closing(detector))
        watchers: list[Watcher] = [resources.enter_context(_progress(recording.expected_frames))]
        if video_path is not None:
            watchers.append(resources.enter_context(AnnotatedVideo(video_path, camera, recording.frame_s)).show)
        stop = resources.enter_context(stop_on_signals())
        started = time.perf_counter()
        counted = count_recording(
            recording, camera, detector, stop=stop, looks_per_s=looks_per_s, gating=gating, watchers=watchers
        )
        wall_s = time.perf_counter() - started
    report = _report(source, camera, counted, wall_s)
    if json_path is not None:
        write_report(report, json_path)
    if json_path != "-":
        _show(report, has_gates=bool(camera.gates))
        for span in counted.withheld:
            click.echo(f"Nothing is known of {span.from_s:.0f} s to {span.to_s:.0f} s: {span.reason}.")


def parse_gate(text: str) -> Gate:
    """Raises UserError for an option that does not read `ID:u1,v1,u2,v2`.

    >>> parse_gate("north:10,20,30.5,40").p2
    (30.5, 40.0)
    """
    gate_id, _, numbers = text.rpartition(":")
    try:
        u1, v1, u2, v2 = (float(number) for number in numbers.split(","))
        if not gate_id or not all(abs(number) < 1e6 for number in (u1, v1, u2, v2)):
            raise ValueError("no id, or not a pixel")
    except ValueError as error:
        raise UserError(
            f"--gate {text}: expected ID:u1,v1,u2,v2, such as north:100,400,900,400 (pixels of the full frame)"
        ) from error
    try:
        return Gate(id=gate_id, p1=(u1, v1), p2=(u2, v2))
    except ValueError as error:
        raise UserError(f"--gate {text}: {error}; give two different points") from error


def camera_for(geometry: CameraGeometry, gates: Sequence[Gate], image_size: tuple[int, int]) -> Camera:
    """The camera of this recording: what was drawn, scaled to its frames, and the gates in its own pixels.

    Raises UserError where something lies outside the picture or an id is used twice.
    """
    try:
        camera = geometry.camera("count", image_size, name=geometry.name or "")
        return replace(camera, gates=(*camera.gates, *gates))
    except ValueError as error:
        raise UserError(f"{error}; correct the gates or zones for this video") from error


def _refuse_missing_folder(path: str | Path | None) -> None:
    if path is not None and not Path(path).resolve().parent.is_dir():
        raise UserError(f"{path}: the folder {Path(path).resolve().parent} does not exist; create it first")


def _report(source: str, camera: Camera, counted: "Counted", wall_s: float) -> dict[str, Any]:
    run = Run(
        source=without_credentials(source),
        duration_s=counted.duration_s,
        frames=counted.frames,
        analysed_frames=counted.analysed_frames,
        wall_s=wall_s,
    )
    withheld = [
        {"from_s": round(span.from_s, 2), "to_s": round(span.to_s, 2), "reason": span.reason}
        for span in counted.withheld
    ]
    return {**build_report(run, counted.facts, camera), "road_users": counted.road_users, "withheld": withheld}


@contextmanager
def _progress(expected_frames: int | None) -> "Iterator[Watcher]":
    """A bar on standard error where that is a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("frames"), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("count", total=expected_frames)
        yield lambda *_: progress.advance(task)


def _show(report: dict[str, Any], *, has_gates: bool) -> None:
    """Print the counts as a table, or a line where there are none."""
    table = Table("gate", "direction", "class", "n")
    for row in report["counts"]:
        table.add_row(row["gate"], row["direction"], row["class"], str(row["n"]))
    console = Console()
    if table.row_count:
        console.print(table)
    elif has_gates:
        console.print("Nothing crossed a gate.")
    else:
        seen = ", ".join(f"{n} {road_user.value}" for road_user, n in report["road_users"].items())
        console.print(f"Road users seen: {seen or 'none'}.", highlight=False)
