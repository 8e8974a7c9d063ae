"""History rows: every bucket of the period, those that were not observed as gaps."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from psycopg import Connection

from analytics.capacity.pkji import level_of_service
from analytics.facts import Level
from analytics.road_users import ROAD_USERS, RoadUser
from portal.history.queries import (
    ClassBucket,
    HeadwayBucket,
    SmpBucket,
    Span,
    ZoneBucket,
    crossings_by_class,
    gate_smp,
    headways,
    observed_buckets,
    zone_buckets,
)
from portal.history.schemas import Counts, HistoryRow
from portal.live.camera_state import SEVERITY

_MEASURES = ("flow_veh_h", "speed_kmh", "relative_speed", "occupancy")
_LATER_MEASURES = (
    "headway_mean_s",
    "headway_median_s",
    "headway_under_2s",
    "smp_h",
    "saturation",
    "level_of_service",
    "emp_verified",
)
"""Columns are added at the end, where they disturb no one's spreadsheet."""


def gate_history(connection: Connection, span: Span, gate: str) -> list[HistoryRow]:
    """Counts of both directions; flow is of vehicles (no persons) per hour of observed time.

    speed_kmh: the harmonic mean of the speeds at the gate, which is the space-mean speed (Wardrop 1952).
    """
    observed = {row.bucket: row.observed_s for row in observed_buckets(connection, span)}
    classes: dict[int, list[ClassBucket]] = defaultdict(list)
    for row in crossings_by_class(connection, span, gate):
        classes[row.bucket].append(row)
    between = {row.bucket: row for row in headways(connection, span, gate)}
    smp = {row.bucket: row for row in gate_smp(connection, span, gate)}
    return [
        _gate_row(start, end, observed.get(i, 0), classes.get(i, [])).model_copy(
            update={**_headways(between.get(i)), **_smp(smp.get(i))}
        )
        for i, (start, end) in _numbered(span.edges)
    ]


def zone_history(connection: Connection, span: Span, zone: str) -> list[HistoryRow]:
    """Means over the observed part of each bucket."""
    found = {row.bucket: row for row in zone_buckets(connection, span, zone, SEVERITY)}
    return [_zone_row(start, end, found.get(i)) for i, (start, end) in _numbered(span.edges)]


def counted(rows: Iterable[tuple[str, int]]) -> Counts:
    """Every class with its number, zeros included: only what was observed gets here."""
    counts: Counts = dict.fromkeys(ROAD_USERS, 0)
    for road_user, n in rows:
        counts[RoadUser(road_user)] += n
    return counts


def as_csv(rows: Iterable[HistoryRow], zone: ZoneInfo) -> Iterator[str]:
    """Lines with empty cells for gaps; local times carry their offset."""
    yield _csv_line(
        [
            "start_utc",
            "end_utc",
            "start_local",
            "end_local",
            "coverage",
            *ROAD_USERS,
            *_MEASURES,
            "level",
            *_LATER_MEASURES,
        ],
    )
    for row in rows:
        counts = [row.counts[road_user] for road_user in ROAD_USERS] if row.counts else [None] * len(ROAD_USERS)
        times = [
            *(at.isoformat().replace("+00:00", "Z") for at in (row.start_at, row.end_at)),
            *(at.astimezone(zone).isoformat() for at in (row.start_at, row.end_at)),
        ]
        level = None if row.level is Level.UNKNOWN else row.level
        measures, later = ([getattr(row, name) for name in names] for names in (_MEASURES, _LATER_MEASURES))
        yield _csv_line([*times, row.coverage, *counts, *measures, level, *later])


def _csv_line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _numbered(edges: Sequence[datetime]) -> Iterator[tuple[int, tuple[datetime, datetime]]]:
    return enumerate(pairwise(edges))


def _gate_row(start: datetime, end: datetime, observed_s: float, classes: Sequence[ClassBucket]) -> HistoryRow:
    if not observed_s:
        return HistoryRow(start_at=start, end_at=end, coverage=0)
    vehicles = sum(row.n for row in classes if row.road_user != RoadUser.PERSON)
    timed = [row for row in classes if row.pace and row.road_user != RoadUser.PERSON]
    pace = sum(row.pace or 0 for row in timed)
    return HistoryRow(
        start_at=start,
        end_at=end,
        coverage=_share(observed_s, start, end),
        counts=counted((row.road_user, row.n) for row in classes),
        flow_veh_h=round(vehicles * 3600 / observed_s, 1),
        speed_kmh=round(sum(row.timed for row in timed) / pace, 1) if pace else None,
    )


def _headways(found: HeadwayBucket | None) -> dict[str, float]:
    if found is None:
        return {}
    return {
        "headway_mean_s": round(found.mean_s, 1),
        "headway_median_s": round(found.median_s, 1),
        "headway_under_2s": round(found.under_2s, 3),
    }


def _smp(found: SmpBucket | None) -> dict[str, float | bool | None]:
    if found is None:
        return {}
    return {
        "smp_h": round(found.smp_h, 1),
        "saturation": _rounded(found.saturation, 3),
        "emp_verified": found.verified,
    }


def _zone_row(start: datetime, end: datetime, found: ZoneBucket | None) -> HistoryRow:
    if found is None:
        return HistoryRow(start_at=start, end_at=end, coverage=0)
    return HistoryRow(
        start_at=start,
        end_at=end,
        coverage=_share(found.observed_s, start, end),
        flow_veh_h=_rounded(found.flow_veh_h, 1),
        speed_kmh=_rounded(found.speed_kmh, 1),
        relative_speed=_rounded(found.relative_speed, 3),
        occupancy=_rounded(found.occupancy, 4),
        level=Level(found.level),
        smp_h=_rounded(found.smp_h, 1),
        saturation=_rounded(found.saturation, 3),
        level_of_service=None
        if found.rated_saturation is None
        else level_of_service(found.rated_saturation, forced=found.level == Level.JAMMED),
        emp_verified=found.verified,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _share(observed_s: float, start: datetime, end: datetime) -> float:
    return round(min(1.0, observed_s / (end - start).total_seconds()), 4)
