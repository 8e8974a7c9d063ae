"""Request of a planner: cameras, gates, classes, weekdays, period and interval, in the time zone of the city."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from zoneinfo import ZoneInfo

from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.store.history.bucket_edges import DAY_S, MAX_BUCKETS, bucket_edges
from pipelines.store.history.bucket_queries import BucketRange

INTERVALS_S = (60, 300, 900, 3600, DAY_S)
"""Lengths of intervals in seconds; hours and days are the city's own. [those of the history page]"""
EVERY_DAY = frozenset(range(7))
"""Weekdays; Monday is 0."""
MAX_INTERVALS = 600_000
"""Most intervals of a camera: a year of minutes, with a margin. [assumption]"""
DAYS_AT_A_TIME = 7
"""Most days of crossings that one statement reads: a fraction of its time limit at a busy junction. [assumption]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Period of some cameras. A row belongs to the interval in which it starts.

    from_at, to_at: a date means its midnight in `zone`, a time needs an offset. The first interval begins at a round
    time of the city's clock at or before `from_at`. gates: ids, of all cameras; None for all. classes: those that are
    counted.
    weekdays: of the local time at which an interval begins; Monday is 0.
    crossings_from: time before which crossings may be deleted; None where all are kept.
    Raises ValueError, with a sentence for the user, for a period that is empty or too long, or an unknown interval.
    """

    from_at: datetime | date
    to_at: datetime | date
    zone: ZoneInfo
    interval_s: int = 900
    cameras: tuple[str, ...] | None = None
    gates: frozenset[str] | None = None
    classes: tuple[RoadUser, ...] = ROAD_USERS
    weekdays: frozenset[int] = EVERY_DAY
    crossings_from: datetime | None = None

    def __post_init__(self) -> None:
        if self.interval_s not in INTERVALS_S:
            raise ValueError(f"interval {self.interval_s} s: give one of {', '.join(map(str, INTERVALS_S))}")
        if not self.classes or not self.weekdays <= EVERY_DAY or not self.weekdays:
            raise ValueError("give at least one class, and weekdays from 0 (Monday) to 6")
        if self.end <= self.begin:
            raise ValueError("'to' must be later than 'from'")
        if self.intervals > MAX_INTERVALS:
            raise ValueError(f"that is over {MAX_INTERVALS} intervals: choose a longer interval or a shorter period")

    @property
    def begin(self) -> datetime:
        return _moment(self.from_at, self.zone)

    @property
    def end(self) -> datetime:
        return _moment(self.to_at, self.zone)

    @property
    def intervals(self) -> int:
        """Number of intervals of the whole period, on all weekdays."""
        return ceil((self.end - self.begin) / timedelta(seconds=self.interval_s))

    def spans(self, camera_id: str) -> Iterator[BucketRange]:
        """Yield the intervals of a camera, some days at a time, each once and in order."""
        days = _days(self.begin, self.end, self.zone)
        at_a_time = min(DAYS_AT_A_TIME, (MAX_BUCKETS - 1) * self.interval_s // DAY_S - 1)
        for start, end in pairwise([*days[:-1:at_a_time], days[-1]]):
            edges = bucket_edges(max(start, self.begin), min(end, self.end), self.interval_s, self.zone)
            yield BucketRange(
                camera_id=camera_id, edges=edges, interval_s=self.interval_s, crossings_from=self.crossings_from
            )

    def includes(self, start: datetime) -> bool:
        """Return whether an interval that starts then is on one of the weekdays."""
        return start.astimezone(self.zone).weekday() in self.weekdays


def _moment(given: datetime | date, zone: ZoneInfo) -> datetime:
    if not isinstance(given, datetime):
        return datetime.combine(given, time(), zone)
    if given.tzinfo is None:
        raise ValueError(f"{given} has no offset from UTC; give a date, or a time such as 2026-11-01T06:00+07:00")
    return given


def _days(begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the midnights from that before `begin` to that after `end`, years at a time."""
    days = bucket_edges(begin, min(end, begin + timedelta(days=MAX_BUCKETS - 2)), DAY_S, zone)
    while days[-1] < end:
        days += bucket_edges(days[-1], min(end, days[-1] + timedelta(days=MAX_BUCKETS - 2)), DAY_S, zone)[1:]
    return days
