"""History as Parquet: the columns of the CSV without local times, with types. Unobserved values are null."""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from analytics.facts import Level
from analytics.road_users import ROAD_USERS
from portal.history.csv_table import csv_measures
from portal.history.schemas import HistoryRow

if TYPE_CHECKING:
    import polars


def can_write_parquet() -> bool:
    """Whether polars is installed, which the extra `planner` brings."""
    return find_spec("polars") is not None


def as_parquet(rows: Sequence[HistoryRow]) -> bytes:
    """The table as one file."""
    import polars as pl  # noqa: PLC0415 - a portal that serves no Parquet needs none of its memory

    types: dict[str, Any] = {"start_utc": pl.Datetime("ms", "UTC"), "end_utc": pl.Datetime("ms", "UTC")}
    types |= {"coverage": pl.Float64, **dict.fromkeys(map(str, ROAD_USERS), pl.Int32)}
    measures = csv_measures(HistoryRow)
    types |= {name: _column_type(name) for name in measures}
    columns: dict[str, list[Any]] = {
        "start_utc": [row.start_at for row in rows],
        "end_utc": [row.end_at for row in rows],
        "coverage": [row.coverage for row in rows],
        **{str(kind): [row.counts[kind] if row.counts else None for row in rows] for kind in ROAD_USERS},
        **{name: [_cell(getattr(row, name)) for row in rows] for name in measures},
    }
    file = io.BytesIO()
    pl.DataFrame(columns, schema=types).write_parquet(file)
    return file.getvalue()


def _column_type(name: str) -> "type[polars.DataType]":
    """Type of the column of a measure, also of one that is null in every row."""
    import polars as pl  # noqa: PLC0415 - see above

    hint = get_type_hints(HistoryRow)[name]
    kinds = [kind for kind in get_args(hint) if kind is not NoneType] or [hint]
    return {float: pl.Float64, bool: pl.Boolean}.get(kinds[0], pl.String)


def _cell(value: Any) -> Any:
    """A value of a measure: names as text, an unknown level as null, as in the CSV."""
    if value is Level.UNKNOWN:
        return None
    return str(value) if isinstance(value, str) else value
