"""The city of a planner's command: needs the extra `planner`, and reports what is missing in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.output_path import require_folder
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable

if TYPE_CHECKING:
    import polars as pl

    from pipelines.query.city import City

DAY = click.DateTime(["%Y-%m-%d"])
"""A date of the city."""


@contextmanager
def planner_city(config: Path, target: Path | None = None) -> Iterator["City"]:
    """Open the city of a configuration. target: the table that will be written, checked first. Raises UserError."""
    try:
        from pipelines.query.city import MAX_ROWS, open_city  # noqa: PLC0415 - needs the extra
        from pipelines.query.table_file import check_format, most_rows  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        raise UserError(f"{error.name} is not installed; install simpang[planner]") from error
    if target is not None:
        require_folder(target)
        check_format(target)
    try:
        with open_city(config, max_rows=most_rows(target) if target else MAX_ROWS) as city:
            yield city
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error


def write_frame(frame: "pl.DataFrame", target: Path) -> None:
    """Write a frame to the target and print its rows."""
    from pipelines.query.table_file import write_table  # noqa: PLC0415 - needs the extra

    write_table(frame, target)
    click.echo(f"{target}: {len(frame)} rows")
