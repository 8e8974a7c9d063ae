"""Commands `simpang portal`, `simpang run` and `simpang password`."""

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


def _print_address(address: str) -> None:
    click.echo(f"Simpang is up: {address}")
