"""Uptime of every camera by day of the city, over the last 12 months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool

from analytics.uptime.uptime import Uptime, service_seconds, uptime_of
from pipelines.store.history.bucket_edges import DAY_S, bucket_edges
from pipelines.store.pool import transaction
from portal.uptime.gap_sums import GapSums, cameras_in_service, gap_sums

MONTHS = 12
"""Months that are published, with the present one. [requirement]"""
LATE = timedelta(days=8)
"""Time for which data may arrive late, so that its days are read each time. [assumption: an outbox waits for days]"""


@dataclass(frozen=True, slots=True)
class DailyUptime:
    """Uptime by day. days: their starts. of_camera: one value for each day; None where a camera was not in service."""

    days: Sequence[datetime]
    assessed_until: datetime
    of_camera: Mapping[str, Sequence[Uptime | None]]


class DailyUptimeReader:
    """Reads daily uptime from the database. It is not thread-safe.

    Months whose data has arrived are read once, and then one of them at each call, the oldest reading first: late data
    seldom changes them.
    """

    def __init__(self, pool: ConnectionPool, zone: ZoneInfo) -> None:
        self._pool = pool
        self._zone = zone
        self._sums: dict[datetime, GapSums] = {}
        self._settled_until = datetime.min.replace(tzinfo=UTC)

    def read(self, now: datetime) -> DailyUptime:
        """Return the uptime of the last 12 months. Raises DatabaseUnavailable."""
        edges = bucket_edges(first_day(now, self._zone), now, DAY_S, self._zone)
        with transaction(self._pool) as connection:
            service = cameras_in_service(connection)
        self._read_sums(edges, service.assessed_until)
        self._settled_until = min(now, service.assessed_until) - LATE
        sums = {key: of_day for month in self._sums.values() for key, of_day in month.items()}
        of_camera = {}
        for camera, spans in service.spans.items():
            seconds = service_seconds(spans, [edge.timestamp() for edge in edges])
            of_camera[camera] = [
                uptime_of(of_day, sums.get((camera, day), {})) for day, of_day in zip(edges[:-1], seconds, strict=True)
            ]
        return DailyUptime(edges[:-1], service.assessed_until, of_camera)

    def _read_sums(self, edges: Sequence[datetime], assessed_until: datetime) -> None:
        """Read the months that are not known yet or may have changed, each in a transaction of its own."""
        months = months_of(edges, self._zone)
        starts = {month[0] for month in months}
        self._sums = {start: sums for start, sums in self._sums.items() if start in starts}
        oldest_reading = next(iter(self._sums), None)
        for month in months:
            start = month[0]
            if start not in self._sums or start == oldest_reading or month[-1] > self._settled_until:
                with transaction(self._pool) as connection:
                    sums = gap_sums(connection, month, assessed_until)
                self._sums.pop(start, None)
                self._sums[start] = sums


def first_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the start of the earliest month that is published."""
    months = now.astimezone(zone).year * 12 + now.astimezone(zone).month - MONTHS
    day = datetime(months // 12, months % 12 + 1, 1, tzinfo=zone)
    return datetime.combine(day.date(), time(), zone).astimezone(UTC)


def months_of(edges: Sequence[datetime], zone: ZoneInfo) -> list[list[datetime]]:
    """Return the edges of the days of each month, with the end of its last day."""
    found = []
    numbers = groupby(range(len(edges) - 1), key=lambda number: month_name(edges[number], zone))
    for _, of_month in numbers:
        days = list(of_month)
        found.append(list(edges[days[0] : days[-1] + 2]))
    return found


def month_name(day: datetime, zone: ZoneInfo) -> str:
    """Return the month of a time, such as 2026-11."""
    return f"{day.astimezone(zone):%Y-%m}"
