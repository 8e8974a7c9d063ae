"""Rows of history: one for every bucket of the period, with null where nothing was observed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from psycopg import Connection

from analytics.capacity.pkji import level_of_service
from analytics.facts import GateMeasures, Level, Sight, ZoneMeasures
from analytics.measures import OverTime, measures_of
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.store.history.bucket_queries import BucketRange, GateBucket, Headways
from pipelines.store.history.rollups import buckets_of_gate, buckets_of_zone

Counts = dict[RoadUser, int]
"""Gate crossings by class; every class is a key."""


@dataclass(frozen=True, kw_only=True)
class HistoryInterval(GateMeasures, ZoneMeasures):
    """Measures of a gate or a zone over one bucket of time. Without observation a value is None, never 0.

    counts: crossings of a gate in both directions, not scaled up by coverage. flow_veh_h: vehicles (no persons) per
    hour of observed time. speed_kmh: space-mean speed in km/h. level: unknown for a gate. Measures of zones are None
    for a gate, and those of gates for a zone; their units are in `analytics.facts`.
    """

    start_at: datetime
    end_at: datetime
    counts: Counts | None = None
    level: Level = Level.UNKNOWN


def gate_history(connection: Connection, span: BucketRange, gate: str) -> list[HistoryInterval]:
    """Counts and measures of both directions of a gate. Flow is of vehicles (no persons) per hour of observed time.

    speed_kmh: harmonic mean of the speeds at the gate, which is the space-mean speed (Wardrop 1952).
    Counts are None where crossings are deleted, and where nothing was reported of the gate, as before it was drawn.
    """
    found = buckets_of_gate(connection, span, gate)
    rows = []
    for i, (start, end) in _numbered(span.edges):
        observed_s = found[i]["observed_s"] if i in found else 0
        of_gate: GateBucket = found[i]["gates"].get(gate, {}) if i in found else {}
        values = _rounded(GateMeasures, of_gate.get("measures", {}))
        if of_gate and not found[i].get("crossings_deleted"):
            values |= {**_headways(of_gate.get("headways")), **_crossings(observed_s, of_gate)}
        rows.append(HistoryInterval(start_at=start, end_at=end, coverage=_share(observed_s, start, end), **values))
    return rows


def zone_history(connection: Connection, span: BucketRange, zone: str) -> list[HistoryInterval]:
    """Measures of a zone over the observed part of each bucket."""
    found = buckets_of_zone(connection, span, zone)
    return [
        _zone_row(start, end, found[i]["zones"].get(zone) if i in found else None)
        for i, (start, end) in _numbered(span.edges)
    ]


def counts_by_class(rows: Iterable[tuple[str, int]]) -> Counts:
    """Number of crossings of every class, zeros included. Use it only for observed time."""
    counts: Counts = dict.fromkeys(ROAD_USERS, 0)
    for road_user, n in rows:
        counts[RoadUser(road_user)] += n
    return counts


def _numbered(edges: Sequence[datetime]) -> Iterator[tuple[int, tuple[datetime, datetime]]]:
    return enumerate(pairwise(edges))


def _crossings(observed_s: float, of_gate: GateBucket) -> dict[str, Any]:
    """Counts, flow and speed of a gate; nothing for a bucket that was not observed, or empty to a blind detector.

    A crossing at the edge of what was observed may lie in a bucket without observed time. It is counted all the same.
    """
    classes = of_gate.get("classes", [])
    if not classes and (not observed_s or of_gate.get("measures", {}).get("sight") == Sight.BLIND):
        return {}
    vehicles = [row for row in classes if row["road_user"] != RoadUser.PERSON]
    with_speed = [row for row in vehicles if row["pace_h_km"]]
    pace_h_km = sum(row["pace_h_km"] or 0 for row in with_speed)
    speed_kmh = round(sum(row["with_speed"] for row in with_speed) / pace_h_km, 1) if pace_h_km else None
    return {
        "counts": counts_by_class((row["road_user"], row["n"]) for row in classes),
        "flow_veh_h": round(sum(row["n"] for row in vehicles) * 3600 / observed_s, 1) if observed_s else None,
        "speed_kmh": speed_kmh,
    }


def _headways(found: Headways | None) -> dict[str, Any]:
    """Headways of a gate; nothing for a bucket without any."""
    if found is None:
        return {}
    measured = {
        "headway_mean_s": found["mean_s"],
        "headway_median_s": found["median_s"],
        "headway_under_2s": found["under_2s"],
    }
    return _rounded(GateMeasures, measured)


def _zone_row(start: datetime, end: datetime, found: dict[str, Any] | None) -> HistoryInterval:
    if found is None:
        return HistoryInterval(start_at=start, end_at=end, coverage=0)
    values = _rounded(ZoneMeasures, found)
    level = Level(found["level"])
    for name, measure in measures_of(ZoneMeasures).items():
        if measure.over_time is OverTime.OF_SATURATION and found.get(name) is not None:
            values[name] = level_of_service(found[name], forced=level is Level.JAMMED)
    coverage = _share(found["observed_s"], start, end)
    return HistoryInterval(start_at=start, end_at=end, **{**values, "level": level, "coverage": coverage})


def _rounded(kind: type, found: dict[str, Any]) -> dict[str, Any]:
    """Measures among the found values, with the decimals that they have over time."""
    measures = measures_of(kind)
    return {name: measures[name].rounded_over_time(value) for name, value in found.items() if name in measures}


def _share(observed_s: float, start: datetime, end: datetime) -> float:
    return round(min(1.0, observed_s / (end - start).total_seconds()), 4)
