"""SQL of crossings by direction, and of movements between the arms of a junction, over buckets of time.

Roll-ups have both directions of a gate together, so these read single rows. Their sums are those of the roll-ups.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg import Connection
from psycopg.rows import class_row

from analytics.geometry.junction_arms import GateArm
from pipelines.query.history_rows import Counts, counts_by_class, gate_history
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


@dataclass(frozen=True, kw_only=True)
class MovementInterval:
    """A movement over one bucket of time. coverage: observed share of the bucket, 0..1.

    origin, counts: None where the movements of the bucket are not known; then it has no other row.
    """

    start_at: datetime
    end_at: datetime
    coverage: float
    origin: str | None = None
    destination: str | None = None
    counts: Counts | None = None


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


def movement_intervals(
    connection: Connection, span: BucketRange, arms: Mapping[str, GateArm]
) -> Iterator[MovementInterval]:
    """Yield a row for each movement that occurred in a bucket, and one for a bucket that is not known."""
    movements: dict[int, dict[tuple[str, str | None], list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    for count in movement_counts(connection, span, arms):
        movements[count.bucket][count.origin, count.destination].append((count.road_user, count.n))
    for number, of_gate in enumerate(gate_history(connection, span, next(iter(arms)))):
        unknown = MovementInterval(start_at=of_gate.start_at, end_at=of_gate.end_at, coverage=of_gate.coverage)
        known = movements.get(number, {}) if span.keeps_crossings(number) else {}
        for (origin, destination), rows in known.items():
            yield replace(unknown, origin=origin, destination=destination, counts=counts_by_class(rows))
        if not known and (of_gate.counts is None or not span.keeps_crossings(number)):
            yield unknown
