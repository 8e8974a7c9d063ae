"""SQL of crossings by direction, and of movements between the arms of a junction, over buckets of time.

Roll-ups have both directions of a gate together, so these read single rows. Their sums are those of the roll-ups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from psycopg import Connection
from psycopg.rows import class_row

from analytics.geometry.junction_arms import GateArm
from pipelines.store.history.bucket_queries import BucketRange

LONGEST_MOVEMENT = timedelta(minutes=10)
"""Longest time from the entry of a track to its exit; numbers of tracks repeat after a restart. [assumption]"""

# Crossings of each gate and direction by bucket and class.
_DIRECTIONS = """
SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1 AS bucket, gate, direction, road_user, count(*) AS n
FROM crossings WHERE camera_id = %(camera)s AND at >= %(first)s AND at < %(end)s
GROUP BY 1, 2, 3, 4
"""

# Each inward crossing of an arm, with the arm of the same track's next crossing, if that is outward.
_MOVEMENTS = """
WITH arm AS (
    SELECT * FROM unnest(%(gates)s::text[], %(arms)s::text[], %(inwards)s::text[]) AS arm (gate, name, inward)
), passage AS (
    SELECT at, track, road_user, name, direction = inward AS enters FROM crossings JOIN arm USING (gate)
    WHERE camera_id = %(camera)s AND at >= %(first)s AND at < %(end)s + %(longest)s
), step AS (
    SELECT at, road_user, name, enters, lead(name) OVER of_track AS next_name, lead(enters) OVER of_track AS
    next_enters,
           lead(at) OVER of_track AS next_at
    FROM passage WINDOW of_track AS (PARTITION BY track ORDER BY at, enters DESC)
)
SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1 AS bucket, name AS origin,
       CASE WHEN NOT next_enters AND next_at <= at + %(longest)s THEN next_name END AS destination, road_user,
       count(*) AS n
FROM step WHERE enters AND at < %(end)s
GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class DirectionCount:
    """Crossings of one direction of a gate and one class within a bucket."""

    bucket: int
    gate: str
    direction: str
    road_user: str
    n: int


@dataclass(frozen=True, slots=True)
class MovementCount:
    """Road users of one class that entered by an arm within a bucket, and left by another on the same track.

    destination: None where the track was not followed to an exit. All destinations of an origin together are the inward
    crossings of its gates.
    """

    bucket: int
    origin: str
    destination: str | None
    road_user: str
    n: int


def direction_counts(connection: Connection, span: BucketRange) -> list[DirectionCount]:
    """Return the crossings of all gates of a camera by direction."""
    with connection.cursor(row_factory=class_row(DirectionCount)) as cursor:
        return cursor.execute(_DIRECTIONS, span.parameters).fetchall()


def movement_counts(connection: Connection, span: BucketRange, arms: Mapping[str, GateArm]) -> list[MovementCount]:
    """Return the movements of a junction, each in the bucket of its entry. arms: by gate, see `gate_arms`."""
    parameters = {
        **span.parameters,
        "gates": list(arms),
        "arms": [arm.name for arm in arms.values()],
        "inwards": [arm.inward.value for arm in arms.values()],
        "longest": LONGEST_MOVEMENT,
    }
    with connection.cursor(row_factory=class_row(MovementCount)) as cursor:
        return cursor.execute(_MOVEMENTS, parameters).fetchall()
