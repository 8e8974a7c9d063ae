"""Insertion of the records within counts events: crossings, and intervals of gates and zones.

All records of a table and batch are sent as one JSON document, which PostgreSQL reads itself, so that no value is
converted in Python. See docs/adr/0177-writes-and-old-rows.md for the other ways that were measured.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from pydantic_core import to_json

from pipelines.events.schema import CrossingRecord, GateRecord, ZoneRecord
from pipelines.store.tables import INTERVAL_KEYS, columns_of

RecordGroup = dict[str, Any]
"""Records of a camera: `camera_id`, `records`, and for crossings the `event_id`."""
Connection = psycopg.Connection[Any]

_CROSSING = columns_of(CrossingRecord)
"""Columns of a crossing, without those of its event."""
_INTERVAL = {"gate_intervals": columns_of(GateRecord), "zone_intervals": columns_of(ZoneRecord)}
"""Columns of an interval by table, without that of its camera."""


def _records(columns: dict[str, str]) -> str:
    """Return the SQL of the records of a JSON document as rows; `place`: from 1 on within each group."""
    types = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"""
    json_to_recordset(%s::json) AS of_camera (event_id uuid, camera_id text, records json)
    CROSS JOIN LATERAL ROWS FROM (json_to_recordset(records) AS ({types})) WITH ORDINALITY
        AS record ({", ".join(columns)}, place)
    """


# Crossings, numbered within each event.
_INSERT_CROSSINGS = f"""
INSERT INTO crossings (event_id, n, camera_id, {", ".join(_CROSSING)})
SELECT event_id, place - 1, camera_id, {", ".join(_CROSSING)} FROM {_records(_CROSSING)}
ON CONFLICT DO NOTHING
"""  # noqa: S608

# Intervals; selects the keys of those that had a row.
_INSERT_INTERVALS = """
WITH part AS MATERIALIZED (SELECT camera_id, {names} FROM {records}), inserted AS (
    INSERT INTO {table} (camera_id, {names}) SELECT * FROM part ON CONFLICT DO NOTHING RETURNING {keys}
)
SELECT {keys} FROM part EXCEPT SELECT {keys} FROM inserted
"""


def insert_crossings(connection: Connection, groups: Sequence[RecordGroup]) -> None:
    """Insert the crossings of events where they are new."""
    if groups:
        connection.execute(_INSERT_CROSSINGS, [to_json(groups).decode()])


def insert_intervals(connection: Connection, table: str, groups: Sequence[RecordGroup]) -> set[tuple[Any, ...]]:
    """Insert intervals that have no row yet; return the keys of the others. All keys of one call must differ."""
    if not groups:
        return set()
    columns, keys = _INTERVAL[table], ", ".join(INTERVAL_KEYS[table])
    query = _INSERT_INTERVALS.format(table=table, names=", ".join(columns), records=_records(columns), keys=keys)
    return set(connection.execute(query, [to_json(groups).decode()]).fetchall())
