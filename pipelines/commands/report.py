"""`simpang report`: the survey sheet of a site and month as PDF."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.atomic_file import write_atomically
from pipelines.commands.output_path import require_folder
from pipelines.config.config_file import read_config
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import open_database, transaction


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--site", required=True, help="Id of a site, or of a single camera.")
@click.option("--month", required=True, help="Month such as 2026-11, in the time zone of the city.")
def report(config: Path, target: Path, site: str, month: str) -> None:
    """Write the survey sheet of a site of the city in CONFIG to OUT, a PDF in Indonesian.

    It has counts of 15 minutes in vehicles and smp, peak hour, degree of saturation and level of service by PKJI 2023,
    charts, coverage and a statement of quality. Needs the extra `planner`.
    """
    require_folder(target)
    try:
        from pipelines.report.sheet import sheet  # noqa: PLC0415 - needs the extra
        from pipelines.report.site_month import month_of, site_month  # noqa: PLC0415 - needs the extra
        from pipelines.report.site_month_pdf import typeset  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        raise UserError(f"{error.name} is not installed; install simpang[planner]") from error
    month_of(month)
    settings = read_config(config)
    try:
        with open_database(settings, max_connections=1) as pool, transaction(pool) as connection:
            survey = site_month(connection, settings, site, month, datetime.now(UTC))
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error
    write_atomically(target, typeset(sheet(survey))[0])
    click.echo(f"{target}: {survey.site}, {month}")
