"""History as CSV, for programs and for spreadsheets, with times in UTC and in the city's zone."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
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


BOM = "\ufeff"
"""Mark of a text in UTF-8 for spreadsheets, which otherwise expect the computer's own encoding. [source: Unicode]"""


def csv_measures(row: type[HistoryRow]) -> list[str]:
    """Measures of a row in the order of the CSV's columns; a new one stands behind the published ones."""
    others = (*PUBLISHED_COLUMNS, "start_at", "end_at", "coverage", "counts")
    return [*PUBLISHED_COLUMNS, *(field.name for field in fields(row) if field.name not in others)]


class Separator(StrEnum):
    """Separator of cells, with the number format that belongs to it.

    COMMA: for programs (RFC 4180), decimals with a point, times in ISO 8601.
    SEMICOLON: for a spreadsheet in Indonesian, which would open the other in one column. Decimals have a comma, times
    are as it reads them, and a byte order mark comes first.
    """

    COMMA = "comma"
    SEMICOLON = "semicolon"


def as_csv(rows: Iterable[HistoryRow], zone: ZoneInfo, separator: Separator = Separator.COMMA) -> Iterator[str]:
    """Lines of the table, with empty cells where nothing was observed.

    For programs, local times have their offset. Cells are numbers, times and names of classes and levels, so that none
    is a formula for a spreadsheet.
    """
    write = _csv_line if separator is Separator.COMMA else _spreadsheet_line
    measures = csv_measures(HistoryRow)
    header = write(["start_utc", "end_utc", "start_local", "end_local", "coverage", *ROAD_USERS, *measures])
    yield header if separator is Separator.COMMA else BOM + header
    for row in rows:
        counts = [row.counts[road_user] for road_user in ROAD_USERS] if row.counts else [None] * len(ROAD_USERS)
        values = (getattr(row, name) for name in measures)
        cells = [row.coverage, *counts, *(None if value is Level.UNKNOWN else value for value in values)]
        yield write([*(at.astimezone(of) for of in (UTC, zone) for at in (row.start_at, row.end_at)), *cells])


def _csv_line(cells: Sequence[object]) -> str:
    return _line([_iso(cell) if isinstance(cell, datetime) else cell for cell in cells], delimiter=",")


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z") if at.tzinfo is UTC else at.isoformat()


def _spreadsheet_line(cells: Sequence[object]) -> str:
    return _line([_spreadsheet_cell(cell) for cell in cells], delimiter=";")


def _spreadsheet_cell(cell: object) -> object:
    """Return the text of a cell that a spreadsheet reads as a number or time, whatever the order of its dates."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return str(cell).replace(".", ",") if isinstance(cell, float) else cell


def _line(cells: Sequence[object], *, delimiter: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter).writerow(cells)
    return line.getvalue()
