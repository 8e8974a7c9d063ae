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
from models.weights.bundled import bundled_weights
from pipelines.addresses.address import Address
from pipelines.commands.number_range import NumberRange
from pipelines.commands.output_path import require_folder
from pipelines.commands.report_notes import echo_dropped, echo_gate_warnings
from pipelines.config.geometry_file import CameraGeometry, read_geometry
from pipelines.errors import UserError
from pipelines.events.dropped_fact import DroppedFact
from pipelines.recordings.count_report import Run, build_report, write_report
from pipelines.worker.signals import stop_on_signals

if TYPE_CHECKING:
    from pipelines.recordings.count_video import CountResult, FrameCallback


@click.command()
@click.argument("source")
@click.option(
    "--gate", "gates", multiple=True, metavar="ID:u1,v1,u2,v2", help="A counting line, in pixels; repeatable."
)
@click.option("--camera", "camera_file", type=click.Path(path_type=Path), help="A camera.json: gates, zones, scale.")
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="A model: path or name; without it the default one is used.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--confidence", default=0.25, show_default=True, type=NumberRange(0.01, 0.99))
@click.option(
    "--analysis-fps",
    "--looks",
    "analysis_fps",
    type=NumberRange(min=1),
    default=math.inf,
    help="Frames a second to analyse; by default all. 5 to 8 are several times faster and lose few crossings.",
)
@click.option("--simulated", is_flag=True, help="SOURCE shows the simulated city; its own weights may be used.")
@click.option(
    "--whole-frame",
    "--whole-picture",
    "whole_frame",
    is_flag=True,
    help="With few --analysis-fps: run the detector on the whole frame, not only on regions that moved.",
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
    analysis_fps: float,
    whole_frame: bool,
    simulated: bool,
    json_path: str | None,
    video_path: Path | None,
) -> None:
    """Count road users in SOURCE: a video file, or an RTSP, HTTP or HLS address.

    Ctrl-C ends it early; the report then covers the time until then.
    """
    drawn = [parse_gate(text) for text in gates]
    geometry = read_geometry(camera_file) if camera_file else CameraGeometry()
    require_folder(json_path, video_path)

    # OpenCV and the inference runtime take seconds to load, and --help does not need them.
    from models.gating.roi import LOW_FPS, choose_roi  # noqa: PLC0415
    from pipelines.analysis.detector_factory import open_detector  # noqa: PLC0415
    from pipelines.recordings.annotate import AnnotatedVideo  # noqa: PLC0415
    from pipelines.recordings.count_video import count_video  # noqa: PLC0415
    from pipelines.recordings.video_reader import VideoReader  # noqa: PLC0415

    with ExitStack() as resources:
        video = resources.enter_context(VideoReader(source))
        camera = camera_for(geometry, drawn, video.image_size)
        echo_gate_warnings(camera)
        gating = analysis_fps < LOW_FPS and not whole_frame
        size = None if gating else choose_roi(camera, analysis_fps=analysis_fps).window[2:]
        detector = open_detector(weights, device=device, confidence=confidence, image_size=size, simulated=simulated)
        resources.enter_context(closing(detector))
        callbacks: list[FrameCallback] = [resources.enter_context(_progress(video.expected_frames))]
        if video_path is not None:
            callbacks.append(resources.enter_context(AnnotatedVideo(video_path, camera, video.frame_s)).write)
        started = time.perf_counter()
        result = count_video(
            video,
            camera,
            detector,
            stop=resources.enter_context(stop_on_signals()),
            analysis_fps=analysis_fps,
            gating=gating,
            larger_crops=bool(weights) and bundled_weights(weights) is None,
            callbacks=callbacks,
        )
        wall_s = time.perf_counter() - started
    report = _report(source, camera, result, wall_s)
    echo_dropped(map(DroppedFact.from_json, report["dropped"]))
    if json_path is not None:
        write_report(report, json_path)
    if json_path != "-":
        _print_counts(report, has_gates=bool(camera.gates))
        for span in result.withheld:
            click.echo(f"Nothing is known of {span.from_s:.0f} s to {span.to_s:.0f} s: {span.reason}.")


def parse_gate(text: str) -> Gate:
    """Parse the option `--gate`. Raises UserError for text that is not `ID:u1,v1,u2,v2`.

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
    """Scale the geometry to the frames of a recording, and add gates given in its pixels.

    image_size: (width, height). Raises UserError where a point lies outside the frame or an id is used twice.
    """
    try:
        camera = geometry.camera("count", image_size, name=geometry.name or "")
        return replace(camera, gates=(*camera.gates, *gates))
    except ValueError as error:
        raise UserError(f"{error}; correct the gates or zones for this video") from error


def _report(source: str, camera: Camera, result: "CountResult", wall_s: float) -> dict[str, Any]:
    run = Run(
        source=str(Address.parse(source)),
        duration_s=result.duration_s,
        frames=result.frames,
        analysed_frames=result.analysed_frames,
        wall_s=wall_s,
    )
    withheld = [
        {"from_s": round(span.from_s, 2), "to_s": round(span.to_s, 2), "reason": span.reason}
        for span in result.withheld
    ]
    return {**build_report(run, result.facts, camera), "road_users": result.road_users, "withheld": withheld}


@contextmanager
def _progress(expected_frames: int | None) -> "Iterator[FrameCallback]":
    """Show a progress bar on standard error, if that is a terminal; yields the callback that advances it."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("frames"), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("count", total=expected_frames)
        yield lambda *_: progress.advance(task)


def _print_counts(report: dict[str, Any], *, has_gates: bool) -> None:
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
