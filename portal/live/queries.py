"""The newest report of every camera and zone.

What a worker with a wrong clock dates into the future is left out: it would count as new long after the camera died.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from analytics.facts import Level
from pipelines.events.schema import CameraStatus


@dataclass(frozen=True, slots=True)
class HealthRow:
    camera_id: str
    at: datetime
    status: CameraStatus
    width: int | None
    height: int | None
    reason: str = ""
    analysed_fps: float | None = None
    held_fps: float | None = None
    wanted_fps: float | None = None
    reached: float | None = None
    age_p95_s: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", CameraStatus(self.status))


@dataclass(frozen=True, slots=True)
class LevelRow:
    camera_id: str
    zone: str
    at: datetime
    level: Level
    previous: Level
    speed_kmh: float | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", Level(self.level))
        object.__setattr__(self, "previous", Level(self.previous))


ZoneKey = tuple[str, str]
"""Camera id and zone."""

_HEALTH = """
SELECT camera.id AS camera_id, newest.*
FROM unnest(%(cameras)s::text[]) AS camera(id)
CROSS JOIN LATERAL (
    SELECT at, status, width, height, reason, analysed_fps, held_fps, wanted_fps, reached, age_p95_s FROM health
    WHERE camera_id = camera.id AND at > %(since)s AND at < now() + interval '30 seconds'
      AND (analysed_fps > 0 OR NOT %(analysed_only)s)
    ORDER BY at DESC LIMIT 1
) AS newest
"""

_LEVELS = """
SELECT wanted.camera_id, wanted.zone, newest.at, newest.level, newest.previous, newest.speed_kmh
FROM unnest(%(cameras)s::text[], %(zones)s::text[]) AS wanted(camera_id, zone)
CROSS JOIN LATERAL (
    SELECT at, level, previous, speed_kmh FROM levels
    WHERE camera_id = wanted.camera_id AND zone = wanted.zone AND at > %(since)s AND at < now() + interval '30 seconds'
      AND (level <> previous OR NOT %(changes_only)s)
    ORDER BY at DESC LIMIT 1
) AS newest
"""


def newest_health(
    connection: Connection, cameras: Sequence[str], since: datetime, *, analysed_only: bool = False
) -> list[HealthRow]:
    """One row for each camera that has reported after `since`.

    analysed_only: the newest report of a picture that was analysed, however the camera has done since.
    """
    with connection.cursor(row_factory=class_row(HealthRow)) as cursor:
        parameters = {"cameras": list(cameras), "since": since, "analysed_only": analysed_only}
        return cursor.execute(_HEALTH, parameters).fetchall()


def newest_levels(
    connection: Connection, zones: Sequence[ZoneKey], since: datetime, *, changes_only: bool = False
) -> list[LevelRow]:
    """One row for each zone that has reported after `since`. changes_only: the newest change, not repetition."""
    with connection.cursor(row_factory=class_row(LevelRow)) as cursor:
        parameters = {
            "cameras": [camera for camera, _ in zones],
            "zones": [zone for _, zone in zones],
            "since": since,
            "changes_only": changes_only,
        }
        return cursor.execute(_LEVELS, parameters).fetchall()
