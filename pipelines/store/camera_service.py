"""Service of cameras over time: since when each is analysed, out of service or removed; its site and owner."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from pipelines.config.settings import CameraConfig
from pipelines.store.gap_marks import MINUTE, mark_minutes
from pipelines.store.pool import transaction

Connection = psycopg.Connection[Any]
Minute = tuple[str, datetime]
"""Camera, and start of a minute."""


class ServiceState(StrEnum):
    """Whether a camera is to be analysed."""

    IN_SERVICE = "in_service"
    MAINTENANCE = "maintenance"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Service:
    """State, site and owner of a camera from a time on."""

    state: ServiceState
    site: str | None = None
    owner: str | None = None


STOPS_WITHIN = timedelta(minutes=10)
"""Time after its removal in which a camera may still be analysed, until its worker starts with the new configuration.
One that reports later is in service. [assumption]"""
LATEST_FIRST = timedelta(days=7)
"""Longest time for which the first records of a camera count from before it was known; older ones have the time of a
clock that was not set. [assumption: an outbox waits for days]"""

_INSERT = """
INSERT INTO camera_service (camera_id, since, state, site, owner, configured)
VALUES (%s, coalesce(%s::timestamptz, now()), %s, %s, %s, %s) ON CONFLICT (camera_id, since) DO NOTHING
"""
"""Stores the service of a camera from a time on, by default from now on."""
_LATEST = """
SELECT DISTINCT ON (camera_id) camera_id, state, site, owner, configured FROM camera_service
ORDER BY camera_id, since DESC
"""
"""Newest service of each camera."""
_REPORTED = """
SELECT camera_id, date_trunc('minute', at) FROM health WHERE at >= %(start)s AND at < %(end)s
UNION SELECT camera_id, date_trunc('minute', start_at) FROM observed WHERE start_at >= %(start)s AND start_at < %(end)s
"""
"""Minutes that have records."""


def record_cameras(pool: ConnectionPool, cameras: Iterable[CameraConfig]) -> None:
    """Store what the configuration states of each camera, from now on, where it differs from what is stored.

    A camera that an earlier configuration had, and this one has not, is removed.
    """
    wanted = {
        camera.id: Service(
            ServiceState.IN_SERVICE if camera.out_of_service is None else ServiceState.MAINTENANCE,
            camera.site,
            camera.owner,
        )
        for camera in cameras
    }
    with transaction(pool) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('camera_service'))")
        latest = connection.execute(_LATEST).fetchall()
        stored = {
            camera: Service(ServiceState(state), site, owner)
            for camera, state, site, owner, configured in latest
            if configured
        }
        for camera, former in stored.items():
            if camera not in wanted:
                wanted[camera] = replace(former, state=ServiceState.REMOVED)
        for camera, service in wanted.items():
            if stored.get(camera) != service:
                _store(connection, camera, service)


def _store(connection: Connection, camera: str, service: Service, *, reported_at: datetime | None = None) -> None:
    """Store the service of a camera from now on, as configured; or from its report on."""
    place = service.site, service.owner
    connection.execute(_INSERT, [camera, reported_at, service.state, *place, reported_at is None])


class ServiceHistory:
    """Service of every camera at any time."""

    def __init__(self, rows: Iterable[tuple[str, datetime, Service]]) -> None:
        self._since: dict[str, list[datetime]] = defaultdict(list)
        self._service: dict[str, list[Service]] = defaultdict(list)
        for row in rows:
            self.add(*row)

    @classmethod
    def read(cls, connection: Connection) -> "ServiceHistory":
        """Read the history from the database."""
        rows = connection.execute("SELECT camera_id, since, state, site, owner FROM camera_service ORDER BY since")
        return cls((camera, since, Service(ServiceState(state), *place)) for camera, since, state, *place in rows)

    def add(self, camera: str, since: datetime, service: Service) -> None:
        """Add the service of a camera from a time on."""
        position = bisect_right(self._since[camera], since)
        self._since[camera].insert(position, since)
        self._service[camera].insert(position, service)

    @property
    def cameras(self) -> Sequence[str]:
        """Return all cameras that were ever known."""
        return list(self._since)

    def at(self, camera: str, time: datetime) -> Service | None:
        """Return the service of a camera at a time; None where the camera was not known yet."""
        position = bisect_right(self._since.get(camera, ()), time)
        return self._service[camera][position - 1] if position else None

    def all_at(self, time: datetime) -> Mapping[str, Service]:
        """Return the service at a time of all cameras that were known and not removed."""
        found = {camera: self.at(camera, time) for camera in self._since}
        return {
            camera: service
            for camera, service in found.items()
            if service is not None and service.state is not ServiceState.REMOVED
        }

    def spans(self, camera: str) -> list[tuple[datetime, datetime | None, Service]]:
        """Return the services of a camera with their beginnings and ends, oldest first; the last has no end."""
        since = self._since.get(camera, [])
        return list(zip(since, [*since[1:], None], self._service.get(camera, []), strict=True))

    def following(self, camera: str, time: datetime) -> datetime | None:
        """Return when the service of a camera changes next after a time; None where it does not."""
        known = self._since.get(camera, ())
        position = bisect_right(known, time)
        return known[position] if position < len(known) else None


def record_reporting(connection: Connection, start: datetime, end: datetime, marks: Iterable[Minute]) -> ServiceHistory:
    """Put cameras that report, but are unknown or removed, into service from their first record on; return the history.

    start, end: of the minutes that are assessed next. marks: minutes of late records. Earlier minutes in which a camera
    was in service, as it turns out, are marked.
    """
    history = ServiceHistory.read(connection)
    reported = connection.execute(_REPORTED, {"start": start, "end": end}).fetchall()
    for camera, minute in sorted({*marks, *reported}):
        former = history.at(camera, minute + MINUTE)
        if former is None:
            service = Service(ServiceState.IN_SERVICE)
        elif former.state is ServiceState.REMOVED and history.at(camera, minute - STOPS_WITHIN) == former:
            service = replace(former, state=ServiceState.IN_SERVICE)
        else:
            continue
        until = min(history.following(camera, minute) or start, start)
        if minute > until - LATEST_FIRST:
            _store(connection, camera, service, reported_at=minute)
            history.add(camera, minute, service)
            mark_minutes(connection, camera, minute + MINUTE, until)
    return history
