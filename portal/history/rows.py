"""Rows of history: one for every bucket of the period, with null where nothing was observed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from psycopg import Connection

from analytics.capacity.pkji import level_of_service
from analytics.facts import GateMeasures, Level, Sight, ZoneMeasures
from analytics.measures import OverTime, measures_of
from analytics.road_users import ROAD_USERS, RoadUser
from portal.history.queries import (
    BucketRange,
    ClassBucket,
    HeadwayBucket,
    MeasureBucket,
    crossings_by_class,
    gate_buckets,
    headways,
    observed_buckets,
    zone_buckets,
)
from portal.history.schemas import Counts, HistoryRow


def gate_history(connection: Connection, span: BucketRange, gate: str) -> list[HistoryRow]:
    """Counts and measures of both directions of a gate. Flow is of vehicles (no persons) per hour of observed time.

    speed_kmh: harmonic mean of the speeds at the gate, which is the space-mean speed (Wardrop 1952).
    """
    observed = {row.bucket: row.observed_s for row in observed_buckets(connection, span)}
    classes: dict[int, list[ClassBucket]] = defaultdict(list)
    for row in crossings_by_class(connection, span, gate):
        classes[row.bucket].append(row)
    between = {row.bucket: row for row in headways(connection, span, gate)}
    measured = {row["bucket"]: row for row in gate_buckets(connection, span, gate)}
    return [
        HistoryRow(
            start_at=start,
            end_at=end,
            coverage=_share(observed.get(i, 0), start, end),
            **{
                **_rounded(GateMeasures, measured.get(i, {})),
                **_headways(between.get(i)),
                **_crossings(observed.get(i, 0), classes.get(i, []), measured.get(i, {}).get("sight")),
            },
        )
        for i, (start, end) in _numbered(span.edges)
    ]


def zone_history(connection: Connection, span: BucketRange, zone: str) -> list[HistoryRow]:
    """Measures of a zone over the observed part of each bucket."""
    found = {row["bucket"]: row for row in zone_buckets(connection, span, zone)}
    return [_zone_row(start, end, found.get(i)) for i, (start, end) in _numbered(span.edges)]


def counts_by_class(rows: Iterable[tuple[str, int]]) -> Counts:
    """Number of crossings of every class, zeros included. Use it only for observed time."""
    counts: Counts = dict.fromkeys(ROAD_USERS, 0)
    for road_user, n in rows:
        counts[RoadUser(road_user)] += n
    return counts


def _numbered(edges: Sequence[datetime]) -> Iterator[tuple[int, tuple[datetime, datetime]]]:
    return enumerate(pairwise(edges))


def _crossings(observed_s: float, classes: Sequence[ClassBucket], sight: str | None) -> dict[str, Any]:
    """Counts, flow and speed of a gate; nothing for a bucket that was not observed, or empty to a blind detector."""
    if not observed_s or (sight == Sight.BLIND and not classes):
        return {}
    vehicles = sum(row.n for row in classes if row.road_user != RoadUser.PERSON)
    with_speed = [row for row in classes if row.pace_h_km and row.road_user != RoadUser.PERSON]
    pace_h_km = sum(row.pace_h_km or 0 for row in with_speed)
    return {
        "counts": counts_by_class((row.road_user, row.n) for row in classes),
        "flow_veh_h": round(vehicles * 3600 / observed_s, 1),
        "speed_kmh": round(sum(row.with_speed for row in with_speed) / pace_h_km, 1) if pace_h_km else None,
    }


def _headways(found: HeadwayBucket | None) -> dict[str, Any]:
    """Headways of a gate; nothing for a bucket without any."""
    if found is None:
        return {}
    measured = {
        "headway_mean_s": found.mean_s,
        "headway_median_s": found.median_s,
        "headway_under_2s": found.under_2s,
    }
    return _rounded(GateMeasures, measured)


def _zone_row(start: datetime, end: datetime, found: MeasureBucket | None) -> HistoryRow:
    if found is None:
        return HistoryRow(start_at=start, end_at=end, coverage=0)
    values = _rounded(ZoneMeasures, found)
    level = Level(found["level"])
    for name, measure in measures_of(ZoneMeasures).items():
        if measure.over_time is OverTime.OF_SATURATION and found[name] is not None:
            values[name] = level_of_service(found[name], forced=level is Level.JAMMED)
    coverage = _share(found["observed_s"], start, end)
    return HistoryRow(start_at=start, end_at=end, **{**values, "level": level, "coverage": coverage})


def _rounded(kind: type, found: MeasureBucket) -> dict[str, Any]:
    """Measures among the found values, with the decimals that they have over time."""
    measures = measures_of(kind)
    return {name: measures[name].rounded_over_time(value) for name, value in found.items() if name in measures}


def _share(observed_s: float, start: datetime, end: datetime) -> float:
    return round(min(1.0, observed_s / (end - start).total_seconds()), 4)
