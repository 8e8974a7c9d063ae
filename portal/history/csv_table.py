"""History as CSV, with times in UTC and in the city's zone."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from zoneinfo import ZoneInfo

from analytics.facts import Level
from analytics.road_users import ROAD_USERS
from portal.history.schemas import HistoryRow

PUBLISHED_COLUMNS = (
    "flow_veh_h",
    "speed_kmh",
    "relative_speed",
    "occupancy",
    "level",
    "headway_mean_s",
    "headway_median_s",
    "headway_under_2s",
    "smp_h",
    "saturation",
    "level_of_service",
    "emp_verified",
)
"""First measures of the CSV, in the order of version 0.1.0. The others follow in the order of their definition."""


def csv_measures(row: type[HistoryRow]) -> list[str]:
    """Measures of a row in the order of the CSV's columns; a new one stands behind the published ones."""
    others = (*PUBLISHED_COLUMNS, "start_at", "end_at", "coverage", "counts")
    return [*PUBLISHED_COLUMNS, *(field.name for field in fields(row) if field.name not in others)]


def as_csv(rows: Iterable[HistoryRow], zone: ZoneInfo) -> Iterator[str]:
    """Lines of the table, with empty cells where nothing was observed. Local times have their offset."""
    measures = csv_measures(HistoryRow)
    yield _csv_line(["start_utc", "end_utc", "start_local", "end_local", "coverage", *ROAD_USERS, *measures])
    for row in rows:
        counts = [row.counts[road_user] for road_user in ROAD_USERS] if row.counts else [None] * len(ROAD_USERS)
        times = [
            *(at.isoformat().replace("+00:00", "Z") for at in (row.start_at, row.end_at)),
            *(at.astimezone(zone).isoformat() for at in (row.start_at, row.end_at)),
        ]
        values = (getattr(row, name) for name in measures)
        yield _csv_line(
            [*times, row.coverage, *counts, *(None if value is Level.UNKNOWN else value for value in values)]
        )


def _csv_line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
