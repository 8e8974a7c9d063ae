"""SQL of the current state: the newest report of every camera and zone.

Reports dated into the future by a worker with a wrong clock are left out: they would seem new long after the camera
went down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection
from psycopg.rows import class_row

from analytics.facts import Level, Sight
from pipelines.events.condition import Condition, ConditionDetails, known_condition
from pipelines.events.schema import CameraStatus


@dataclass(frozen=True, slots=True)
class HealthRow:
    """A health report of a camera, as stored. Rates in frames a second, ages in seconds; None: not reported."""

    camera_id: str
    at: datetime
    status: CameraStatus
    width: int | None
    height: int | None
    condition: Condition | None = None
    details: ConditionDetails | None = None
    reason: str = ""
    analysed_fps: float | None = None
    held_fps: float | None = None
    wanted_fps: float | None = None
    reached: float | None = None
    picture_scale: float | None = None
    age_p95_s: float | None = None
    age_s: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", CameraStatus(self.status))
        object.__setattr__(self, "condition", known_condition(self.condition))
        if self.details is not None:
            object.__setattr__(self, "details", ConditionDetails.model_validate(self.details))

    @property
    def frame_at(self) -> datetime:
        """Time of the newest frame that was analysed before the report, which is younger by the age of that frame."""
        return self.at - timedelta(seconds=self.age_s or 0)


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A report of a zone's congestion level, as stored; a repetition has `previous` equal to `level`."""

    camera_id: str
    zone: str
    at: datetime
    level: Level
    previous: Level
    speed_kmh: float | None
    sight: Sight | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", Level(self.level))
        object.__setattr__(self, "previous", Level(self.previous))
        object.__setattr__(self, "sight", None if self.sight is None else Sight(self.sight))


ZoneKey = tuple[str, str]
"""Camera id and zone."""

# The newest health report of each camera.
_HEALTH = """
SELECT camera.id AS camera_id, newest.*
FROM unnest(%(cameras)s::text[]) AS camera(id)
CROSS JOIN LATERAL (
    SELECT at, status, width, height, condition, details, reason, analysed_fps, held_fps, wanted_fps, reached,
        picture_scale, age_p95_s, age_s
    FROM health
    WHERE camera_id = camera.id AND at > %(since)s AND at < now() + interval '30 seconds'
      AND (analysed_fps > 0 OR NOT %(analysed_only)s)
    ORDER BY at DESC LIMIT 1
) AS newest
"""

# The newest report of each zone.
_LEVELS = """
SELECT wanted.camera_id, wanted.zone, newest.at, newest.level, newest.previous, newest.speed_kmh, newest.sight
FROM unnest(%(cameras)s::text[], %(zones)s::text[]) AS wanted(camera_id, zone)
CROSS JOIN LATERAL (
    SELECT at, level, previous, speed_kmh, sight FROM levels
    WHERE camera_id = wanted.camera_id AND zone = wanted.zone AND at > %(since)s AND at < now() + interval '30 seconds'
      AND (level <> previous OR NOT %(changes_only)s)
    ORDER BY at DESC LIMIT 1
) AS newest
"""

# Vehicles an hour of both directions of each camera's busiest gate, over the observed part of a period.
_FLOWS = """
WITH of_direction AS (
    SELECT camera_id, gate, direction, sum(flow_veh_h * seconds) / sum(seconds) AS flow, sum(seconds) AS seconds
    FROM (
        SELECT *, coverage * extract(epoch FROM end_at - start_at)::float8 AS seconds FROM gate_intervals
        WHERE camera_id = ANY(%(cameras)s) AND start_at > %(since)s AND start_at < now() + interval '30 seconds'
          AND coverage > 0 AND flow_veh_h IS NOT NULL AND sight IS DISTINCT FROM 'blind'
    ) AS interval
    GROUP BY camera_id, gate, direction
), of_gate AS (
    SELECT camera_id, sum(flow)::float8 AS flow FROM of_direction
    GROUP BY camera_id, gate HAVING max(seconds) >= %(least_s)s
)
SELECT camera_id, max(flow) FROM of_gate GROUP BY camera_id
"""


def newest_flows(connection: Connection, cameras: Sequence[str], since: datetime, least_s: float) -> dict[str, float]:
    """Vehicles an hour by camera id, of cameras with gates that were observed for `least_s` seconds after `since`."""
    parameters = {"cameras": list(cameras), "since": since, "least_s": least_s}
    return {camera_id: round(flow, 1) for camera_id, flow in connection.execute(_FLOWS, parameters)}


def newest_health(
    connection: Connection, cameras: Sequence[str], since: datetime, *, analysed_only: bool = False
) -> list[HealthRow]:
    """The newest health report of each camera that has reported after `since`.

    analysed_only: the newest report with analysed frames, even if the camera has reported without any since.
    """
    with connection.cursor(row_factory=class_row(HealthRow)) as cursor:
        parameters = {"cameras": list(cameras), "since": since, "analysed_only": analysed_only}
        return cursor.execute(_HEALTH, parameters).fetchall()


def newest_levels(
    connection: Connection, zones: Sequence[ZoneKey], since: datetime, *, changes_only: bool = False
) -> list[LevelRow]:
    """The newest level of each zone with a report after `since`. changes_only: repetitions do not count."""
    with connection.cursor(row_factory=class_row(LevelRow)) as cursor:
        parameters = {
            "cameras": [camera for camera, _ in zones],
            "zones": [zone for _, zone in zones],
            "since": since,
            "changes_only": changes_only,
        }
        return cursor.execute(_LEVELS, parameters).fetchall()
