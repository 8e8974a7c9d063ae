"""History of a gate or a zone of a camera, which planners and the open data read alike."""

import re
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Query, status
from pydantic import AwareDatetime

from pipelines.store.history.bucket_edges import bucket_edges
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.pool import transaction
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import Services
from portal.history.rows import gate_history, zone_history
from portal.history.schemas import History


class Interval(IntEnum):
    """Length of a bucket in seconds."""

    MINUTE = 60
    FIVE_MINUTES = 300
    QUARTER = 900
    HOUR = 3600
    DAY = 86_400


class HistoryQuery:
    """Parameters of a request for history: a gate or a zone, the period and the interval."""

    def __init__(
        self,
        *,
        camera: str,
        gate: str | None = None,
        zone: str | None = None,
        from_at: Annotated[
            AwareDatetime | None, Query(alias="from", description="By default a day before `to`.")
        ] = None,
        to_at: Annotated[AwareDatetime | None, Query(alias="to", description="By default now.")] = None,
        interval: Annotated[
            Interval, Query(description="Seconds; hours and days (86400) are the city's own.")
        ] = Interval.QUARTER,
    ) -> None:
        self.camera = camera
        self.gate = gate
        self.zone = zone
        self.end = to_at or datetime.now(UTC)
        self.start = from_at or self.end - timedelta(days=1)
        self.interval = interval


def read_history(services: Services, entry: CatalogueEntry, query: HistoryQuery) -> History:
    """Measures of every bucket. Raises 404 for an unknown gate or zone, 422 for a period that is empty or too long."""
    _check_place(entry, query.gate, query.zone)
    try:
        edges = bucket_edges(query.start, query.end, query.interval, services.zone)
    except ValueError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from None
    kept_from = services.config.retention.kept_from("crossings", datetime.now(UTC))
    span = BucketRange(camera_id=entry.id, edges=edges, interval_s=query.interval, crossings_from=kept_from)
    with transaction(services.pool) as connection:
        if query.gate:
            rows = gate_history(connection, span, query.gate)
        else:
            rows = zone_history(connection, span, query.zone or "")
    return History(camera_id=entry.id, gate=query.gate, zone=query.zone, interval_s=query.interval, rows=rows)


def file_name(found: History, zone: ZoneInfo, suffix: str) -> str:
    """Name of a file with the history: camera, place, period in the city's time, and interval."""
    place = re.sub(r"[^A-Za-z0-9_-]+", "-", found.gate or found.zone or "")
    period = (found.rows[0].start_at, found.rows[-1].end_at)
    days = "_".join(f"{at.astimezone(zone):%Y%m%d-%H%M}" for at in period)
    return f"simpang_{found.camera_id}_{place}_{days}_{found.interval_s}s.{suffix}"


def _check_place(entry: CatalogueEntry, gate: str | None, zone: str | None) -> None:
    """Refuse an unknown gate or zone, which would otherwise seem to be one without traffic."""
    if (gate is None) == (zone is None):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "Give either a gate or a zone.")
    kind, wanted, known = ("gate", gate, entry.gates) if gate is not None else ("zone", zone, entry.zones)
    if wanted not in known:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"Camera {entry.id} has no such {kind}.")
