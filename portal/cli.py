"""`simpang portal`, `simpang run` and `simpang password`."""

from pathlib import Path

import click

from pipelines.config.settings import read_config

CONFIG = click.argument("config", type=click.Path(path_type=Path))


@click.command()
@CONFIG
def portal(config: Path) -> None:
    """Serve the pages and the API of the city in CONFIG, until Ctrl-C.

    Cameras are analysed elsewhere (simpang worker), and kept in the same database (simpang store).
    """
    from portal.server import serve_portal  # noqa: PLC0415 - --help need not wait for the web framework

    serve_portal(read_config(config), _tell_address)


@click.command()
@CONFIG
def run(config: Path) -> None:
    """Analyse the cameras of the city in CONFIG and serve its pages, all in this process, until Ctrl-C."""
    from portal.standalone import run_all_in_one  # noqa: PLC0415 - likewise, and for the inference runtime

    run_all_in_one(read_config(config), _tell_address)


@click.command()
def password() -> None:
    """Ask for a password and print its hash, for `users:` in the configuration."""
    from portal.auth.passwords import hash_password  # noqa: PLC0415

    typed = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    click.echo(hash_password(typed))


def _tell_address(address: str) -> None:
    click.echo(f"Simpang is up: {address}")
