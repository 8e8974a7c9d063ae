"""Thread that reads current reports from the database and publishes every change of a camera or incident."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

import psycopg
import structlog
from psycopg import Connection
from psycopg_pool import ConnectionPool

from pipelines.retry import Backoff, Retry
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction
from portal.cameras.catalogue import CameraCatalogue, CatalogueEntry
from portal.incidents.queries import IncidentRow, recent_incidents
from portal.live.broadcaster import Message
from portal.live.camera_state import HEALTH_LIFETIME, LEVEL_LIFETIME, Reports, camera_state
from portal.live.messages import camera_message, clock_message, incident_message, narration_message
from portal.live.queries import newest_flows, newest_health, newest_levels
from portal.live.schemas import CameraState
from portal.live.state_snapshot import StateSnapshot
from portal.simulation.narration import NarrationFile

TICK_S = 0.5
"""Longest wait for a notification of the database, s: states also expire with time alone. [assumption]"""
COALESCE_S = 0.3
"""Pause after each round, s, in which further notifications gather. [assumption]"""
REFRESH = timedelta(seconds=5)
"""Longest time between two reads of the tables, in case notifications are lost. [assumption]"""
HEARTBEAT = timedelta(seconds=15)
"""Time after which a state is published again although only its times and figures changed. [assumption]

It is long, as each client receives every byte.
"""
MAX_HEARTBEATS_PER_TICK = 3
"""Most cameras with a heartbeat in one round, so that all cameras together are no burst. [assumption]"""
CLOCK = timedelta(seconds=5)
"""Time between two events `clock`, by which clients know that states are still updated. [assumption]"""
FLOWS_EVERY = timedelta(seconds=30)
"""Time between two reads of the flows, which change once a minute. [assumption]"""
FLOWS_BACK = timedelta(minutes=10)
"""Period over which flows are averaged: of a few vehicles, a minute would show little. [assumption]"""
LEAST_FLOW_S = 120.0
"""Observed seconds within that period from which a flow is stated. [assumption]"""
SNAPSHOT_LIFETIME = timedelta(seconds=10)
"""Age of a snapshot after which a request renews it: states expire also while the database hangs. [assumption]"""
INCIDENTS_BACK = timedelta(hours=1)
"""How far back incidents are compared for changes. [assumption]"""
ANALYSED_BACK = timedelta(days=7)
"""How far back the last analysed frame of a camera is searched at the start. [assumption]"""
CHANGES_BACK = timedelta(days=1)
"""How far back the last change of a level is searched at the start. [assumption]"""
RETRY_BACKOFF = Backoff(first_s=TICK_S, longest_s=2.0)
"""Delays between attempts to reach the database. Short: expired states are published in between. [assumption]"""
STOP_WITHIN_S = 2.0
"""Seconds to wait for the thread at the end; it holds nothing that must be saved. [assumption]"""

_KINDS = {"health", "congestion", "incident"}
"""Kinds of events that change what the portal publishes, as named in the notifications of the store."""
log = structlog.get_logger(__name__)


class StateUpdater:
    """Keeps `reports` and `snapshot` current and publishes every change, in a thread within the `with` block.

    Without the database, cameras become offline as their last reports expire. publish: is called with messages for all
    clients, from that thread.
    """

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
        self._catalogue = catalogue
        self._version: int | None = None
        self._entries: dict[str, CatalogueEntry] = {}
        self._zones: list[tuple[str, str]] = []
        self._publish = publish
        self._published: dict[str, CameraState] = {}
        self._clock_at = datetime.min.replace(tzinfo=UTC)
        self._flows_at = datetime.min.replace(tzinfo=UTC)
        self._incidents: dict[str, IncidentRow] | None = None
        self.snapshot: StateSnapshot
        self._stop = Flag()
        self._thread = Thread(target=self._run, name="portal-state-updater", daemon=True)
        self._take_cameras(datetime.now(UTC))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(STOP_WITHIN_S)

    def current_snapshot(self, now: datetime) -> StateSnapshot:
        """The newest snapshot; any thread may call it. One that the thread has not renewed is renewed."""
        if now - self.snapshot.at > SNAPSHOT_LIFETIME:
            self.snapshot = self._compute_snapshot(now)
        return self.snapshot

    def _compute_snapshot(self, now: datetime) -> StateSnapshot:
        states = [(entry, camera_state(entry, self.reports, now)) for entry in self._entries.values()]
        return StateSnapshot(now, states)

    def _run(self) -> None:
        retry = Retry(RETRY_BACKOFF)
        while not self._stop.is_set():
            try:
                with _kept(self._pool) as connection:
                    self._load(connection)
                    if retry.succeeded():
                        log.info("the database can be read again")
                    self._follow(connection)
            except DatabaseUnavailable as error:
                self._take_cameras(datetime.now(UTC))
                self._publish_changes(datetime.now(UTC))
                retry.wait(self._stop, "the database cannot be read; cameras will soon have no data", error)
            except Exception as error:  # a bug must not end the updates of all clients
                log.exception("the state of the cameras cannot be updated")
                self._take_cameras(datetime.now(UTC))
                self._publish_changes(datetime.now(UTC))
                retry.wait(self._stop, "the state of the cameras cannot be updated; retrying", error)

    def _follow(self, connection: Connection) -> None:
        """Read the tables after each notification, and at least every REFRESH, until the end.

        A standby sends no notifications. It is asked again after each REFRESH, because it may become the primary.
        """
        refreshed, listens = datetime.now(UTC), _listens(connection)
        while not self._stop.is_set():
            noticed = _concerns_portal(connection.notifies(timeout=TICK_S, stop_after=1))
            now = datetime.now(UTC)
            changed = self._version != self._catalogue.version
            if noticed or changed or now - refreshed >= REFRESH:
                self._refresh(connection, now, self.reports)
                refreshed, listens = now, listens or _listens(connection)
            if changed:  # the incidents until now are published, so that only those of new cameras are left out
                self._load(connection)
            self._publish_changes(now)
            self._stop.wait(COALESCE_S)

    def _load(self, connection: Connection) -> None:
        """Read what may lie far back: the last analysed frames, and when the present levels began."""
        now = datetime.now(UTC)
        self._take_cameras(now)
        cameras = list(self._entries)
        analysed = newest_health(connection, cameras, now - ANALYSED_BACK, analysed_only=True)
        changes = newest_levels(connection, self._zones, now - CHANGES_BACK, changes_only=True)
        old = Reports(
            analysed={row.camera_id: row for row in analysed},
            since={(row.camera_id, row.zone): row.at for row in changes},
            levels={(row.camera_id, row.zone): row for row in changes},
            flows=self.reports.flows,
        )
        self._refresh(connection, now, old)
        self._publish_changes(now)

    def _take_cameras(self, now: datetime) -> None:
        """Take the cameras of the catalogue. Clients that must not see one any more receive it without data."""
        self._version = self._catalogue.version
        former = self._entries
        self._entries = {entry.id: entry for entry in self._catalogue.all()}
        self._zones = [(entry.id, zone) for entry in self._entries.values() for zone in entry.zones]
        hidden = [
            entry
            for entry in former.values()
            if entry.id not in self._entries or (entry.public and not self._entries[entry.id].public)
        ]
        for entry in hidden:
            self._published.pop(entry.id, None)
        if former.keys() != self._entries.keys():
            self._incidents = None  # those of a camera that is new here are not new themselves
        self.snapshot = self._compute_snapshot(now)
        if hidden:
            self._publish([camera_message(entry, camera_state(entry, Reports(), now)) for entry in hidden])

    def _refresh(self, connection: Connection, now: datetime, known: Reports) -> None:
        recent = now - HEALTH_LIFETIME
        self.reports = known.with_newer(
            newest_health(connection, list(self._entries), recent),
            newest_health(connection, list(self._entries), recent, analysed_only=True),
            newest_levels(connection, self._zones, now - LEVEL_LIFETIME),
        )
        if abs(now - self._flows_at) >= FLOWS_EVERY:
            self._flows_at = now
            flows = newest_flows(connection, list(self._entries), now - FLOWS_BACK, LEAST_FLOW_S)
            self.reports = replace(self.reports, flows=flows)
        self._publish_incidents(recent_incidents(connection, list(self._entries), now - INCIDENTS_BACK))

    def _publish_changes(self, now: datetime) -> None:
        messages, heartbeats = [], 0
        snapshot = self._compute_snapshot(now)
        for entry, state in snapshot.states:
            published = self._published.get(entry.id)
            if published is not None and _differs_only_in_figures(published, state):
                if heartbeats >= MAX_HEARTBEATS_PER_TICK or not _is_heartbeat_due(published, state):
                    continue
                heartbeats += 1
            self._published[entry.id] = state
            messages.append(camera_message(entry, state))
        messages += [narration_message(event, entry) for event, entry in self._narration.read()]
        if abs(now - self._clock_at) >= CLOCK:
            self._clock_at = now
            messages.append(clock_message(now))
        if messages:
            snapshot.prepare_like(self.snapshot)
            self.snapshot = snapshot
            self._publish(messages)

    def _publish_incidents(self, rows: Iterable[IncidentRow]) -> None:
        newest = {row.incident_id: row for row in rows}
        if self._incidents is not None:
            changed = [row for row in newest.values() if self._incidents.get(row.incident_id) != row]
            if changed:
                self._publish([incident_message(self._entries[row.camera_id], row) for row in reversed(changed)])
        self._incidents = newest


def _differs_only_in_figures(published: CameraState, state: CameraState) -> bool:
    """Whether only times and load figures have changed, which change with every report."""
    figures = ("updated_at", "last_analysed_at", "load", "flow_veh_h")
    return state == published.model_copy(update={name: getattr(state, name) for name in figures})


def _is_heartbeat_due(published: CameraState, state: CameraState) -> bool:
    return state.last_analysed_at != published.last_analysed_at and state.updated_at - published.updated_at >= HEARTBEAT


@contextmanager
def _kept(pool: ConnectionPool) -> Iterator[Connection]:
    """A connection outside a transaction. It is closed, not returned to the pool."""
    with transaction(pool) as connection:
        try:
            connection.autocommit = True
            yield connection
        finally:
            connection.close()


def _listens(connection: Connection) -> bool:
    """Have `connection` notified of every commit of the store. Returns False where a standby refuses it."""
    try:
        connection.execute("LISTEN simpang")
    except psycopg.errors.ReadOnlySqlTransaction:
        return False
    return True


def _concerns_portal(notifications: Iterable[psycopg.Notify]) -> bool:
    """Whether any notification is of a kind that the portal publishes; an unreadable one counts. Reads them all."""
    kinds: set[str] = set()
    for notice in notifications:
        try:
            kinds.update(json.loads(notice.payload)["kinds"])
        except (ValueError, TypeError, KeyError):
            kinds.update(_KINDS)
    return bool(kinds & _KINDS)
