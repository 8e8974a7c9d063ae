"""Commands `simpang portal`, `simpang run`, `simpang password` and `simpang publish-ckan`."""

import os
from pathlib import Path

import click

from pipelines.config.config_file import read_config

CONFIG = click.argument("config", type=click.Path(path_type=Path))
"""Path of the configuration of a city."""


@click.command()
@CONFIG
def portal(config: Path) -> None:
    """Serve the pages and the API of the city in CONFIG, until Ctrl-C.

    Other processes analyse the cameras (simpang worker) and write to the same database (simpang store).
    """
    from portal.server import serve_portal  # noqa: PLC0415 - so that --help starts fast

    serve_portal(read_config(config), _print_address)


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Analyse the cameras of the city in CONFIG and serve its pages, all in this process, until Ctrl-C."""
    from portal.standalone import run_all_in_one  # noqa: PLC0415 - likewise

    run_all_in_one(read_config(config), _print_address)


@click.command()
def password() -> None:
    """Ask for a password and print its hash, for `users:` in the configuration."""
    from portal.auth.passwords import hash_password  # noqa: PLC0415 - likewise

    typed = click.prompt("Password", hide_input=True, confirmation_prompt="Repeat the password", err=True)
    click.echo(hash_password(typed))


@click.command("publish-ckan")
@CONFIG
@click.option("--url", required=True, help="Address of the CKAN portal, such as https://data.kota.example.id.")
@click.option("--organization", help="Name of the organisation there that owns the dataset.")
@click.option("--dataset", help="Name of the dataset. By default lalu-lintas- and the name of the city.")
@click.option("--dry-run", is_flag=True, help="Only report what would change.")
def publish_ckan(config: Path, url: str, organization: str | None, dataset: str | None, *, dry_run: bool) -> None:
    """List the open data of the city in CONFIG as a dataset of a CKAN portal, such as that of Satu Data.

    A repetition changes only what differs. The key of an account comes from the environment variable CKAN_API_KEY.
    """
    from portal.open_data.ckan_client import KEY_VARIABLE, CkanClient  # noqa: PLC0415 - likewise
    from portal.open_data.ckan_dataset import dataset_name  # noqa: PLC0415 - likewise
    from portal.open_data.publish_to_ckan import publish  # noqa: PLC0415 - likewise

    settings = read_config(config)
    name = dataset or dataset_name(settings)
    with CkanClient(url, os.environ.get(KEY_VARIABLE) or None) as client:
        publish(settings, client, name=name, organization=organization, dry_run=dry_run, report=click.echo)


def _print_address(address: str) -> None:
    click.echo(f"Simpang is up: {address}")
