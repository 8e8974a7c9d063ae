"""`simpang store`: store events from Kafka, send alerts, and migrate the database."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from pipelines.alerts.dispatcher import AlertDispatcher
from pipelines.alerts.rules import AlertRules
from pipelines.bus.dead_letter import DEAD_LETTERS, DeadLetterFile
from pipelines.bus.kafka.security import Security
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.config.config_file import read_config
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.dead_letter_table import DeadLetterTable
from pipelines.store.gap_assessor import gap_assessor
from pipelines.store.history.refresher import rollup_refresher
from pipelines.store.migrate import migrate as apply_migrations
from pipelines.store.migrate import schema_status
from pipelines.store.old_rows import old_rows
from pipelines.store.pool import connect_once, open_database
from pipelines.store.requeue import dead_letters, requeue
from pipelines.store.writer import EventWriter
from pipelines.worker.signals import stop_on_signals

CONFIG = click.argument("config", type=click.Path(path_type=Path))
"""The argument of every subcommand: the configuration file."""


class _RunByDefault(click.Group):
    """A group in which `store CONFIG` stands for `store run CONFIG`, as in every release so far."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["run", *args])


@click.group(cls=_RunByDefault, no_args_is_help=False)
def store() -> None:
    """Store the events of a city and send its alerts; or migrate its database.

    `simpang store CONFIG` is short for `simpang store run CONFIG`.
    """


@store.command()
@CONFIG
def run(config: Path) -> None:
    """Store the events that workers of the city in CONFIG publish, and send incident alerts, until Ctrl-C."""
    settings = read_config(config)
    if settings.bus.kafka is None:
        raise UserError(f"{config}: bus.kafka is missing; add it, or use simpang run, which needs no Kafka")
    with (
        stop_on_signals() as stop,
        open_database(settings, stop=stop) as pool,
        AlertDispatcher(pool, settings.webhooks, settings.portal.public_url, settings.incidents.acknowledge_within_s),
        gap_assessor(pool, settings.cameras),
        rollup_refresher(pool, ZoneInfo(settings.city.timezone)),
        old_rows(pool, settings.retention),
    ):
        table = DeadLetterTable(pool, DeadLetterFile(settings.data_dir / DEAD_LETTERS))
        security = Security.of(settings.bus)
        subscriber = KafkaSubscriber(settings.bus.kafka, settings.bus.group, table, security)
        subscriber.run(EventWriter(pool, AlertRules(settings), settings.retention, stop).write, stop)


@store.command("dead-letters")
@click.option("--requeue", "again", is_flag=True, help="Store them again; those that are refused again stay.")
@CONFIG
def list_dead_letters(config: Path, *, again: bool) -> None:
    """List the events that could not be stored, with the reason, oldest first.

    Run it with --requeue once the reason is mended. An event is never stored twice.
    """
    settings = read_config(config)
    try:
        with open_database(settings, max_connections=1) as pool:
            if not again:
                found = dead_letters(pool, settings.data_dir)
                for letter in found:
                    click.echo(f"{letter.at}  {letter.source}  {letter.error}")
                click.echo(f"{len(found)} dead letters")
                return
            left = tried = 0
            write = EventWriter(pool, AlertRules(settings), settings.retention).write
            for letter, reason in requeue(pool, settings.data_dir, write):
                tried += 1
                if reason:
                    left += 1
                    click.echo(f"{letter.at}  {letter.source}  stays: {reason}")
            click.echo(f"{tried - left} stored, {left} dead letters left")
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error


@store.command()
@click.option("--status", is_flag=True, help="List applied and pending migrations, and change nothing.")
@CONFIG
def migrate(config: Path, *, status: bool) -> None:
    """Apply pending migrations to the database of the city in CONFIG.

    Every program does so when it starts. Run this one first where the others lack the right to create tables.
    """
    with connect_once(read_config(config), create=not status) as connection:
        if not status:
            for migration in apply_migrations(connection):
                click.echo(f"applied {migration.version:04}: {migration.title}")
        found = schema_status(connection)
    click.echo(f"schema version {found.applied}, {len(found.pending)} pending")
    for migration in found.pending:
        click.echo(f"pending {migration.version:04}: {migration.title}")
