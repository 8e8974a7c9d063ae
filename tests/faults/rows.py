"""Rows of the database that the checker compares with the truth; all times are Unix seconds."""

from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
from psycopg_pool import ConnectionPool

from analytics.uptime.minute_gap import MINUTE_S
from pipelines.store.gap_assessment import assess_next

HEALTHY = ("online", "degraded")
"""Status of cameras that are analysed. [`pipelines.events.schema.CameraStatus`]"""
SHORT_S = 3.0
"""Time (s) below which a report need not cover an analysed frame. [`pipelines.worker.camera_health.MIN_PERIOD_S`]"""

_AT = "extract(epoch FROM {})::float8"
"""Unix seconds of a column. [SQL]"""


@dataclass(frozen=True, slots=True, order=True)
class StoredCrossing:
    """Crossing in the database."""

    at: float
    camera: str
    direction: str


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Time of a camera that a row covers. observed_s: how much of it was observed, in seconds."""

    start: float
    end: float
    camera: str
    observed_s: float

    @property
    def missing_s(self) -> float:
        return max(0.0, self.end - self.start - self.observed_s)


@dataclass(frozen=True, slots=True, order=True)
class StoredHealth:
    """Health report. analysed_fps: analysed frames a second. reached: share of due frames that were analysed."""

    at: float
    camera: str
    status: str
    analysed_fps: float | None
    reached: float | None

    def is_healthy(self, span_s: float) -> bool:
        """Return whether the camera is analysed. span_s: since its report before.

        A report that comes with the first frame, by the change of the status, covers none that is analysed.
        """
        is_long = span_s >= SHORT_S
        return self.status in HEALTHY and (self.analysed_fps is None or self.analysed_fps > 0 or not is_long)


@dataclass(slots=True)
class Rows:
    """What the database holds. gaps: minutes that are marked as not completely observed, if before assessed_until."""

    crossings: list[StoredCrossing] = field(default_factory=list)
    observed: list[Period] = field(default_factory=list)
    minutes: list[Period] = field(default_factory=list)
    gaps: list[Period] = field(default_factory=list)
    assessed_until: float = 0.0
    health: list[StoredHealth] = field(default_factory=list)
    dead_letters: int = 0


def _assess_gaps(dsn: str) -> None:
    """Assess all minutes that are over, without waiting for late records as the store does."""
    with ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        while assess_next(pool, after=timedelta(0)):
            pass


def read_rows(dsn: str) -> Rows:
    """Assess all gaps and read all rows. minutes: those of gates, one direction for each camera."""
    _assess_gaps(dsn)
    at, start, end = (_AT.format(column) for column in ("at", "start_at", "end_at"))
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        run = connection.execute
        return Rows(
            [StoredCrossing(*row) for row in run(f"SELECT {at}, camera_id, direction FROM crossings ORDER BY 1")],
            [
                Period(*row)
                for row in run(f"SELECT {start}, {end}, camera_id, observed_s::float8 FROM observed ORDER BY 1")
            ],
            [
                Period(*row)
                for row in run(
                    f"SELECT {start}, {end}, camera_id, coverage::float8 * ({end} - {start})"
                    " FROM gate_intervals WHERE direction = 'A' ORDER BY 1"
                )
            ],
            [
                Period(start, start + MINUTE_S, camera, coverage * MINUTE_S)
                for start, camera, coverage in run(f"SELECT {start}, camera_id, coverage::float8 FROM gaps ORDER BY 1")
            ],
            run(f"SELECT {_AT.format('assessed_until')} FROM gap_progress").fetchone()[0],
            [
                StoredHealth(*row)
                for row in run(
                    f"SELECT {at}, camera_id, status, analysed_fps::float8, reached::float8 FROM health ORDER BY 1"
                )
            ],
            run("SELECT count(*)::int FROM dead_letters").fetchone()[0],
        )
