"""Rows of gate and zone intervals: one for each interval, merged from the parts that several events report of it.

A row of one part has no `parts`. From the second part on the column has all of them, and the measures are computed from
them, so that their order does not matter. Each part must be passed once only, as `pipelines.store.writer` does. See
docs/adr/0172-event-ids-and-merged-minutes.md.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row

from analytics.facts import GateMeasures, ZoneMeasures
from analytics.flow.interval_parts import merge_parts
from analytics.measures import measures_of
from pipelines.events.schema import GateRecord, ZoneRecord
from pipelines.store.record_rows import RecordGroup, insert_intervals
from pipelines.store.tables import INTERVAL_KEYS

_MEASURES: dict[str, type] = {
    "gate_intervals": GateMeasures,
    "zone_intervals": ZoneMeasures,
}
"""Table -> class of its measures."""

Connection = psycopg.Connection[Any]
Interval = GateRecord | ZoneRecord
"""Part of an interval, as an event reports it."""
_Key = tuple[Any, ...]


def add_parts(connection: Connection, table: str, parts: Iterable[tuple[str, Interval]]) -> None:
    """Insert the parts of intervals, each with its camera, and merge those whose interval has a row already."""
    own_keys = INTERVAL_KEYS[table][1:]
    of_interval: dict[_Key, list[Interval]] = defaultdict(list)
    for camera_id, part in parts:
        of_interval[camera_id, *(getattr(part, name) for name in own_keys)].append(part)
    firsts: list[RecordGroup] = [{"camera_id": key[0], "records": found[:1]} for key, found in of_interval.items()]
    stored = insert_intervals(connection, table, firsts)
    further = {key: found if key in stored else found[1:] for key, found in of_interval.items()}
    # Always in the same order, so that two stores do not wait for each other.
    for key in sorted(key for key, found in further.items() if found):
        _merge(connection, table, key, further[key])


def _merge(connection: Connection, table: str, key: _Key, further: Sequence[Interval]) -> None:
    measures = list(measures_of(_MEASURES[table]))
    where = " AND ".join(f"{name} = %s" for name in INTERVAL_KEYS[table])
    with connection.cursor(row_factory=dict_row) as cursor:
        # An update locks the row, also in a compressed chunk of TimescaleDB, of which FOR UPDATE locks none.
        lock = f"UPDATE {table} SET coverage = coverage WHERE {where} RETURNING {', '.join(measures)}, parts"  # noqa: S608
        stored = cursor.execute(lock, key).fetchone()
        assert stored is not None, "the insertion had a conflict"
        earlier = stored["parts"] or [{name: _stored(stored[name]) for name in measures}]
        new = ({name: _stored(getattr(part, name)) for name in measures} for part in further)
        parts = sorted([*earlier, *new], key=_canonical)
        merged = merge_parts(_MEASURES[table], parts)
        values = ", ".join(f"{name} = %s" for name in (*measures, "parts"))
        update = f"UPDATE {table} SET {values} WHERE {where}"  # noqa: S608
        cursor.execute(update, [*(merged[name] for name in measures), json.dumps(parts), *key])


def _canonical(part: dict[str, Any]) -> str:
    return json.dumps(part, sort_keys=True)


def _stored(value: Any) -> Any:
    """Return a measure as a row holds it: a number in single precision, an enum as its text."""
    if isinstance(value, Enum):
        return value.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(np.float32(value)) if is_number else value
