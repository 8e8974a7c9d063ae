"""Columns of the tables, derived from the records in `pipelines.events.schema`.

A field that is added to a record becomes a column here. A migration adds it to the database, and a test compares both.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import AwareDatetime, BaseModel

from pipelines.events.schema import (
    Congestion,
    CountsReport,
    CrossingRecord,
    GapReport,
    GateRecord,
    Health,
    IncidentReport,
    ZoneRecord,
)

SQL_TYPES: dict[Any, str] = {bool: "boolean", int: "int", float: "real", str: "text", AwareDatetime: "timestamptz"}
"""SQL type of a column by the Python type of its field. An enum is text, a nested record is jsonb."""
OTHER_TYPES = {"track": "bigint", "lat": "double precision", "lon": "double precision"}
"""Exceptions by name: a track's number outgrows 32 bits, and 32-bit degrees are 1 m apart. [type ranges of SQL]"""


Record = type[BaseModel | CrossingRecord | GateRecord | ZoneRecord]
"""Class of an event, or of a part of one that has a table of its own."""


def columns_of(record: Record, *, without: Iterable[str] = ()) -> dict[str, str]:
    """Return the columns, name -> SQL type, that hold the fields of `record`, except those named in `without`."""
    names = list(record.model_fields) if issubclass(record, BaseModel) else [field.name for field in fields(record)]
    hints = get_type_hints(record)
    return {name: OTHER_TYPES.get(name) or _sql_type(hints[name]) for name in names if name not in without}


def _sql_type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "text"
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    kind = kinds[0] if get_origin(annotation) is UnionType or NoneType in get_args(annotation) else annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "text"
    if isinstance(kind, type) and (issubclass(kind, BaseModel) or is_dataclass(kind)):
        return "jsonb"
    if kind not in SQL_TYPES:
        raise TypeError(f"no SQL type for {annotation}")
    return SQL_TYPES[kind]


_EVENT = {"event_id": "uuid"}
"""Column that identifies an event, in tables with a row for each event or part of one."""
_CAMERA = {"camera_id": "text"}
"""Column of the camera, in tables whose record is part of an event."""
_PARTS = {"parts": "jsonb"}
"""Column of the parts of an interval, in tables whose rows are merged from several."""
_NESTED = ("kind", "crossings", "gates", "zones")
"""Fields of CountsReport that have tables of their own."""
_NOT_STORED = ("kind", "drops", "frame_to_event_p95_ms", "image_size")
"""Fields of Health that the table leaves out; image_size has two columns."""

EVENT_COLUMNS: dict[str, dict[str, str]] = {
    "crossings": {**_EVENT, "n": "int", **_CAMERA, **columns_of(CrossingRecord)},
    "observed": {**_EVENT, **columns_of(CountsReport, without=_NESTED)},
    "gate_intervals": {**_CAMERA, **columns_of(GateRecord), **_PARTS},
    "zone_intervals": {**_CAMERA, **columns_of(ZoneRecord), **_PARTS},
    "levels": {**_EVENT, **columns_of(Congestion, without=("kind",))},
    "health": {**_EVENT, **columns_of(Health, without=_NOT_STORED), "width": "int", "height": "int"},
    "incidents": {
        **columns_of(IncidentReport, without=("kind", "phase", "pixel", "ground")),
        "u": "real",
        "v": "real",
        "ground_x": "double precision",
        "ground_y": "double precision",
    },
    "gap_reports": {**_EVENT, **columns_of(GapReport, without=("kind",))},
}
"""Table -> its columns, name -> SQL type, for the tables that hold events."""

INTERVAL_KEYS = {
    "gate_intervals": ("camera_id", "gate", "direction", "start_at"),
    "zone_intervals": ("camera_id", "zone", "start_at"),
}
"""Table -> its primary key, for the tables whose rows are merged from parts."""

OTHER_COLUMNS: dict[str, dict[str, str]] = {
    "webhook_deliveries": {
        "webhook_id": "text",
        "incident_id": "text",
        "phase": "text",
        "payload": "jsonb",
        "created_at": "timestamptz",
        "attempts": "int",
        "next_attempt_at": "timestamptz",
        "delivered_at": "timestamptz",
        "given_up_at": "timestamptz",
        "last_error": "text",
    },
    "incident_steps": {
        "incident_id": "text",
        "n": "int",
        "at": "timestamptz",
        "taken_by": "text",
        "step": "text",
        "note": "text",
        "request_id": "uuid",
        "state": "text",
        "assignee": "text",
        "confirmed": "boolean",
        "merged_into": "text",
    },
    "dead_letters": {"id": "bigint", "at": "timestamptz", "source": "text", "error": "text", "body": "text"},
    "camera_service": {
        "camera_id": "text",
        "since": "timestamptz",
        "state": "text",
        "site": "text",
        "owner": "text",
        "configured": "boolean",
    },
    "gaps": {
        "camera_id": "text",
        "start_at": "timestamptz",
        "coverage": "real",
        "cause": "text",
        "detail": "text",
    },
    "gap_marks": {"id": "bigint", "camera_id": "text", "start_at": "timestamptz"},
    "gap_progress": {"assessed_until": "timestamptz"},
    "rollups": {
        "camera_id": "text",
        "interval_s": "int",
        "start_at": "timestamptz",
        "end_at": "timestamptz",
        "found": "jsonb",
    },
    "rollup_marks": {
        "id": "bigint",
        "camera_id": "text",
        "interval_s": "int",
        "from_at": "timestamptz",
        "to_at": "timestamptz",
        "made_at": "timestamptz",
    },
    "camera_reports": {
        "camera_id": "text",
        "kind": "text",
        "hour_at": "timestamptz",
        "n": "int",
        "handled_at": "timestamptz",
        "handled_by": "text",
    },
    "people": {
        "name": "text",
        "password_hash": "text",
        "roles": "text[]",
        "owners": "text[]",
        "groups": "text[]",
        "disabled": "boolean",
        "created_at": "timestamptz",
        "totp_secret": "text",
        "totp_step": "bigint",
        "recovery_hashes": "text[]",
    },
    "sessions": {
        "id": "text",
        "token_hash": "bytea",
        "name": "text",
        "password_mark": "text",
        "network": "text",
        "browser": "text",
        "created_at": "timestamptz",
        "seen_at": "timestamptz",
        "expires_at": "timestamptz",
    },
    "audit_log": {
        "number": "bigint",
        "at": "timestamptz",
        "actor": "text",
        "action": "text",
        "subject": "text",
        "details": "jsonb",
        "previous": "text",
        "hash": "text",
    },
    "schema_version": {"version": "int", "applied_at": "timestamptz"},
}
"""Table -> its columns, name -> SQL type, for all other tables."""

TIME_SERIES = {
    "crossings": "at",
    "observed": "start_at",
    "gate_intervals": "start_at",
    "zone_intervals": "start_at",
    "levels": "at",
    "health": "at",
}
"""Table -> its time column, for the tables that are hypertables on TimescaleDB."""
CHUNK = "1 day"
"""Time span of a TimescaleDB chunk. 36 busy cameras write about 10 million rows a day in all, so that the newest
chunk fits the memory of a small server. [assumption: 8 GB]"""
