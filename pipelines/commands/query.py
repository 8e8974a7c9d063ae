"""`simpang query`: counts and measures of gates, zones and movements as CSV, XLSX or Parquet."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipelines.commands.planner_city import DAY, planner_city, write_frame

INTERVALS = {"minute": 60, "five-minutes": 300, "quarter": 900, "hour": 3600, "day": 86_400}
"""Length of each interval in seconds."""


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
    with planner_city(config, target) as city:
        frame = getattr(city, what)(
            from_at=from_at.date(),
            to_at=to_at.date(),
            interval_s=INTERVALS[options["interval"]],
            cameras=options["cameras"] or None,
            gates=frozenset(options["gates"]) or None,
        )
    write_frame(frame, target)
