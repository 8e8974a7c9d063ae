"""`simpang models`: which detection models there are, here and elsewhere."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from models.errors import UnusableWeights
from models.registry import default_model, registered_model, registered_models
from models.weights import cache_folder, cached_versions, fetch, resolve_weights
from pipelines.errors import BadInput


@click.group()
def models() -> None:
    """List, fetch and export detection models."""


@models.command("list")
def list_models() -> None:
    """Show the models that can be fetched by name, and which of them are here."""
    table = Table("model", "licence", "here")
    for model in registered_models().values():
        here = [path.name for path in cached_versions(model.name, cache_folder())]
        name = f"{model.name} (default)" if model == default_model() else model.name
        table.add_row(name, model.licence, ", ".join(here) or f"no; simpang models fetch {model.name}")
    console = Console()
    console.print(table)
    console.print(f"They are kept in {cache_folder() / 'weights'}", soft_wrap=True)


@models.command("fetch")
@click.argument("name")
def fetch_model(name: str) -> None:
    """Download the model NAME, check its SHA-256 and keep it."""
    try:
        path = fetch(registered_model(name))
    except UnusableWeights as error:
        raise BadInput(str(error)) from error
    click.echo(path)


@models.command("export")
@click.argument("weights")
@click.option(
    "--format", "to", type=click.Choice(["openvino", "onnx", "engine"]), default="openvino", show_default=True
)
@click.option(
    "--imgsz", default=640, show_default=True, type=click.IntRange(32, 4096), help="Side to tune for, pixels."
)
@click.option("--half", is_flag=True, help="Store the weights as FP16: half the size, made for GPUs.")
def export_model(weights: str, to: str, imgsz: int, half: bool) -> None:
    """Turn WEIGHTS (a .pt or a model's name) into what OpenVINO, ONNX Runtime or TensorRT runs.

    Needs the extra `yolo`. The result lies beside the .pt; models fetched by name are used from there.
    """
    from models.export import export_weights  # noqa: PLC0415 - its backend loads slowly

    try:
        path = resolve_weights(weights, prefer_torch=True)
        click.echo(export_weights(Path(path), to=to, imgsz=imgsz, half=half))
    except UnusableWeights as error:
        raise BadInput(str(error)) from error
