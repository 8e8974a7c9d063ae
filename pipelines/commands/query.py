"""`simpang query`: counts and measures of gates, zones and movements as CSV, XLSX or Parquet."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipelines.commands.output_path import require_folder
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable

INTERVALS = {"minute": 60, "five-minutes": 300, "quarter": 900, "hour": 3600, "day": 86_400}
"""Length of each interval in seconds."""
DAY = click.DateTime(["%Y-%m-%d"])
"""A date of the city."""


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--what", type=click.Choice(["gates", "zones", "movements"]), default="gates", help="By default gates.")
@click.option("--from", "from_at", type=DAY, required=True, help="First day.")
@click.option("--to", "to_at", type=DAY, required=True, help="Day after the last.")
@click.option("--interval", type=click.Choice(list(INTERVALS)), default="quarter", help="By default quarter.")
@click.option("--camera", "cameras", multiple=True, help="Id of a camera; may be repeated. By default all.")
@click.option("--gate", "gates", multiple=True, help="Id of a gate; may be repeated. By default all.")
def query(config: Path, target: Path, what: str, from_at: datetime, to_at: datetime, **options: Any) -> None:
    """Write history of the city in CONFIG to OUT, a file that ends in .csv, .xlsx or .parquet.

    Days and hours are those of the city. Cells without observation are empty, never 0. Needs the extra `planner`.
    """
    require_folder(target)
    try:
        from pipelines.query.city import open_city  # noqa: PLC0415 - needs the extra
        from pipelines.query.table_file import check_format, most_rows, write_table  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        raise UserError(f"{error.name} is not installed; install simpang[planner]") from error
    check_format(target)
    try:
        with open_city(config, max_rows=most_rows(target)) as city:
            frame = getattr(city, what)(
                from_at=from_at.date(),
                to_at=to_at.date(),
                interval_s=INTERVALS[options["interval"]],
                cameras=options["cameras"] or None,
                gates=frozenset(options["gates"]) or None,
            )
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error
    write_table(frame, target)
    click.echo(f"{target}: {len(frame)} rows")
