"""Faults of yesterday's counts, as new or recurring, from the history of the cameras (extra `planner`)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from analytics.planning.local_hours import Dates, Floats
from analytics.planning.quality.camera_days import (
    HISTORY_DAYS,
    HOLIDAY_HISTORY_DAYS,
    LEAST_ROWS,
    QUARTERS_OF_DAY,
    CameraDays,
)
from analytics.planning.quality.examination import MEMORY_DAYS, Finding, examine
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.query.city import City
from pipelines.query.holiday_calendar import holiday_dates
from pipelines.query.place import Place, intervals_of_gate, places
from pipelines.store.pool import transaction

FORWARD_DAYS = 30
"""Days after the examined one whose holidays are known: a feast is felt before it begins."""
QUARTER_S = 900
"""Length of a quarter of an hour in seconds."""
LEAST_COVERAGE = 0.9
"""Observed share from which a quarter is examined; counts are not scaled up [assumption: a tenth hides no fault]."""
CLASSES = tuple(user for user in ROAD_USERS if user is not RoadUser.PERSON)
"""Classes that are examined: vehicles."""


def findings(city: City, day: date, cameras: tuple[str, ...] | None = None) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each camera, and the faults that its gates show on a day. Raises UserError for an unknown camera."""
    begin = day - timedelta(days=HOLIDAY_HISTORY_DAYS)
    holidays = holiday_dates(begin, day + timedelta(days=FORWARD_DAYS))
    recent = np.arange(np.datetime64(day - timedelta(days=HISTORY_DAYS + MEMORY_DAYS)), np.datetime64(day) + 1)
    is_wanted = bool(np.isin(recent[-MEMORY_DAYS - 1 :], holidays).any())
    earlier = holidays[(holidays < recent[0]) & is_wanted]
    for place in places(city.config, cameras):
        days = camera_days(city, place, np.concatenate([earlier, recent]))
        yield place.camera_id, examine(days, holidays) if days is not None else []


def camera_days(city: City, place: Place, dates: Dates) -> CameraDays | None:
    """Return the counts of the gates that were observed long enough to be examined; None where there is none."""
    counts = {gate.id: _counts(city, place.camera_id, gate.id, dates) for gate in place.gates}
    seen_days = {gate: np.asarray(np.isfinite(of_gate[:, :, 0]).any(axis=1)) for gate, of_gate in counts.items()}
    chosen = [gate for gate, seen in seen_days.items() if seen[-1] and seen.sum() > LEAST_ROWS * 7]
    if not chosen:
        return None
    stacked = np.stack([counts[gate] for gate in chosen], axis=2)
    is_seen = np.isfinite(stacked).all(axis=(2, 3), keepdims=True)
    return CameraDays(dates, np.where(is_seen, stacked, np.nan), tuple(chosen), tuple(map(str, CLASSES)))


def _counts(city: City, camera_id: str, gate: str, dates: Dates) -> Floats:
    """Return the counts (n, 96, classes) of a gate; NaN where a quarter was not observed."""
    made = np.full((len(dates), QUARTERS_OF_DAY, len(CLASSES)), np.nan)
    number = {day: n for n, day in enumerate(dates.tolist())}
    edges = [0, *(np.flatnonzero(np.diff(dates).astype(int) > 1) + 1).tolist(), len(dates)]
    for first, end in pairwise(edges):
        span = city.request(dates[first].item(), dates[end - 1].item() + timedelta(days=1), interval_s=QUARTER_S)
        with transaction(city.pool) as connection:
            for row in intervals_of_gate(connection, city.answerable(span), camera_id, gate):
                if row.counts is not None and row.coverage >= LEAST_COVERAGE:
                    at = row.start_at.astimezone(city.zone)
                    made[number[at.date()], _quarter(at)] = [row.counts[user] for user in CLASSES]
    return made


def _quarter(at: datetime) -> int:
    return (at.hour * 3600 + at.minute * 60) // QUARTER_S
