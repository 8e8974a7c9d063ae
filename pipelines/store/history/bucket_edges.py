"""Division of a period of history into buckets of time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_BUCKETS = 5000
"""Most buckets of one answer: 52 days of quarters of an hour. [assumption]"""
DAY_S = 86_400
"""Seconds of a day without a change of the clock; as an interval it means the city's own days."""
OFFSET_STEP_S = 900
"""Unit of the offsets of time zones from UTC, in seconds. [source: IANA time zone database, all zones since 1972]"""


def bucket_edges(from_at: datetime, to_at: datetime, interval_s: int, zone: ZoneInfo) -> list[datetime]:
    """Edges of the buckets that cover [from_at, to_at), in UTC: one more than there are buckets.

    All buckets begin at round times of the city's clock: hours at :00 also where its offset from UTC has half an hour.
    A bucket in which the clock is set may be shorter or longer. Raises ValueError, with a sentence for the user, for a
    period that is empty or has more than MAX_BUCKETS buckets.
    """
    if to_at <= from_at:
        raise ValueError("'to' must be later than 'from'.")
    if (to_at - from_at) / timedelta(seconds=interval_s) > MAX_BUCKETS:
        raise ValueError(f"That is more than {MAX_BUCKETS} rows: choose a longer interval or a shorter period.")
    if interval_s == DAY_S:
        return _days(from_at, to_at, zone)
    return _steps(from_at, to_at, interval_s, zone)


def _steps(from_at: datetime, to_at: datetime, interval_s: int, zone: ZoneInfo) -> list[datetime]:
    step_s = min(interval_s, OFFSET_STEP_S)
    first = int(from_at.timestamp() // step_s)
    while not _is_edge(first * step_s, step_s, interval_s, zone):
        first -= 1
    edges, number = [datetime.fromtimestamp(first * step_s, UTC)], first
    while edges[-1] < to_at:
        number += 1
        if _is_edge(number * step_s, step_s, interval_s, zone):
            edges.append(datetime.fromtimestamp(number * step_s, UTC))
    return edges


def _is_edge(at: int, step_s: int, interval_s: int, zone: ZoneInfo) -> bool:
    """Return whether a bucket begins at Unix second `at`: at a round local time, or where the clock skips over one."""
    now, before = _local_s(at, zone), _local_s(at - step_s, zone)
    return now % interval_s == 0 or now // interval_s > before // interval_s


def _local_s(at: int, zone: ZoneInfo) -> int:
    """Return the seconds of the local clock at Unix second `at`, counted as if its zone were UTC."""
    return int(datetime.fromtimestamp(at, zone).replace(tzinfo=UTC).timestamp())


def _days(from_at: datetime, to_at: datetime, zone: ZoneInfo) -> list[datetime]:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    day = from_at.astimezone(zone).date()
    edges = [midnight(day)]
    while edges[-1] < to_at:
        day += timedelta(days=1)
        if midnight(day) > edges[-1]:  # A zone that moved over the date line has no such day.
            edges.append(midnight(day))
    return edges
