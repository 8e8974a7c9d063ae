"""Rows of gate and zone intervals: one for each interval, merged from the parts that several events report of it.

A row of one part has no `parts`. From the second part on the column has all of them, and the measures are computed from
them, so that their order does not matter. Each part must be passed once only, as `pipelines.store.writer` does. See
docs/adr/0172-event-ids-and-merged-minutes.md.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row

from analytics.facts import GateMeasures, ZoneMeasures
from analytics.flow.interval_parts import merge_parts
from analytics.measures import measures_of
from pipelines.store.tables import EVENT_COLUMNS, INTERVAL_KEYS

_MEASURES: dict[str, type] = {
    "gate_intervals": GateMeasures,
    "zone_intervals": ZoneMeasures,
}
"""Table -> class of its measures."""

Connection = psycopg.Connection[Any]
IntervalRow = dict[str, Any]
"""Values of a row by column; enums as their texts."""
_Key = tuple[Any, ...]


def add_parts(connection: Connection, table: str, parts: Sequence[IntervalRow]) -> None:
    """Insert the parts of intervals, and merge those whose interval has a row already."""
    if not parts:
        return
    of_interval: dict[_Key, list[IntervalRow]] = defaultdict(list)
    for part in parts:
        of_interval[tuple(part[name] for name in INTERVAL_KEYS[table])].append(part)
    inserted = _insert(connection, table, [found[0] for found in of_interval.values()])
    for key in sorted(of_interval):  # always in the same order, so that two stores do not wait for each other
        further = of_interval[key][1:] if key in inserted else of_interval[key]
        if further:
            _merge(connection, table, key, further)


def _insert(connection: Connection, table: str, rows: Sequence[IntervalRow]) -> set[_Key]:
    """Insert rows of intervals that have none yet; return their keys."""
    columns, keys = EVENT_COLUMNS[table], ", ".join(INTERVAL_KEYS[table])
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    query = (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"  # noqa: S608
        f" ON CONFLICT DO NOTHING RETURNING {keys}"
    )
    return set(connection.execute(query, [[row[name] for row in rows] for name in columns]).fetchall())


def _merge(connection: Connection, table: str, key: _Key, further: Sequence[IntervalRow]) -> None:
    measures = list(measures_of(_MEASURES[table]))
    where = " AND ".join(f"{name} = %s" for name in INTERVAL_KEYS[table])
    with connection.cursor(row_factory=dict_row) as cursor:
        query = f"SELECT {', '.join(measures)}, parts FROM {table} WHERE {where} FOR UPDATE"  # noqa: S608
        stored = cursor.execute(query, key).fetchone()
        assert stored is not None, "the insertion had a conflict"
        earlier = stored["parts"] or [_part(stored, measures)]
        parts = sorted([*earlier, *(_part(row, measures) for row in further)], key=_canonical)
        merged = merge_parts(_MEASURES[table], parts)
        values = ", ".join(f"{name} = %s" for name in (*measures, "parts"))
        update = f"UPDATE {table} SET {values} WHERE {where}"  # noqa: S608
        cursor.execute(update, [*(merged[name] for name in measures), json.dumps(parts), *key])


def _canonical(part: dict[str, Any]) -> str:
    return json.dumps(part, sort_keys=True)


def _part(row: IntervalRow, measures: Sequence[str]) -> dict[str, Any]:
    """Return the measures of a part as a row holds them, numbers in single precision."""
    values = ((name, row[name]) for name in measures)
    return {
        name: float(np.float32(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for name, value in values
    }
