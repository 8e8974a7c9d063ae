"""Service of cameras over time: since when each is analysed, out of service or removed; its site and owner."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from pipelines.config.settings import CameraConfig
from pipelines.store.pool import transaction

Connection = psycopg.Connection[Any]


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


_INSERT = """
INSERT INTO camera_service (camera_id, since, state, site, owner, configured) VALUES (%s, now(), %s, %s, %s, true)
ON CONFLICT (camera_id, since) DO NOTHING
"""
"""Stores the service of a camera from now on."""
_LATEST = """
SELECT DISTINCT ON (camera_id) camera_id, state, site, owner, configured FROM camera_service
ORDER BY camera_id, since DESC
"""
"""Newest service of each camera."""
_REPORTED = """
INSERT INTO camera_service (camera_id, since, state, configured)
SELECT camera_id, %(start)s, 'in_service', false FROM (
    SELECT camera_id FROM health WHERE at >= %(start)s AND at < %(end)s
    UNION SELECT camera_id FROM observed WHERE start_at >= %(start)s AND start_at < %(end)s
) AS reported
WHERE NOT EXISTS (SELECT FROM camera_service AS known WHERE known.camera_id = reported.camera_id)
ON CONFLICT (camera_id, since) DO NOTHING
"""
"""Puts cameras that reported, and of which nothing is stored, into service."""


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
        stored = {camera: Service(ServiceState(state), site, owner) for camera, state, site, owner, _ in latest}
        for camera, _, site, owner, configured in latest:
            if configured and camera not in wanted:
                wanted[camera] = Service(ServiceState.REMOVED, site, owner)
        for camera, service in wanted.items():
            if stored.get(camera) != service:
                connection.execute(_INSERT, [camera, service.state, service.site, service.owner])


def record_reporting(connection: Connection, start: datetime, end: datetime) -> None:
    """Store that cameras which reported between two times are in service, where nothing is stored of them."""
    connection.execute(_REPORTED, {"start": start, "end": end})


class ServiceHistory:
    """Service of every camera at any time."""

    def __init__(self, rows: Iterable[tuple[str, datetime, Service]]) -> None:
        """Take rows in the order of their times."""
        self._since: dict[str, list[datetime]] = defaultdict(list)
        self._service: dict[str, list[Service]] = defaultdict(list)
        for camera, since, service in rows:
            self._since[camera].append(since)
            self._service[camera].append(service)

    @classmethod
    def read(cls, connection: Connection) -> "ServiceHistory":
        """Read the history from the database."""
        rows = connection.execute("SELECT camera_id, since, state, site, owner FROM camera_service ORDER BY since")
        return cls((camera, since, Service(ServiceState(state), *place)) for camera, since, state, *place in rows)

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
