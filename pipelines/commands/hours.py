"""`simpang hours` and `simpang forecast`: the usual day, imputed hours, and the forecast of a day as a table."""

from datetime import datetime
from pathlib import Path

import click

from pipelines.commands.planner_city import DAY, planner_city, write_frame


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--camera", required=True, help="Id of the camera.")
@click.option("--gate", required=True, help="Id of the gate.")
@click.option("--from", "from_at", type=DAY, required=True, help="First day.")
@click.option("--to", "to_at", type=DAY, required=True, help="Day after the last.")
def hours(config: Path, target: Path, from_at: datetime, to_at: datetime, **place: str) -> None:
    """Write the hourly vehicles of a gate beside the usual day to OUT, a file that ends in .csv, .xlsx or .parquet.

    Hours without observation are imputed, marked in the column is_imputed, with a 95 % interval. What is usual is the
    median of the weekday or of holidays over the period and the year before. Needs the extra `planner`.
    """
    with planner_city(config, target) as city:
        from pipelines.query.usual_hours import usual_hours  # noqa: PLC0415 - needs the extra

        frame = usual_hours(city, place["camera"], place["gate"], from_at.date(), to_at.date())
    write_frame(frame, target)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--camera", required=True, help="Id of the camera.")
@click.option("--gate", required=True, help="Id of the gate.")
@click.option("--day", type=DAY, required=True, help="Day to forecast, such as tomorrow.")
@click.option(
    "--conditions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with a column hour (2026-11-30T06:00) and columns of numbers, such as rain_mm and visitors.",
)
def forecast(config: Path, target: Path, day: datetime, conditions: Path | None, **place: str) -> None:
    """Write the forecast of the hourly vehicles of a gate to OUT, a file that ends in .csv, .xlsx or .parquet.

    From the usual day, how busy the days before were, and the conditions of the past and of the day. Needs the extra
    `planner`.
    """
    with planner_city(config, target) as city:
        from pipelines.query.usual_hours import forecast_hours  # noqa: PLC0415 - needs the extra

        frame = forecast_hours(city, place["camera"], place["gate"], day.date(), conditions)
    write_frame(frame, target)
