"""Writer of events to the database: one transaction for a batch, and a replayed event changes nothing.

A batch for which the database takes too long is halved at the next attempt, so that a slow database is not one that is
down. Batches grow again where each transaction takes little of that time.

A counts event is stored once: its row in `observed` decides, in the transaction of all its rows. Rows are inserted in
one statement for a table and batch: records within events as JSON (`pipelines.store.record_rows`), all others as
arrays. The commit notifies listeners on the channel `simpang` of the cameras and kinds of events that it contains.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from threading import Event as Flag
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import ConnectionPool
from pydantic import BaseModel
from pydantic_core import to_json

from pipelines.alerts.rules import Alert
from pipelines.config.retention_settings import RetentionConfig
from pipelines.events.schema import Congestion, CountsReport, Event, GapReport, Health, IncidentPhase, IncidentReport
from pipelines.store.database_errors import DatabaseUnavailable, StatementTooSlow
from pipelines.store.gap_marks import mark_late
from pipelines.store.history.rollup_marks import mark_times
from pipelines.store.interval_rows import add_parts
from pipelines.store.pool import STATEMENT_TIMEOUT_MS, transaction
from pipelines.store.record_rows import insert_crossings
from pipelines.store.tables import EVENT_COLUMNS

log = structlog.get_logger()

CHANNEL = "simpang"
"""PostgreSQL channel of the notices; the portal listens on it."""
CAMERAS_PER_NOTICE = 100
"""Cameras named in one notice. A payload has at most 8000 bytes, and an id at most 63. [PostgreSQL, NOTIFY]"""

MOST_EVENTS = 500
"""Most events of a transaction. [`pipelines.bus.kafka.subscriber.BATCH`]"""
QUICK_S = STATEMENT_TIMEOUT_MS / 4000
"""Time of a transaction, in seconds, from which on batches do not grow: twice as many events need about twice of it.
[assumption]"""
WRITE_WITHIN_S = 30.0
"""Time in seconds after which no transaction begins: the rest of the events waits for the next attempt. Kafka takes a
member that does not poll for `pipelines.bus.kafka.subscriber.POLL_STALL_S` for one that hangs. [assumption]"""

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]

_INCIDENT_COLUMNS = EVENT_COLUMNS["incidents"]
"""Columns of an incident, name -> SQL type."""
# `raised` and `ended` may arrive in either order. Each adds what the other lacks.
_UPSERT_INCIDENT = f"""
INSERT INTO incidents AS stored ({", ".join(_INCIDENT_COLUMNS)})
VALUES ({", ".join(["%s"] * len(_INCIDENT_COLUMNS))})
ON CONFLICT (incident_id) DO UPDATE
SET end_at = coalesce(stored.end_at, EXCLUDED.end_at), snapshot = coalesce(stored.snapshot, EXCLUDED.snapshot)
"""  # noqa: S608
_QUEUE_ALERT = """
INSERT INTO webhook_deliveries (webhook_id, incident_id, phase, payload) VALUES (%s, %s, %s, %s::jsonb)
ON CONFLICT DO NOTHING
"""
"""Queues an alert once; a replayed event queues none."""


class EventWriter:
    """A handler of the bus that stores events.

    alerts_for: returns the webhook deliveries that an event causes. They are queued in the transaction of the event.
    retention: events that are older than their rows are kept are logged, and not stored. stop: ends a write between two
    transactions.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        alerts_for: Callable[[Event], Iterable[Alert]] = lambda _: (),
        retention: RetentionConfig | None = None,
        stop: Flag | None = None,
    ) -> None:
        self._pool = pool
        self._alerts_for = alerts_for
        self._retention = retention or RetentionConfig()
        self._stop = stop
        self._most = MOST_EVENTS
        self._stored: frozenset[str] = frozenset()  # ids of the events of the last attempt, where that was too slow

    def write(self, events: Sequence[Event]) -> None:
        """Store all events, in order. After an error some may be stored, and a replay of all is harmless.

        Raises DatabaseUnavailable where a retry may succeed, and psycopg.Error where the database refuses an event.
        """
        before, self._stored = self._stored, frozenset()
        stored = {event.id for event in events if event.id in before}
        self._write([event for event in self._not_too_old(events) if event.id not in stored], stored)

    def _write(self, rest: Sequence[Event], stored: set[str]) -> None:
        """Store the events in batches, and add their ids to `stored`.

        The next attempt skips them where this one ends on a server that answers. A database that was lost may come
        back without its last transactions, as a standby or after synchronous_commit = off.
        """
        began, longest_s = monotonic(), 0.0
        while rest:
            batch, rest = rest[: self._most], rest[self._most :]
            batch_began = monotonic()
            try:
                self._store(batch)
            except StatementTooSlow:
                self._most = max(1, len(batch) // 2)
                self._stored = frozenset(stored)
                raise
            stored.update(event.id for event in batch)
            longest_s = max(longest_s, monotonic() - batch_began)
            if rest and (monotonic() - began > WRITE_WITHIN_S or (self._stop is not None and self._stop.is_set())):
                self._stored = frozenset(stored)
                raise DatabaseUnavailable(f"{len(rest)} events are left after {monotonic() - began:.0f} s")
        if longest_s < QUICK_S:
            self._most = min(2 * self._most, MOST_EVENTS)

    def _store(self, events: Sequence[Event]) -> None:
        with transaction(self._pool) as connection:
            _store_counts(connection, events)
            for table, rows in _rows(events).items():
                _insert(connection, table, rows)
            for event in events:
                if isinstance(event.data, IncidentReport):
                    connection.execute(_UPSERT_INCIDENT, _incident_row(event.data))
                for alert in self._alerts_for(event):
                    connection.execute(
                        _QUEUE_ALERT, [alert.webhook_id, alert.incident_id, alert.phase, json.dumps(alert.payload)]
                    )
            days = self._retention.days_of("observed", "health")
            mark_late(connection, events, None if days is None else timedelta(days=days))
            _notify(connection, events)

    def _not_too_old(self, events: Sequence[Event]) -> Sequence[Event]:
        """Leave out events whose rows would be deleted: the buckets of history that they change have lost rows."""
        now = datetime.now(UTC)
        kept = [event for event in events if not _is_too_old(event, self._retention, now)]
        if len(kept) < len(events):
            log.warning("events are older than their rows are kept, and not stored", events=len(events) - len(kept))
        return kept


def _is_too_old(event: Event, retention: RetentionConfig, now: datetime) -> bool:
    match event.data:
        case CountsReport() as counts:
            days, at = retention.days_of("crossings", "observed", "gate_intervals", "zone_intervals"), counts.start_at
        case Congestion() as level:
            days, at = retention.days_of("levels"), level.at
        case Health() as health:
            days, at = retention.days_of("health"), health.at
        case _:
            return False
    return days is not None and at < now - timedelta(days=days)


def _store_counts(connection: Connection, events: Sequence[Event]) -> None:
    """Store the counts events that are not stored yet."""
    reports: dict[UUID, CountsReport] = {}
    for event in events:
        if isinstance(event.data, CountsReport):
            reports.setdefault(UUID(event.id), event.data)
    rows = [_row("observed", data, event_id=str(key)) for key, data in reports.items()]
    new = {key: reports[key] for (key,) in _insert(connection, "observed", rows, "event_id")}
    insert_crossings(
        connection,
        [
            {"event_id": key, "camera_id": data.camera_id, "records": data.crossings}
            for key, data in new.items()
            if data.crossings
        ],
    )
    add_parts(connection, "gate_intervals", ((data.camera_id, gate) for data in new.values() for gate in data.gates))
    add_parts(connection, "zone_intervals", ((data.camera_id, zone) for data in new.values() for zone in data.zones))
    mark_times(connection, (touched for data in new.values() for touched in _times(data)))


def _times(data: CountsReport) -> Iterator[tuple[str, datetime]]:
    """Yield the camera and the time of each row of a report."""
    yield data.camera_id, data.start_at
    for crossing in data.crossings:
        yield data.camera_id, crossing.at
    for start_at in (*(gate.start_at for gate in data.gates), *(zone.start_at for zone in data.zones)):
        yield data.camera_id, start_at


def _insert(connection: Connection, table: str, rows: Sequence[Row], returning: str = "") -> list[Row]:
    """Insert rows where the primary key is new; return the column `returning` of each row that was inserted."""
    if not rows:
        return []
    columns = EVENT_COLUMNS[table]
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    inserted = connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"  # noqa: S608
        + (f" RETURNING {returning}" if returning else ""),
        [list(values) for values in zip(*rows, strict=True)],
    )
    return inserted.fetchall() if returning else []


def _notify(connection: Connection, events: Sequence[Event]) -> None:
    kinds = sorted({event.data.kind for event in events})
    cameras = sorted({event.data.camera_id for event in events})
    for i in range(0, len(cameras), CAMERAS_PER_NOTICE):
        notice = {"kinds": kinds, "camera_ids": cameras[i : i + CAMERAS_PER_NOTICE]}
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(notice)])


def _rows(events: Sequence[Event]) -> dict[str, list[Row]]:
    """Return the rows of levels, health and lost events by table, with values in the order of the table's columns."""
    rows: dict[str, list[Row]] = {"levels": [], "health": [], "gap_reports": []}
    for event in events:
        match event.data:
            case Congestion() as level:
                rows["levels"].append(_row("levels", level, event_id=event.id))
            case Health() as health:
                width, height = health.image_size or (None, None)
                rows["health"].append(_row("health", health, event_id=event.id, width=width, height=height))
            case GapReport() as gap:
                rows["gap_reports"].append(_row("gap_reports", gap, event_id=event.id))
    return rows


def _row(table: str, record: object, **values: Any) -> Row:
    """Return the values of a row: those of `values` by column name, and all others from the fields of `record`."""
    found = (values[name] if name in values else getattr(record, name) for name in EVENT_COLUMNS[table])
    return tuple(_sql_value(value) for value in found)


def _sql_value(value: Any) -> Any:
    """Return an enum as its text, and a nested record as JSON."""
    if isinstance(value, Enum):
        return value.value
    return to_json(value).decode() if isinstance(value, BaseModel) or is_dataclass(value) else value


def _incident_row(incident: IncidentReport) -> Row:
    u, v = incident.pixel
    ground_x, ground_y = incident.ground or (None, None)
    end_at = incident.end_at if incident.phase is IncidentPhase.ENDED else None
    return _row("incidents", incident, end_at=end_at, u=u, v=v, ground_x=ground_x, ground_y=ground_y)
