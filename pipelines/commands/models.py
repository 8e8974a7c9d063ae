"""`simpang models`: list, fetch, export, examine and train detection models, and collect pictures for them."""

import click
from rich.console import Console
from rich.table import Table

from models.errors import UnusableWeights
from models.weights.bundled import BUNDLED_LICENCE, DEFAULT_WEIGHTS, bundled_names
from models.weights.registry import registered_model, registered_models
from models.weights.resolver import cache_folder, cached_versions, fetch
from pipelines.commands.collect import collect
from pipelines.commands.entry_point_group import EntryPointGroup
from pipelines.commands.examine.examine_command import examine
from pipelines.commands.export.export_command import export_model
from pipelines.commands.train.train_command import train
from pipelines.errors import UserError


@click.group(cls=EntryPointGroup, entry_point_group="simpang.models.commands")
def models() -> None:
    """List, fetch, export, examine and train detection models, and collect pictures for them."""


@models.command("list")
def list_models() -> None:
    """Show the models that come with Simpang or can be fetched by name, and which of them are here."""
    table = Table("model", "licence", "here")
    for name in bundled_names():
        table.add_row(f"{name} (default)" if name == DEFAULT_WEIGHTS else name, BUNDLED_LICENCE, "comes with Simpang")
    for model in registered_models().values():
        here = [path.name for path in cached_versions(model.name, cache_folder())]
        table.add_row(model.name, model.licence, ", ".join(here) or f"no; simpang models fetch {model.name}")
    console = Console()
    console.print(table)
    console.print(f"Folder of the models: {cache_folder() / 'weights'}", soft_wrap=True)


@models.command("fetch")
@click.argument("name")
def fetch_model(name: str) -> None:
    """Download the model NAME, check its SHA-256 and keep it."""
    try:
        path = fetch(registered_model(name))
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    click.echo(path)


models.add_command(examine)
models.add_command(export_model)
models.add_command(collect)
models.add_command(train)
