"""The one thread that watches the database and tells the broadcaster what has changed."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

import psycopg
import structlog
from fastapi.sse import ServerSentEvent
from psycopg import Connection
from psycopg_pool import ConnectionPool

from pipelines.store.pool import transaction
from portal.cameras.catalogue import CameraCatalogue, CatalogueEntry
from portal.incidents.queries import IncidentRow, recent_incidents
from portal.incidents.view import as_incident
from portal.live.broadcaster import Message
from portal.live.camera_state import HEALTH_LIFETIME, LEVEL_LIFETIME, Reports, camera_state, redact
from portal.live.queries import newest_health, newest_levels
from portal.schemas import ApiModel, CameraState, NarratedEvent
from portal.simulation.narration import NarrationFile

TICK_S = 0.5
COALESCE_S = 0.3
REFRESH = timedelta(seconds=5)
"""How long to go without a look at the tables, should notifications be lost."""
HEARTBEAT = timedelta(seconds=15)
"""A state of which only the times have moved on is told this seldom: viewers pay for every byte."""
MAX_HEARTBEATS_PER_TICK = 3
"""Of such, this many at a time, so that all cameras together are no burst for hundreds of viewers."""
INCIDENTS_BACK = timedelta(hours=1)

_KINDS = {"health", "congestion", "incident"}
log = structlog.get_logger(__name__)


class StateUpdater:
    """Keeps `reports` current and publishes every change. Without the database it goes on by the clock alone."""

    def __init__(
        self,
        pool: ConnectionPool,
        catalogue: CameraCatalogue,
        publish: Callable[[list[Message]], None],
        narration: NarrationFile,
    ) -> None:
        self.reports = Reports()
        self._pool = pool
        self._narration = narration
        self._entries = {entry.id: entry for entry in catalogue.visible(signed_in=True)}
        self._zones = [(entry.id, zone) for entry in self._entries.values() for zone in entry.zones]
        self._publish = publish
        self._published: dict[str, CameraState] = {}
        self._incidents: dict[str, IncidentRow] | None = None
        self._stop = Flag()
        self._thread = Thread(target=self._run, name="portal-state-updater", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        failing = False
        while not self._stop.is_set():
            try:
                with _listening(self._pool) as connection:
                    self._load(connection)
                    if failing:
                        log.info("the database can be watched again")
                    failing = False
                    self._follow(connection)
            except Exception as error:
                if not failing:
                    log.warning("the database cannot be watched; cameras will soon read 'no data'", error=error)
                failing = True
                self._publish_changes(datetime.now(UTC))
                self._stop.wait(TICK_S)

    def _follow(self, connection: Connection) -> None:
        refreshed = datetime.now(UTC)
        while not self._stop.is_set():
            noticed = _concerns_portal(connection.notifies(timeout=TICK_S, stop_after=1))
            now = datetime.now(UTC)
            if noticed or now - refreshed >= REFRESH:
                self._refresh(connection, now, self.reports)
                refreshed = now
            self._publish_changes(now)
            self._stop.wait(COALESCE_S)

    def _load(self, connection: Connection) -> None:
        """From far back, so that `since` and the last analysed picture of a camera that is down are known."""
        now = datetime.now(UTC)
        cameras = list(self._entries)
        analysed = newest_health(connection, cameras, now - timedelta(days=7), analysed_only=True)
        changes = newest_levels(connection, self._zones, now - timedelta(days=1), changes_only=True)
        long_known = Reports(
            analysed={row.camera_id: row for row in analysed},
            since={(row.camera_id, row.zone): row.at for row in changes},
            levels={(row.camera_id, row.zone): row for row in changes},
        )
        self._refresh(connection, now, long_known)
        self._publish_changes(now)

    def _refresh(self, connection: Connection, now: datetime, known: Reports) -> None:
        recent = now - HEALTH_LIFETIME
        self.reports = known.with_newer(
            newest_health(connection, list(self._entries), recent),
            newest_health(connection, list(self._entries), recent, analysed_only=True),
            newest_levels(connection, self._zones, now - LEVEL_LIFETIME),
        )
        self._publish_incidents(recent_incidents(connection, list(self._entries), now - INCIDENTS_BACK))

    def _publish_changes(self, now: datetime) -> None:
        messages, retold = [], 0
        for entry in self._entries.values():
            state = camera_state(entry, self.reports, now)
            told = self._published.get(entry.id)
            if told is not None and _differs_only_in_figures(told, state):
                if retold >= MAX_HEARTBEATS_PER_TICK or not _is_heartbeat_due(told, state):
                    continue
                retold += 1
            self._published[entry.id] = state
            messages.append(camera_message(entry, state))
        messages += [narration_message(event, public) for event, public in self._narration.read()]
        if messages:
            self._publish(messages)

    def _publish_incidents(self, rows: Iterable[IncidentRow]) -> None:
        newest = {row.incident_id: row for row in rows}
        if self._incidents is not None:
            changed = [row for row in newest.values() if self._incidents.get(row.incident_id) != row]
            if changed:
                self._publish([_incident_message(self._entries[row.camera_id], row) for row in reversed(changed)])
        self._incidents = newest


def camera_message(entry: CatalogueEntry, state: CameraState) -> Message:
    return Message(
        coalesce_key=("camera", entry.id),
        event=_event("camera", redact(state)),
        public=entry.public,
        operator_event=None if state.reason is None and state.load is None else _event("camera", state),
    )


def narration_message(event: NarratedEvent, public: bool) -> Message:
    return Message(coalesce_key=("narration", event.camera_id or ""), event=_event("narration", event), public=public)


def _incident_message(entry: CatalogueEntry, row: IncidentRow) -> Message:
    incident = as_incident(row, entry)
    return Message(coalesce_key=("incident", incident.id), event=_event("incident", incident), public=False)


def _event(name: str, answer: ApiModel) -> ServerSentEvent:
    return ServerSentEvent(event=name, raw_data=answer.model_dump_json())


def _differs_only_in_figures(told: CameraState, state: CameraState) -> bool:
    """Whether nothing has changed but the times and figures that are never twice the same."""
    times = {"updated_at": state.updated_at, "last_analysed_at": state.last_analysed_at, "load": state.load}
    return state == told.model_copy(update=times)


def _is_heartbeat_due(told: CameraState, state: CameraState) -> bool:
    return state.last_analysed_at != told.last_analysed_at and state.updated_at - told.updated_at >= HEARTBEAT


@contextmanager
def _listening(pool: ConnectionPool) -> Iterator[Connection]:
    """A connection that hears of every commit of the store. It is not given back for others' use."""
    with transaction(pool) as connection:
        try:
            connection.autocommit = True
            connection.execute("LISTEN simpang")
            yield connection
        finally:
            connection.close()


def _concerns_portal(notifications: Iterable[psycopg.Notify]) -> bool:
    """Takes them all, whichever they are; what cannot be read may concern us."""
    kinds: set[str] = set()
    for notice in notifications:
        try:
            kinds.update(json.loads(notice.payload)["kinds"])
        except (ValueError, TypeError, KeyError):
            kinds.update(_KINDS)
    return bool(kinds & _KINDS)
