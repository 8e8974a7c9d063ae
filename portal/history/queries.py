"""SQL of history: crossings, headways and measures of intervals over buckets of time.

A bucket is numbered by `width_bucket` over the edges, which serves the city's own days (with or without summer time)
as well as quarters of an hour, on PostgreSQL and TimescaleDB. A row belongs to the bucket in which it starts; no row
spans two minutes. How a measure of an interval is averaged is written at the measure in `analytics.facts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from analytics.facts import LEVEL_ORDER, GateMeasures, ZoneMeasures
from analytics.flow.headways import SHORT_HEADWAY_S
from analytics.measures import BothDirections, Measure, OverTime, measures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRange:
    """One camera, and the increasing edges of the buckets."""

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
    """Analysed time of a bucket, s."""

    bucket: int
    observed_s: float


@dataclass(frozen=True, slots=True)
class ClassBucket:
    """Crossings of one class in a bucket.

    with_speed: crossings whose speed is known. pace_h_km: sum of 1 / speed over them, h/km; None without any.
    """

    bucket: int
    road_user: str
    n: int
    with_speed: int
    pace_h_km: float | None


@dataclass(frozen=True, slots=True)
class HeadwayBucket:
    """Headways of the vehicles of both directions, each behind the previous vehicle of its own direction."""

    bucket: int
    mean_s: float
    median_s: float
    under_2s: float


MeasureBucket = dict[str, Any]
"""Measures of intervals over a bucket by name, with `bucket`; for a zone also `observed_s` and `level`."""

# Observed seconds of each bucket.
_OBSERVED = """
SELECT width_bucket(start_at, %(edges)s::timestamptz[]) - 1 AS bucket, sum(observed_s)::float8 AS observed_s
FROM observed
WHERE camera_id = %(camera)s AND start_at >= %(first)s AND start_at < %(end)s
GROUP BY 1 HAVING sum(observed_s) > 0
"""

# Crossings of a gate by bucket and class.
_CROSSINGS = """
SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1 AS bucket, road_user, count(*) AS n,
       count(*) FILTER (WHERE speed_kmh > 0) AS with_speed,
       sum(1 / speed_kmh::float8) FILTER (WHERE speed_kmh > 0) AS pace_h_km
FROM crossings
WHERE camera_id = %(camera)s AND gate = %(gate)s AND at >= %(first)s AND at < %(end)s
GROUP BY 1, 2
"""

# Headways of the vehicles of a gate by bucket. A vehicle alone in its direction has no traffic around it.
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

# Space-mean speed is distance travelled over time spent (Edie 1963), and time spent in a zone is density times
# observed time: so the mean over intervals is weighted by density. Where lanes or length are not known, occupancy
# replaces it, to which it is proportional. A weight by flow would lose the time spent standing in a jam.
_OVER_TIME = {
    OverTime.MEAN: "sum({x} * seconds) / sum(seconds) FILTER (WHERE {x} IS NOT NULL)",
    OverTime.MEAN_OVER_TIME_SPENT: (
        "sum({x} * density * seconds) / sum(density * seconds) FILTER (WHERE {x} IS NOT NULL)"
    ),
    OverTime.MEAN_OVER_VEHICLES: (
        "sum({x} * flow_veh_h * seconds) / nullif(sum(flow_veh_h * seconds) FILTER (WHERE {x} IS NOT NULL), 0)"
    ),
    OverTime.LARGEST: "max({x})",
    OverTime.ALL: "bool_and({x})",
    OverTime.WORST_SIGHT: (
        "CASE WHEN sum(seconds) FILTER (WHERE {x} = 'blind') >= 0.1 * sum(seconds) THEN 'blind'"
        " WHEN sum(seconds) FILTER (WHERE {x} <> 'clear') >= 0.1 * sum(seconds) THEN 'doubtful'"
        " WHEN bool_or({x} = 'clear') THEN 'clear' END"
    ),
    OverTime.OF_SATURATION: (
        "sum(saturation * seconds) FILTER (WHERE {x} IS NOT NULL)"
        " / sum(seconds) FILTER (WHERE {x} IS NOT NULL AND saturation IS NOT NULL)"
    ),
}
"""Rule over time -> its SQL for a column x of intervals. The other rules have SQL or Python of their own."""

_BOTH_DIRECTIONS = {BothDirections.SUM: "sum({x})", BothDirections.LARGEST: "max({x})"}
"""Rule over both directions -> its SQL for a column x with a row a direction."""

# Intervals of a gate or a zone with their bucket and their observed seconds.
_INTERVALS = """
SELECT width_bucket(start_at, %(edges)s::timestamptz[]) - 1 AS bucket,
       extract(epoch FROM end_at - start_at)::float8 * coverage AS seconds, {columns}
FROM {table}
WHERE camera_id = %(camera)s AND {place} AND start_at >= %(first)s AND start_at < %(end)s AND coverage > 0
"""

# Measures of a gate by bucket: joined over time for each direction, then over both; or over all rows together.
_GATE_INTERVALS = """
WITH interval AS ({intervals}), of_direction AS (
    SELECT bucket, direction, {of_direction} FROM interval GROUP BY bucket, direction
), of_both AS (
    SELECT bucket, {of_both} FROM of_direction GROUP BY bucket
), together AS (
    SELECT bucket, {together} FROM interval GROUP BY bucket
)
SELECT * FROM of_both JOIN together USING (bucket)
"""

# Measures of a zone by bucket, with the known level that lasted longest; of equals, the worse.
_ZONE_INTERVALS = """
WITH interval AS ({intervals}), by_level AS (
    SELECT bucket, level, sum(seconds) AS seconds FROM interval GROUP BY bucket, level
), longest AS (
    SELECT DISTINCT ON (bucket) bucket, level FROM by_level
    ORDER BY bucket, level <> 'unknown' DESC, seconds DESC, array_position(%(levels)s::text[], level) DESC
), measured AS (
    SELECT bucket, sum(seconds) AS observed_s, {measured} FROM interval GROUP BY bucket
)
SELECT * FROM measured JOIN longest USING (bucket)
"""


def _columns(measures: Mapping[str, Measure]) -> list[str]:
    """Measures as SQL columns, numbers in double precision as sums need."""
    no_numbers = (OverTime.ALL, OverTime.LONGEST_KNOWN, OverTime.WORST_SIGHT, OverTime.OF_SATURATION)
    return [
        name if measure.over_time in no_numbers else f"{name}::float8 AS {name}"
        for name, measure in measures.items()
        if measure.over_time is not OverTime.OBSERVED_SHARE
    ]


def _averages(measures: Mapping[str, Measure]) -> str:
    """SQL columns that join the intervals of a group."""
    rules = {name: _OVER_TIME[m.over_time] for name, m in measures.items() if m.over_time in _OVER_TIME}
    return ", ".join(f"{rule.format(x=name)} AS {name}" for name, rule in rules.items())


def gate_intervals_query(measures: Mapping[str, Measure]) -> str:
    """SQL of the measures of a gate over buckets.

    >>> mean = Measure(description="", over_time=OverTime.MEAN, directions=BothDirections.LARGEST)
    >>> "max(saturation) AS saturation" in gate_intervals_query({"saturation": mean})
    True
    """
    apart = {name: m for name, m in measures.items() if m.directions in _BOTH_DIRECTIONS and m.over_time in _OVER_TIME}
    together = {name: m for name, m in measures.items() if m.directions is BothDirections.TOGETHER}
    joined = ((name, _BOTH_DIRECTIONS[m.directions]) for name, m in apart.items() if m.directions is not None)
    return _GATE_INTERVALS.format(
        intervals=_intervals("gate_intervals", "gate = %(gate)s", ["direction", *_columns(measures)]),
        of_direction=_averages(apart) or "NULL",
        of_both=", ".join(f"{rule.format(x=name)} AS {name}" for name, rule in joined) or "NULL",
        together=_averages(together) or "NULL",
    )


def zone_intervals_query(measures: Mapping[str, Measure]) -> str:
    """SQL of the measures of a zone over buckets, of the observed time and of the longest known level."""
    density = "greatest(coalesce(density_veh_km_lane, occupancy, 0), 1e-6)::float8 AS density"
    return _ZONE_INTERVALS.format(
        intervals=_intervals("zone_intervals", "zone = %(zone)s", [*_columns(measures), density]),
        measured=_averages(measures),
    )


def _intervals(table: str, place: str, columns: Sequence[str]) -> str:
    return _INTERVALS.format(table=table, place=place, columns=", ".join(columns))


_GATE_QUERY = gate_intervals_query(measures_of(GateMeasures))
"""SQL of all measures of a gate."""
_ZONE_QUERY = zone_intervals_query(measures_of(ZoneMeasures))
"""SQL of all measures of a zone."""


def observed_buckets(connection: Connection, span: BucketRange) -> list[ObservedBucket]:
    """Analysed seconds of every bucket with any."""
    with connection.cursor(row_factory=class_row(ObservedBucket)) as cursor:
        return cursor.execute(_OBSERVED, span.parameters).fetchall()


def crossings_by_class(connection: Connection, span: BucketRange, gate: str) -> list[ClassBucket]:
    """Crossings of a gate in both directions."""
    with connection.cursor(row_factory=class_row(ClassBucket)) as cursor:
        return cursor.execute(_CROSSINGS, {**span.parameters, "gate": gate}).fetchall()


def headways(connection: Connection, span: BucketRange, gate: str) -> list[HeadwayBucket]:
    """Headways of each bucket with two or more vehicles in one direction and a known headway."""
    with connection.cursor(row_factory=class_row(HeadwayBucket)) as cursor:
        return cursor.execute(_HEADWAYS, {**span.parameters, "gate": gate, "short": SHORT_HEADWAY_S}).fetchall()


def gate_buckets(connection: Connection, span: BucketRange, gate: str) -> list[MeasureBucket]:
    """Measures of a gate's intervals over the observed part of each bucket."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_GATE_QUERY, {**span.parameters, "gate": gate}).fetchall()


def zone_buckets(connection: Connection, span: BucketRange, zone: str) -> list[MeasureBucket]:
    """Measures of a zone's intervals over the observed part of each bucket."""
    levels = [level.value for level in LEVEL_ORDER]
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ZONE_QUERY, {**span.parameters, "zone": zone, "levels": levels}).fetchall()
