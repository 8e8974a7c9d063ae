"""`simpang quality`: faults of a day's counts, as new or recurring, for a schedule that mails what it prints."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.planner_city import DAY, planner_city

if TYPE_CHECKING:
    from analytics.planning.quality.examination import Finding

TEXTS = {
    "zero": "no vehicle",
    "gap": "no vehicle",
    "class_gone": "class {other} is gone",
    "legs_swapped": "swapped with gate {other}",
    "level_shift": "the level has shifted",
    "doubled_hour": "the hour is counted twice",
    "clock": "the clock is off by an hour",
}
"""Fault -> what is printed of it."""


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--day", type=DAY, help="Day to examine, which must be over. By default yesterday.")
@click.option("--camera", "cameras", multiple=True, help="Id of a camera; may be repeated. By default all.")
def quality(config: Path, day: datetime | None, cameras: tuple[str, ...]) -> None:
    """Print the faults that the counts of a day show against the weeks before it, each as new or recurring.

    Found are swapped legs, a class that is gone, a shift of the level, a dead gate, a gap without a vehicle, an hour
    that is counted twice, and a clock that is off by an hour. Exit status: 1 with a new finding, else 0. A gate is
    examined from its fifth week. Needs the extra `planner`.
    """
    new = found = 0
    with planner_city(config) as city:
        from pipelines.query.count_faults import findings  # noqa: PLC0415 - needs the extra

        chosen = day.date() if day else datetime.now(city.zone).date() - timedelta(days=1)
        for camera_id, of_camera in findings(city, chosen, cameras or None):
            for finding in of_camera:
                found += 1
                new += not finding.recurring
                click.echo(line(camera_id, finding))
    click.echo(f"{chosen}: {found} findings, {new} new")
    if new:
        sys.exit(1)


def line(camera_id: str, finding: "Finding") -> str:
    """Return a finding as a line: state, place, time, what, and the vehicles observed and expected."""
    state = "recurring" if finding.recurring else "new"
    place = camera_id if finding.gate is None else f"{camera_id}/{finding.gate}"
    hours = f"{_clock(finding.first)}-{_clock(finding.end)}"
    what = TEXTS[finding.fault].format(other=finding.other)
    numbers = f"{finding.observed:.0f} vehicles, {finding.expected:.0f} expected"
    return f"{state}: {place} {finding.date} {hours}: {what} ({finding.fault}; {numbers})"


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"
