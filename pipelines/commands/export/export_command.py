"""`simpang models export`: convert weights for another runtime, or quantise them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.table import Table

from models.detection.tensorrt_cache import EngineCache
from models.errors import UnusableWeights
from models.export.detector_agreement import HIGH_CONFIDENCE, MATCH_IOU
from models.weights.resolver import cache_folder, engine_folder, resolve_weights
from pipelines.commands.export.engine_hardware import require_hardware
from pipelines.config.config_file import read_config
from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.commands.export.quantize_job import QuantisedModel


@click.command("export")
@click.argument("weights")
@click.option(
    "--to",
    "--format",
    "to",
    type=click.Choice(["openvino", "onnx", "engine", "pt"]),
    default="openvino",
    show_default=True,
)
@click.option("--imgsz", default=640, show_default=True, type=click.IntRange(32, 4096), help="Width to tune for, px.")
@click.option("--half", is_flag=True, help="Store the weights as FP16: half the size, made for GPUs.")
@click.option("--int8", is_flag=True, help="Quantise to INT8: faster. Needs images of your own cameras.")
@click.option(
    "--images",
    "--pictures",
    "sources",
    multiple=True,
    metavar="SOURCE",
    help="Folder, video or camera address; may be repeated.",
)
@click.option(
    "--config", "city", type=click.Path(path_type=Path), metavar="CITY.yaml", help="Images of all cameras of a city."
)
@click.option("--count", default=300, show_default=True, type=click.IntRange(4, 5000), help="Images, all together.")
@click.option("--over", "over_s", default=60.0, show_default=True, help="Seconds over which cameras are sampled.")
@click.option(
    "--labelled", type=click.Path(path_type=Path), metavar="DATA.yaml", help="Also report mAP on this YOLO set."
)
@click.option("--accept", is_flag=True, help="Use the INT8 model even if it loses too much.")
def export_model(
    *,
    weights: str,
    to: str,
    imgsz: int,
    half: bool,
    int8: bool,
    sources: tuple[str, ...],
    city: Path | None,
    count: int,
    over_s: float,
    labelled: Path | None,
    accept: bool,
) -> None:
    """Convert WEIGHTS (a .pt or a model's name) for OpenVINO, ONNX Runtime or TensorRT, or an export back to a .pt.

    The result is stored beside the .pt; models fetched by name are used from there. With --int8, WEIGHTS may be a float
    OpenVINO export too; the accuracy against the original is printed, and written to export_report.json beside it.
    An .engine fits the GPU and the TensorRT of its build, and is stored in the cache. .pt files need the extra
    `yolo`, --int8 the extra `quantise`. `simpang models export street --to pt` is for a machine with an NVIDIA GPU:
    the .pt goes into the cache, and is used there wherever `street` is.
    """
    if not int8 and (sources or city or labelled or accept):
        raise UserError("--images, --config, --labelled and --accept go with --int8")
    # The runtimes of both jobs take seconds to load, and --help does not need them.
    try:
        path = resolve_weights(weights, prefer_torch=True)
        if int8:
            from pipelines.commands.export.quantize_job import Calibration, quantise  # noqa: PLC0415

            given = _sources(sources, city)
            by = Calibration(sources=given, width=imgsz, images=count, over_s=over_s, labelled=labelled, accept=accept)
            _show(quantise(path, by, to=to))
        elif to == "pt":
            from models.export.torch_copy import write_torch_copy  # noqa: PLC0415

            click.echo(write_torch_copy(resolve_weights(weights), cache_folder() / "weights" / f"{weights}.pt"))
        elif to == "engine":
            click.echo(EngineCache(engine_folder()).find_or_build(path, require_hardware()))
        else:
            from models.export.exporter import export_weights  # noqa: PLC0415

            click.echo(export_weights(path, to=to, imgsz=imgsz, half=half))
    except UnusableWeights as error:
        raise UserError(str(error)) from error


def _sources(sources: tuple[str, ...], city: Path | None) -> list[str]:
    cameras = () if city is None else read_config(city).active_cameras
    return [*sources, *((camera.analysis_url or camera.url).get_secret_value() for camera in cameras)]


def _show(made: "QuantisedModel") -> None:
    """Print the accuracy of the model. Raises UserError for a rejected one."""
    kept = made.kept
    console = Console()
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("road user", "boxes", "recall", "precision", "confidence"):
        table.add_column(heading, justify="left" if heading == "road user" else "right")
    for kind, found in kept.agreement.items():
        shares = (f"{found.recall:.3f}", f"{found.precision:.3f}", f"{found.confidence_change:+.3f}")
        table.add_row(kind, str(found.expected), *shares)
    console.print(table)
    console.print(
        f"INT8 against the original on {kept.pictures} images that were held back; boxes of confidence "
        f"{HIGH_CONFIDENCE} and more, the same from IoU {MATCH_IOU}; confidence: the mean change.",
        soft_wrap=True,
    )
    if kept.original is not None and kept.quantized is not None:
        console.print(
            f"On {kept.original.pictures} labelled images: mAP50 {kept.original.map50:.3f} to "
            f"{kept.quantized.map50:.3f}, mAP50-95 {kept.original.map50_95:.3f} to {kept.quantized.map50_95:.3f}",
            soft_wrap=True,
        )
    if made.report is not None:
        console.print(f"{made.report}", soft_wrap=True)
    if not made.accepted:
        where, why = made.path or "the engine", "; ".join(kept.shortfalls)
        raise UserError(f"{where}: rejected: {why}; calibrate on more and other images, or give --accept")
    click.echo(made.path)
