"""`simpang audit`: list and verify the audit log."""

import sys
from pathlib import Path

import click

from pipelines.config.config_file import read_config
from pipelines.errors import UserError
from pipelines.store.audit_log import AuditHead, entries, newest_head, problems
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import open_database, transaction

CONFIG = click.argument("config", type=click.Path(path_type=Path))
"""Path of the configuration of a city."""


@click.group()
def audit() -> None:
    """Show sign-ins and changes of accounts, and verify that the log is whole."""


@audit.command()
@click.option("--head", help="NUMBER:HASH that an earlier run printed; finds entries that are missing at the end.")
@CONFIG
def verify(config: Path, head: str | None) -> None:
    """Verify the audit log of the city in CONFIG. Exit status 1 where it was changed.

    Note the head that is printed outside this machine, and give it at the next run.
    """
    try:
        noted = AuditHead.parse(head) if head is not None else None
    except ValueError as error:
        raise UserError(f"--head: {error}") from None
    try:
        with open_database(read_config(config), max_connections=1) as pool, transaction(pool) as connection:
            found = list(problems(entries(connection), noted))
            newest = newest_head(connection)
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error
    for problem in found:
        click.echo(problem)
    click.echo(f"{newest.number} entries, {len(found)} problems, head {newest}")
    if found:
        sys.exit(1)


@audit.command("list")
@click.option("--after", default=0, help="Number of the entry behind which the list begins.")
@CONFIG
def list_entries(config: Path, after: int) -> None:
    """List the entries of the audit log, oldest first."""
    try:
        with open_database(read_config(config), max_connections=1) as pool, transaction(pool) as connection:
            for entry in entries(connection, after):
                details = " ".join(f"{key}={value}" for key, value in sorted(entry.details.items()))
                at = entry.at.isoformat(timespec="seconds")
                click.echo(f"{entry.number}  {at}  {entry.actor}  {entry.action}  {entry.subject}  {details}".rstrip())
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error
