"""Counts, flow, speed and level over buckets of time.

A bucket is numbered by `width_bucket` over the edges, so that the city's own days (with or without summer time) are
as easy as quarters of an hour, on PostgreSQL and TimescaleDB alike. Rows belong to the bucket in which they start;
none of them spans two minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from analytics.flow.headways import SHORT_HEADWAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One camera over the buckets between `edges`, which increase."""

    camera_id: str
    edges: Sequence[datetime]

    @property
    def parameters(self) -> dict[str, object]:
        return {
            "camera": self.camera_id,
            "edges": list(self.edges),
            "first": self.edges[0],
            "end": self.edges[-1],
        }


@dataclass(frozen=True, slots=True)
class ObservedBucket:
    bucket: int
    observed_s: float


@dataclass(frozen=True, slots=True)
class ClassBucket:
    """pace: sum of 1 / speed over the `timed` road users whose speed is known, h/km; None without any."""

    bucket: int
    road_user: str
    n: int
    timed: int
    pace: float | None


@dataclass(frozen=True, slots=True)
class HeadwayBucket:
    """Of the vehicles of both directions, each behind the one before it in its own."""

    bucket: int
    mean_s: float
    median_s: float
    under_2s: float


@dataclass(frozen=True, slots=True)
class SmpBucket:
    """smp_h: of both directions. saturation: of the direction that has most. verified: all that went into it is."""

    bucket: int
    smp_h: float
    saturation: float | None
    verified: bool


@dataclass(frozen=True, slots=True)
class ZoneBucket:
    """rated_saturation: mean over the minutes that have a level of service."""

    bucket: int
    observed_s: float
    flow_veh_h: float | None
    speed_kmh: float | None
    relative_speed: float | None
    occupancy: float | None
    level: str
    smp_h: float | None
    saturation: float | None
    rated_saturation: float | None
    verified: bool | None


_OBSERVED = """
SELECT width_bucket(start_at, %(edges)s::timestamptz[]) - 1 AS bucket, sum(observed_s)::float8 AS observed_s
FROM observed
WHERE camera_id = %(camera)s AND start_at >= %(first)s AND start_at < %(end)s
GROUP BY 1 HAVING sum(observed_s) > 0
"""

_CROSSINGS = """
SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1 AS bucket, road_user, count(*) AS n,
       count(*) FILTER (WHERE speed_kmh > 0) AS timed, sum(1 / speed_kmh::float8) FILTER (WHERE speed_kmh > 0) AS pace
FROM crossings
WHERE camera_id = %(camera)s AND gate = %(gate)s AND at >= %(first)s AND at < %(end)s
GROUP BY 1, 2
"""

_HEADWAYS = """
WITH vehicle AS (
    SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1 AS bucket, direction, headway_s::float8 AS headway
    FROM crossings
    WHERE camera_id = %(camera)s AND gate = %(gate)s AND at >= %(first)s AND at < %(end)s AND road_user <> 'person'
), following AS (
    SELECT bucket, headway, count(*) OVER (PARTITION BY bucket, direction) AS vehicles FROM vehicle
)
SELECT bucket, avg(headway) AS mean_s, percentile_cont(0.5) WITHIN GROUP (ORDER BY headway) AS median_s,
       avg((headway < %(short)s)::int)::float8 AS under_2s
FROM following WHERE vehicles >= 2 AND headway IS NOT NULL
GROUP BY bucket
"""

_GATE_SMP = """
WITH of_direction AS (
    SELECT width_bucket(start_at, %(edges)s::timestamptz[]) - 1 AS bucket, direction,
           sum(smp_h::float8 * coverage) / sum(coverage::float8) AS smp_h,
           sum(saturation::float8 * coverage) / sum(coverage::float8) AS saturation,
           bool_and(emp_verified) AS verified
    FROM gate_intervals
    WHERE camera_id = %(camera)s AND gate = %(gate)s AND start_at >= %(first)s AND start_at < %(end)s
          AND smp_h IS NOT NULL AND coverage > 0
    GROUP BY 1, 2
)
SELECT bucket, sum(smp_h) AS smp_h, max(saturation) AS saturation, bool_and(verified) AS verified
FROM of_direction GROUP BY bucket
"""

# Space-mean speed is distance travelled over time spent (Edie 1963), and time spent in a zone is density times
# observed time: so the mean over intervals is weighted by density. Where lanes or length are not known, occupancy
# stands in for it, to which it is proportional. Weighting by flow would lose the time spent standing in a jam.
_ZONES = """
WITH interval AS (
    SELECT width_bucket(start_at, %(edges)s::timestamptz[]) - 1 AS bucket,
           extract(epoch FROM end_at - start_at)::float8 * coverage AS seconds,
           flow_veh_h::float8 AS flow, speed_kmh::float8 AS speed, relative_speed::float8 AS relative,
           occupancy::float8 AS occupancy, level, smp_h::float8 AS smp, saturation::float8 AS saturation,
           CASE WHEN level_of_service IS NOT NULL THEN saturation::float8 END AS rated, emp_verified,
           greatest(coalesce(density_veh_km_lane, occupancy, 0), 1e-6)::float8 AS crowd
    FROM zone_intervals
    WHERE camera_id = %(camera)s AND zone = %(zone)s AND start_at >= %(first)s AND start_at < %(end)s AND coverage > 0
), by_level AS (
    SELECT bucket, level, sum(seconds) AS seconds,
           sum(flow * seconds) AS flow, sum(seconds) FILTER (WHERE flow IS NOT NULL) AS flow_seconds,
           sum(occupancy * seconds) AS occupancy,
           sum(seconds) FILTER (WHERE occupancy IS NOT NULL) AS occupancy_seconds,
           sum(speed * crowd * seconds) AS speed, sum(crowd * seconds) FILTER (WHERE speed IS NOT NULL) AS speed_crowd,
           sum(smp * seconds) AS smp, sum(seconds) FILTER (WHERE smp IS NOT NULL) AS smp_seconds,
           sum(saturation * seconds) AS saturation,
           sum(seconds) FILTER (WHERE saturation IS NOT NULL) AS saturation_seconds,
           sum(rated * seconds) AS rated, sum(seconds) FILTER (WHERE rated IS NOT NULL) AS rated_seconds,
           bool_and(emp_verified) AS verified,
           sum(relative * crowd * seconds) AS relative,
           sum(crowd * seconds) FILTER (WHERE relative IS NOT NULL) AS relative_crowd
    FROM interval GROUP BY bucket, level
)
SELECT bucket, sum(seconds) AS observed_s,
       sum(flow) / sum(flow_seconds) AS flow_veh_h, sum(occupancy) / sum(occupancy_seconds) AS occupancy,
       sum(smp) / sum(smp_seconds) AS smp_h, sum(saturation) / sum(saturation_seconds) AS saturation,
       sum(rated) / sum(rated_seconds) AS rated_saturation, bool_and(verified) AS verified,
       sum(speed) / sum(speed_crowd) AS speed_kmh, sum(relative) / sum(relative_crowd) AS relative_speed,
       (array_agg(level ORDER BY level <> 'unknown' DESC, seconds DESC,
                                 array_position(%(severity)s::text[], level) DESC))[1] AS level
FROM by_level GROUP BY bucket
"""


def observed_buckets(connection: Connection, span: Span) -> list[ObservedBucket]:
    """Analysed seconds of every bucket that was observed at all."""
    with connection.cursor(row_factory=class_row(ObservedBucket)) as cursor:
        return cursor.execute(_OBSERVED, span.parameters).fetchall()


def crossings_by_class(connection: Connection, span: Span, gate: str) -> list[ClassBucket]:
    """Crossings of a gate in both directions."""
    with connection.cursor(row_factory=class_row(ClassBucket)) as cursor:
        return cursor.execute(_CROSSINGS, {**span.parameters, "gate": gate}).fetchall()


def headways(connection: Connection, span: Span, gate: str) -> list[HeadwayBucket]:
    """Buckets in which two vehicles or more crossed in one direction and a headway is known."""
    with connection.cursor(row_factory=class_row(HeadwayBucket)) as cursor:
        return cursor.execute(_HEADWAYS, {**span.parameters, "gate": gate, "short": SHORT_HEADWAY_S}).fetchall()


def gate_smp(connection: Connection, span: Span, gate: str) -> list[SmpBucket]:
    """Means over observed time, of buckets in which the gate's road was described."""
    with connection.cursor(row_factory=class_row(SmpBucket)) as cursor:
        return cursor.execute(_GATE_SMP, {**span.parameters, "gate": gate}).fetchall()


def zone_buckets(connection: Connection, span: Span, zone: str, severity: Sequence[str]) -> list[ZoneBucket]:
    """Means over the observed part of each bucket, and the known level that held longest (of equals, the worse).

    severity: levels from the best to the worst.
    """
    with connection.cursor(row_factory=class_row(ZoneBucket)) as cursor:
        return cursor.execute(_ZONES, {**span.parameters, "zone": zone, "severity": list(severity)}).fetchall()
