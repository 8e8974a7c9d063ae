"""SQL of history from single rows: crossings, headways and measures of intervals over buckets of time.

A bucket is numbered by `width_bucket` over the edges, which serves the city's own days (with or without summer time)
as well as quarters of an hour, on PostgreSQL and TimescaleDB. A row belongs to the bucket in which it starts; no row
spans two minutes. How a measure of an interval is averaged is written at the measure in `analytics.facts`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from psycopg import Connection
from psycopg.rows import dict_row

from analytics.facts import LEVEL_ORDER, GateMeasures, ZoneMeasures
from analytics.flow.headways import SHORT_HEADWAY_S
from analytics.measures import BothDirections, Measure, OverTime, measures_of

Run = tuple[datetime, datetime]
"""Beginning and end of consecutive buckets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRange:
    """One camera, and the increasing edges of the buckets.

    interval_s: nominal length of a bucket, s. runs: edges between which rows are read; by default between all.
    crossings_from: time before which crossings may be deleted; None where all are kept.
    """

    camera_id: str
    edges: Sequence[datetime]
    interval_s: int
    runs: Sequence[Run] = ()
    crossings_from: datetime | None = None

    def keeps_crossings(self, number: int) -> bool:
        """Return whether the crossings of a bucket are kept."""
        return self.crossings_from is None or self.edges[number] >= self.crossings_from

    @property
    def parameters(self) -> dict[str, object]:
        runs = self.runs or [(self.edges[0], self.edges[-1])]
        return {
            "camera": self.camera_id,
            "edges": list(self.edges),
            "starts": [start for start, _ in runs],
            "ends": [end for _, end in runs],
            "first": min(start for start, _ in runs),
            "end": max(end for _, end in runs),
        }


class ClassCount(TypedDict):
    """Crossings of one class.

    with_speed: crossings whose speed is known. pace_h_km: sum of 1 / speed over them, h/km; None without any.
    """

    road_user: str
    n: int
    with_speed: int
    pace_h_km: float | None


class Headways(TypedDict):
    """Headways of the vehicles of both directions, each behind the previous vehicle of its own direction."""

    mean_s: float
    median_s: float
    under_2s: float


class GateBucket(TypedDict, total=False):
    """A gate over a bucket. headways: missing without two vehicles in one direction. measures: of its intervals."""

    classes: list[ClassCount]
    headways: Headways
    measures: dict[str, Any]


class Bucket(TypedDict):
    """One camera over a bucket, as JSON.

    observed_s: analysed time, s. zones: measures by name, with `observed_s` and `level`. crossings_deleted: classes and
    headways of the gates are not known any more.
    """

    observed_s: float
    gates: dict[str, GateBucket]
    zones: dict[str, dict[str, Any]]
    crossings_deleted: NotRequired[bool]


# Rows of a table with their bucket. The limits `first` and `end` are constants, by which TimescaleDB excludes chunks
# before it plans.
_ROWS = """
SELECT width_bucket({time}, %(edges)s::timestamptz[]) - 1 AS bucket, {columns}
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS run (run_start, run_end)
JOIN {table} ON camera_id = %(camera)s AND {time} >= run_start AND {time} < run_end
    AND {time} >= %(first)s AND {time} < %(end)s
WHERE {condition}
"""

_OF_GATE = "(%(gate)s::text IS NULL OR gate = %(gate)s)"
"""Condition of the rows of one gate, or of all."""
_OF_ZONE = "(%(zone)s::text IS NULL OR zone = %(zone)s)"
"""Condition of the rows of one zone, or of all."""


def _rows(table: str, time: str, columns: Sequence[str], condition: str = "true") -> str:
    return _ROWS.format(table=table, time=time, columns=", ".join(columns), condition=condition)


# Observed seconds of each bucket.
_OBSERVED = f"""
WITH period AS ({_rows("observed", "start_at", ["observed_s"])})
SELECT bucket, sum(observed_s)::float8 AS observed_s FROM period GROUP BY bucket HAVING sum(observed_s) > 0
"""  # noqa: S608

# Crossings of each gate by bucket and class.
_CROSSINGS = f"""
WITH crossing AS ({_rows("crossings", "at", ["gate", "road_user", "speed_kmh::float8 AS speed_kmh"], _OF_GATE)})
SELECT bucket, gate, road_user, count(*) AS n, count(*) FILTER (WHERE speed_kmh > 0) AS with_speed,
       sum(1 / speed_kmh) FILTER (WHERE speed_kmh > 0) AS pace_h_km
FROM crossing GROUP BY bucket, gate, road_user
"""  # noqa: S608

_HEADWAY_COLUMNS = ["gate", "direction", "headway_s::float8 AS headway"]
"""Columns of the crossings from which headways are computed."""
# Headways of the vehicles of each gate by bucket. A vehicle alone in its direction has no traffic around it.
_HEADWAYS = f"""
WITH vehicle AS ({_rows("crossings", "at", _HEADWAY_COLUMNS, f"{_OF_GATE} AND road_user <> 'person'")}), following AS (
    SELECT bucket, gate, headway, count(*) OVER (PARTITION BY bucket, gate, direction) AS vehicles FROM vehicle
)
SELECT bucket, gate, avg(headway) AS mean_s, percentile_cont(0.5) WITHIN GROUP (ORDER BY headway) AS median_s,
       avg((headway < {SHORT_HEADWAY_S})::int)::float8 AS under_2s
FROM following WHERE vehicles >= 2 AND headway IS NOT NULL
GROUP BY bucket, gate
"""  # noqa: S608

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

_SECONDS = "extract(epoch FROM end_at - start_at)::float8 * coverage AS seconds"
"""Observed seconds of an interval."""

# Measures of each gate by bucket: joined over time for each direction, then over both; or over all rows together.
_GATE_INTERVALS = """
WITH interval AS ({intervals}), of_direction AS (
    SELECT bucket, gate, direction, {of_direction} FROM interval GROUP BY bucket, gate, direction
), of_both AS (
    SELECT bucket, gate, {of_both} FROM of_direction GROUP BY bucket, gate
), together AS (
    SELECT bucket, gate, {together} FROM interval GROUP BY bucket, gate
)
SELECT * FROM of_both JOIN together USING (bucket, gate)
"""

# Measures of each zone by bucket, with the known level that lasted longest; of equals, the worse.
_ZONE_INTERVALS = """
WITH interval AS ({intervals}), by_level AS (
    SELECT bucket, zone, level, sum(seconds) AS seconds FROM interval GROUP BY bucket, zone, level
), longest AS (
    SELECT DISTINCT ON (bucket, zone) bucket, zone, level FROM by_level
    ORDER BY bucket, zone, level <> 'unknown' DESC, seconds DESC, array_position(%(levels)s::text[], level) DESC
), measured AS (
    SELECT bucket, zone, sum(seconds) AS observed_s, {measured} FROM interval GROUP BY bucket, zone
)
SELECT * FROM measured JOIN longest USING (bucket, zone)
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
    """SQL of the measures of gates over buckets.

    >>> mean = Measure(description="", over_time=OverTime.MEAN, directions=BothDirections.LARGEST)
    >>> "max(saturation) AS saturation" in gate_intervals_query({"saturation": mean})
    True
    """
    apart = {name: m for name, m in measures.items() if m.directions in _BOTH_DIRECTIONS and m.over_time in _OVER_TIME}
    together = {name: m for name, m in measures.items() if m.directions is BothDirections.TOGETHER}
    joined = ((name, _BOTH_DIRECTIONS[m.directions]) for name, m in apart.items() if m.directions is not None)
    columns = ["gate", "direction", _SECONDS, *_columns(measures)]
    return _GATE_INTERVALS.format(
        intervals=_rows("gate_intervals", "start_at", columns, f"coverage > 0 AND {_OF_GATE}"),
        of_direction=_averages(apart) or "NULL",
        of_both=", ".join(f"{rule.format(x=name)} AS {name}" for name, rule in joined) or "NULL",
        together=_averages(together) or "NULL",
    )


def zone_intervals_query(measures: Mapping[str, Measure]) -> str:
    """SQL of the measures of zones over buckets, of the observed time and of the longest known level."""
    density = "greatest(coalesce(density_veh_km_lane, occupancy, 0), 1e-6)::float8 AS density"
    columns = ["zone", _SECONDS, *_columns(measures), density]
    return _ZONE_INTERVALS.format(
        intervals=_rows("zone_intervals", "start_at", columns, f"coverage > 0 AND {_OF_ZONE}"),
        measured=_averages(measures),
    )


_GATE_QUERY = gate_intervals_query(measures_of(GateMeasures))
"""SQL of all measures of gates."""
_ZONE_QUERY = zone_intervals_query(measures_of(ZoneMeasures))
"""SQL of all measures of zones."""


def buckets_from_rows(
    connection: Connection[Any], span: BucketRange, *, gate: str | None = None, zone: str | None = None
) -> dict[int, Bucket]:
    """Return the buckets with any row, by number: of one gate, of one zone, or of all of the camera."""
    parameters: dict[str, object] = {
        **span.parameters,
        "gate": gate,
        "zone": zone,
        "levels": [level.value for level in LEVEL_ORDER],
    }
    found: dict[int, Bucket] = defaultdict(lambda: {"observed_s": 0.0, "gates": defaultdict(GateBucket), "zones": {}})
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_OBSERVED, parameters):
            found[row["bucket"]]["observed_s"] = row["observed_s"]
        if zone is None:
            for row in cursor.execute(_CROSSINGS, parameters):
                _gate(found, row).setdefault("classes", []).append(_values(row, ClassCount))
            for row in cursor.execute(_HEADWAYS, parameters):
                _gate(found, row)["headways"] = _values(row, Headways)
            for row in cursor.execute(_GATE_QUERY, parameters):
                _gate(found, row)["measures"] = _values(row)
        if gate is None:
            for row in cursor.execute(_ZONE_QUERY, parameters):
                found[row["bucket"]]["zones"][row["zone"]] = _values(row)
    for number, bucket in found.items():
        if not span.keeps_crossings(number):
            bucket["crossings_deleted"] = True
    return dict(found)


def _gate(found: dict[int, Bucket], row: dict[str, Any]) -> GateBucket:
    return found[row["bucket"]]["gates"][row["gate"]]


def _values(row: dict[str, Any], kind: type = dict) -> Any:
    """Return the values of a row without those that identify it."""
    return kind({name: value for name, value in row.items() if name not in ("bucket", "gate", "zone")})
