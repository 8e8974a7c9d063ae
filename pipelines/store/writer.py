"""Keeping events in the database: one transaction a batch, and a replayed event changes nothing.

Rows go in as arrays (`INSERT ... SELECT FROM unnest`): one statement a table, whatever the size of the batch. What a
listener may have to redraw is announced on the channel `simpang` with the commit.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from pipelines.alerts.rules import Alert
from pipelines.events.schema import (
    Congestion,
    Counts,
    Event,
    GateRecord,
    Health,
    IncidentPhase,
    IncidentReport,
    ZoneRecord,
)
from pipelines.store.database import transaction

log = structlog.get_logger()

CHANNEL = "simpang"
CAMERAS_PER_NOTICE = 100
"""A notice holds less than 8000 bytes."""

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]

_COLUMNS = {
    "crossings": {
        "at": "timestamptz",
        "event_id": "uuid",
        "n": "int",
        "camera_id": "text",
        "gate": "text",
        "direction": "text",
        "road_user": "text",
        "track": "bigint",
        "speed_kmh": "real",
        "speed_sigma_kmh": "real",
        "headway_s": "real",
    },
    "observed": {
        "start_at": "timestamptz",
        "event_id": "uuid",
        "camera_id": "text",
        "end_at": "timestamptz",
        "observed_s": "real",
    },
    "gate_intervals": {
        "camera_id": "text",
        "gate": "text",
        "direction": "text",
        "start_at": "timestamptz",
        "end_at": "timestamptz",
        "flow_veh_h": "real",
        "headway_mean_s": "real",
        "headway_median_s": "real",
        "headway_under_2s": "real",
        "smp_h": "real",
        "saturation": "real",
        "emp_verified": "boolean",
        "coverage": "real",
    },
    "zone_intervals": {
        "camera_id": "text",
        "zone": "text",
        "start_at": "timestamptz",
        "end_at": "timestamptz",
        "flow_veh_h": "real",
        "speed_kmh": "real",
        "relative_speed": "real",
        "density_veh_km_lane": "real",
        "occupancy": "real",
        "queue_m": "real",
        "queue_veh": "real",
        "level": "text",
        "coverage": "real",
        "smp_h": "real",
        "saturation": "real",
        "level_of_service": "text",
        "emp_verified": "boolean",
    },
    "levels": {
        "at": "timestamptz",
        "event_id": "uuid",
        "camera_id": "text",
        "zone": "text",
        "level": "text",
        "previous": "text",
        "speed_kmh": "real",
        "free_flow_kmh": "real",
    },
    "health": {
        "at": "timestamptz",
        "event_id": "uuid",
        "camera_id": "text",
        "status": "text",
        "reason": "text",
        "received_fps": "real",
        "analysed_fps": "real",
        "dropped": "int",
        "reconnects": "int",
        "age_s": "real",
        "width": "int",
        "height": "int",
        "held_fps": "real",
        "wanted_fps": "real",
        "reached": "real",
        "age_p95_s": "real",
    },
}

# Raised and ended may come in either order; each adds what the other lacks.
_UPSERT_INCIDENT = """
INSERT INTO incidents AS kept (incident_id, camera_id, type, zone, start_at, detected_at, end_at, u, v,
                               ground_x, ground_y, lat, lon, confidence, reason, snapshot)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (incident_id) DO UPDATE
SET end_at = coalesce(kept.end_at, EXCLUDED.end_at), snapshot = coalesce(kept.snapshot, EXCLUDED.snapshot)
"""
_QUEUE_ALERT = """
INSERT INTO webhook_deliveries (webhook_id, incident_id, phase, payload) VALUES (%s, %s, %s, %s::jsonb)
ON CONFLICT DO NOTHING
"""


class EventWriter:
    """alerts_for: the webhook deliveries that an event calls for; they are queued in the event's own transaction."""

    def __init__(self, pool: ConnectionPool, alerts_for: Callable[[Event], Iterable[Alert]] = lambda _: ()) -> None:
        self._pool = pool
        self._alerts_for = alerts_for

    def write(self, events: Sequence[Event]) -> None:
        """Keep all of them, or raise DatabaseUnavailable and keep none.

        An event whose values no table can hold is logged and left out: it would block all others for ever.
        """
        try:
            self._write_together(events)
        except psycopg.DataError:
            for event in events:
                self._write_alone(event)

    def _write_alone(self, event: Event) -> None:
        try:
            self._write_together([event])
        except psycopg.DataError as error:
            log.error("event cannot be stored and is left out", event_id=event.id, camera=event.key, error=error)

    def _write_together(self, events: Sequence[Event]) -> None:
        if not events:
            return
        with transaction(self._pool) as connection:
            for table, rows in _rows(events).items():
                _insert(connection, table, rows)
            for event in events:
                if isinstance(event.data, IncidentReport):
                    connection.execute(_UPSERT_INCIDENT, _incident_row(event.data))
                for alert in self._alerts_for(event):
                    connection.execute(
                        _QUEUE_ALERT, [alert.webhook_id, alert.incident_id, alert.phase, json.dumps(alert.payload)]
                    )
            _notify(connection, events)


def _insert(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    columns = _COLUMNS[table]
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",  # noqa: S608
        [list(values) for values in zip(*rows, strict=True)],
    )


def _notify(connection: Connection, events: Sequence[Event]) -> None:
    kinds = sorted({event.data.kind for event in events})
    cameras = sorted({event.data.camera_id for event in events})
    for i in range(0, len(cameras), CAMERAS_PER_NOTICE):
        notice = {"kinds": kinds, "camera_ids": cameras[i : i + CAMERAS_PER_NOTICE]}
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(notice)])


def _rows(events: Sequence[Event]) -> dict[str, list[Row]]:
    """Table -> its rows, columns in the order of `_COLUMNS`."""
    rows: dict[str, list[Row]] = {table: [] for table in _COLUMNS}
    for event in events:
        match event.data:
            case Counts() as counts:
                rows["crossings"] += _crossing_rows(event.id, counts)
                rows["observed"].append((counts.start_at, event.id, counts.camera_id, counts.end_at, counts.observed_s))
                rows["gate_intervals"] += _interval_rows("gate_intervals", counts.camera_id, counts.gates)
                rows["zone_intervals"] += _interval_rows("zone_intervals", counts.camera_id, counts.zones)
            case Congestion() as level:
                rows["levels"].append(_level_row(event.id, level))
            case Health() as health:
                rows["health"].append(_health_row(event.id, health))
    return rows


def _crossing_rows(event_id: str, counts: Counts) -> list[Row]:
    return [
        (
            c.at,
            event_id,
            n,
            counts.camera_id,
            c.gate,
            c.direction.value,
            c.road_user.value,
            c.track,
            c.speed_kmh,
            c.speed_sigma_kmh,
            c.headway_s,
        )
        for n, c in enumerate(counts.crossings)
    ]


def _interval_rows(table: str, camera_id: str, records: Sequence[GateRecord | ZoneRecord]) -> list[Row]:
    """The records' fields have the names of the table's columns."""
    _, *names = _COLUMNS[table]
    return [(camera_id, *(getattr(record, name) for name in names)) for record in records]


def _level_row(event_id: str, c: Congestion) -> Row:
    return c.at, event_id, c.camera_id, c.zone, c.level.value, c.previous.value, c.speed_kmh, c.free_flow_kmh


def _health_row(event_id: str, h: Health) -> Row:
    return (
        h.at,
        event_id,
        h.camera_id,
        h.status.value,
        h.reason,
        h.received_fps,
        h.analysed_fps,
        h.dropped,
        h.reconnects,
        h.age_s,
        *(h.image_size or (None, None)),
        h.held_fps,
        h.wanted_fps,
        h.reached,
        h.age_p95_s,
    )


def _incident_row(i: IncidentReport) -> Row:
    return (
        i.incident_id,
        i.camera_id,
        i.type.value,
        i.zone,
        i.start_at,
        i.detected_at,
        i.end_at if i.phase is IncidentPhase.ENDED else None,
        *i.pixel,
        *(i.ground or (None, None)),
        i.lat,
        i.lon,
        i.confidence,
        i.reason,
        i.snapshot,
    )
