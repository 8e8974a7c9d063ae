"""Survey of a site over a month: the roads that its cameras count, with coverage and the causes of gaps."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np
from psycopg import Connection

from analytics.facts import Sight
from analytics.road_users import RoadUser
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.query.history_rows import HistoryInterval
from pipelines.query.holiday_calendar import holiday_names
from pipelines.query.movement_counts import direction_counts, movement_counts
from pipelines.query.place import Place, intervals_of_gate, places
from pipelines.query.request import Request
from pipelines.report.quarter_flows import QUARTER_S, Counts, Month, stream_counts
from pipelines.report.survey_figures import RoadSurvey, survey_of

LOST = "?"
"""Name of the stream of tracks that were not followed to an exit."""

# Unobserved hours of a camera by cause; `gaps` is empty where nothing was missing.
_CAUSES = """
SELECT cause, sum(1 - coverage::float8) / 60 FROM gaps
WHERE camera_id = %s AND start_at >= %s AND start_at < %s GROUP BY cause ORDER BY 2 DESC
"""

_Found = dict[tuple[str, str], Counter[tuple[int, RoadUser]]]
"""Counts by (road, stream), bucket and class."""


@dataclass(frozen=True, kw_only=True)
class CameraSurvey:
    """A camera over the month.

    coverage: observed share. blind_share: share of the quarters in which the detector was blind. gap_hours: unobserved
    hours by cause. roads: approaches of its junction, or its gates.
    """

    camera_id: str
    name: str
    coverage: float
    blind_share: float
    gap_hours: dict[str, float]
    roads: list[RoadSurvey]


@dataclass(frozen=True, kw_only=True)
class SiteMonth:
    """A site over a month. holidays: by date, in Indonesian."""

    site: str
    city: str
    simulated: bool
    first: date
    end: date
    holidays: dict[date, str]
    cameras: list[CameraSurvey]
    made_at: datetime


def month_of(text: str) -> tuple[date, date]:
    """Return the first day of a month such as `2026-11`, and that of the next. Raises UserError."""
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise UserError(f"{text}: give a month such as 2026-11") from None
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


def site_month(connection: Connection, config: Config, site: str, month: str, now: datetime) -> SiteMonth:
    """Return the survey of a site, or of a single camera by its id, in the time zone of the city. Raises UserError."""
    first, end = month_of(month)
    names = {entry.id: entry.name for entry in config.sites}
    every = places(config)
    chosen = [place for place in every if place.site == site] or [p for p in every if p.camera_id == site]
    if not chosen:
        known = sorted({place.site or place.camera_id for place in every})
        raise UserError(f"no site or camera {site} in the configuration; it has {', '.join(known) or 'no cameras'}")
    zone = ZoneInfo(config.city.timezone)
    end = min(end, now.astimezone(zone).date() + timedelta(days=1))
    if end <= first:
        raise UserError(f"{month} has not begun; give a month of the past, or the present one")
    request = Request(from_at=first, to_at=min(_midnight(end, zone), now), zone=zone, interval_s=QUARTER_S)
    kept_from = config.retention.kept_from("crossings", now)
    if kept_from is not None and request.begin < kept_from:
        raise UserError(
            f"crossings before {kept_from.astimezone(zone):%Y-%m-%d} are deleted (retention.crossings_days); give a "
            "later month, or keep crossings for longer"
        )
    holidays = holiday_names(first, end)
    cameras = [_camera(connection, place, request, frozenset(holidays)) for place in chosen if place.gates]
    if not cameras:
        raise UserError(f"the cameras of {site} have no gates; draw gates in their camera.json first")
    return SiteMonth(
        site=names.get(site, chosen[0].name),
        city=config.city.name,
        simulated=config.city.simulated,
        first=first,
        end=end,
        holidays=holidays,
        cameras=cameras,
        made_at=now.astimezone(zone),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _camera(connection: Connection, place: Place, request: Request, holidays: frozenset[date]) -> CameraSurvey:
    histories = {
        gate.id: list(intervals_of_gate(connection, request, place.camera_id, gate.id)) for gate in place.gates
    }
    any_gate = next(iter(histories.values()))
    month = Month.of(any_gate, request.zone)
    causes = connection.execute(_CAUSES, [place.camera_id, request.begin, request.end]).fetchall()
    seconds = [(row.end_at - row.start_at).total_seconds() for row in any_gate]
    return CameraSurvey(
        camera_id=place.camera_id,
        name=place.name,
        coverage=float(np.average(month.coverage, weights=seconds)),
        blind_share=float(np.mean([row.sight is Sight.BLIND for row in any_gate])),
        gap_hours={cause: float(hours) for cause, hours in causes},
        roads=list(_roads(connection, place, request, histories, holidays)),
    )


def _roads(
    connection: Connection,
    place: Place,
    request: Request,
    histories: dict[str, list[HistoryInterval]],
    holidays: frozenset[date],
) -> Iterator[RoadSurvey]:
    approaches = _gates_of_approaches(place)
    others = {gate.id: [gate.id] for gate in place.gates if gate.id not in chain(*approaches.values())}
    movements = _movements(connection, place, request) if approaches else {}
    directions = _directions(connection, place, request) if others else {}
    buckets = len(next(iter(histories.values())))
    for roads, found, is_approach in ((approaches, movements, True), (others, directions, False)):
        by_road: dict[str, dict[str, Counts]] = defaultdict(dict)
        for (road, stream), counts in sorted(found.items(), key=lambda item: (item[0][1] == LOST, item[0])):
            by_road[road][stream] = stream_counts(counts, buckets)
        for road, gates in roads.items():
            streams = by_road.get(road) or {LOST if is_approach else "A": np.zeros((buckets, len(RoadUser)))}
            described = [gate.road for gate in place.gates if gate.id in gates and gate.road is not None]
            month = Month.of(histories[gates[0]], request.zone)
            yield survey_of(road, next(iter(described), None), month, streams, holidays, is_approach=is_approach)


def _gates_of_approaches(place: Place) -> dict[str, list[str]]:
    """Return the gates of each approach of the junction. All other gates are roads of their own."""
    roads: dict[str, list[str]] = defaultdict(list)
    for gate in sorted(place.gates, key=lambda gate: gate.role != "entry"):
        if gate.id in place.arms and (gate.role == "entry" or place.arms[gate.id].name in roads):
            roads[place.arms[gate.id].name].append(gate.id)
    return dict(roads)


def _directions(connection: Connection, place: Place, request: Request) -> _Found:
    found: _Found = defaultdict(Counter)
    offset = 0
    for span in request.spans(place.camera_id):
        for count in direction_counts(connection, span):
            found[count.gate, count.direction][offset + count.bucket, RoadUser(count.road_user)] += count.n
        offset += len(span.edges) - 1
    return found


def _movements(connection: Connection, place: Place, request: Request) -> _Found:
    found: _Found = defaultdict(Counter)
    offset = 0
    for span in request.spans(place.camera_id):
        for count in movement_counts(connection, span, place.arms):
            key = count.origin, LOST if count.destination is None else count.destination
            found[key][offset + count.bucket, RoadUser(count.road_user)] += count.n
        offset += len(span.edges) - 1
    return found
