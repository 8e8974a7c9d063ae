"""Database contents of the simulated cameras, as the records that the evaluation scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from analytics.facts import Crossing, Direction, Incident, IncidentType, Level, ZoneInterval
from analytics.road_users import RoadUser

Connection = psycopg.Connection[Any]
"""Connection with rows of any type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedSpan:
    """A span of time of which `observed_s` seconds were analysed."""

    start_s: float
    end_s: float
    observed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResults:
    """Database contents of one camera. Times are seconds from second 0 of the simulation.

    analysed_fps: mean over the health reports while the camera was online, frames/s; None without reports.
    """

    crossings: tuple[Crossing, ...] = ()
    intervals: tuple[ZoneInterval, ...] = ()
    incidents: tuple[Incident, ...] = ()
    observed: tuple[ObservedSpan, ...] = ()
    analysed_fps: float | None = None


def read_results(connection: Connection, camera_id: str, zero_at: float, until_s: float) -> StoredResults:
    """Read the rows of a camera from second 0 to `until_s`. zero_at: Unix time of second 0."""
    reader = _Reader(connection, camera_id, zero_at, until_s)
    return StoredResults(
        crossings=tuple(reader.crossings()),
        intervals=tuple(reader.intervals()),
        incidents=tuple(reader.incidents()),
        observed=tuple(reader.observed()),
        analysed_fps=reader.analysed_fps(),
    )


class _Reader:
    """Queries for one camera and one span of time."""

    def __init__(self, connection: Connection, camera_id: str, zero_at: float, until_s: float) -> None:
        self._connection, self._camera_id, self._zero_at = connection, camera_id, zero_at
        self._span = tuple(datetime.fromtimestamp(at, UTC) for at in (zero_at, zero_at + until_s))

    def _rows(self, columns: str, table: str, time: str) -> Iterator[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {table} WHERE camera_id = %s AND {time} >= %s AND {time} < %s ORDER BY {time}",  # noqa: S608
                [self._camera_id, *self._span],
            )
            yield from cursor

    def _seconds(self, at: datetime) -> float:
        return at.timestamp() - self._zero_at

    def crossings(self) -> Iterator[Crossing]:
        """Crossings by time."""
        for row in self._rows("at, gate, direction, road_user, track, speed_kmh, speed_sigma_kmh", "crossings", "at"):
            yield Crossing(
                t=self._seconds(row["at"]),
                gate=row["gate"],
                direction=Direction(row["direction"]),
                road_user=RoadUser(row["road_user"]),
                track=row["track"],
                speed_kmh=row["speed_kmh"],
                speed_sigma_kmh=row["speed_sigma_kmh"],
            )

    def intervals(self) -> Iterator[ZoneInterval]:
        """Zone intervals by start."""
        figures = ("flow_veh_h", "speed_kmh", "density_veh_km_lane", "occupancy", "queue_m", "queue_veh", "coverage")
        columns = f"zone, start_at, end_at, level, {', '.join(figures)}"
        for row in self._rows(columns, "zone_intervals", "start_at"):
            yield ZoneInterval(
                zone=row["zone"],
                start_s=self._seconds(row["start_at"]),
                end_s=self._seconds(row["end_at"]),
                level=Level(row["level"]),
                **{name: row[name] for name in figures},
            )

    def incidents(self) -> Iterator[Incident]:
        """Incidents by time of detection."""
        columns = "type, zone, start_at, detected_at, end_at, u, v, confidence, reason"
        for number, row in enumerate(self._rows(columns, "incidents", "detected_at")):
            yield Incident(
                number=number,
                type=IncidentType(row["type"]),
                zone=row["zone"],
                start_s=self._seconds(row["start_at"]),
                detected_s=self._seconds(row["detected_at"]),
                end_s=None if row["end_at"] is None else self._seconds(row["end_at"]),
                pixel=(row["u"], row["v"]),
                ground=None,
                confidence=row["confidence"],
                reason=row["reason"],
            )

    def observed(self) -> Iterator[ObservedSpan]:
        """Observed spans by start."""
        for row in self._rows("start_at, end_at, observed_s", "observed", "start_at"):
            yield ObservedSpan(
                start_s=self._seconds(row["start_at"]),
                end_s=self._seconds(row["end_at"]),
                observed_s=row["observed_s"],
            )

    def analysed_fps(self) -> float | None:
        """Mean analysis rate while the camera was online, frames/s; None without reports."""
        rates = [
            row["analysed_fps"]
            for row in self._rows("status, analysed_fps", "health", "at")
            if row["status"] in ("online", "degraded") and row["analysed_fps"] is not None
        ]
        return sum(rates) / len(rates) if rates else None
