"""Division of a period of history into buckets of time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_BUCKETS = 5000
"""Most buckets of one answer: 52 days of quarters of an hour. [assumption]"""
DAY_S = 86_400
"""Seconds of a day without a change of the clock; as an interval it means the city's own days."""


def bucket_edges(from_at: datetime, to_at: datetime, interval_s: int, zone: ZoneInfo) -> list[datetime]:
    """Edges of the buckets that cover [from_at, to_at), in UTC: one more than there are buckets.

    Days are those of the city; shorter buckets are counted from UTC midnight. Raises ValueError, with a sentence for
    the user, for a period that is empty or has more than MAX_BUCKETS buckets.
    """
    if to_at <= from_at:
        raise ValueError("'to' must be later than 'from'.")
    if (to_at - from_at) / timedelta(seconds=interval_s) > MAX_BUCKETS:
        raise ValueError(f"That is more than {MAX_BUCKETS} rows: choose a longer interval or a shorter period.")
    return _days(from_at, to_at, zone) if interval_s == DAY_S else _steps(from_at, to_at, interval_s)


def _steps(from_at: datetime, to_at: datetime, interval_s: int) -> list[datetime]:
    first = int(from_at.timestamp() // interval_s)
    last = -int(-to_at.timestamp() // interval_s)
    return [datetime.fromtimestamp(n * interval_s, UTC) for n in range(first, last + 1)]


def _days(from_at: datetime, to_at: datetime, zone: ZoneInfo) -> list[datetime]:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    day = from_at.astimezone(zone).date()
    edges = [midnight(day)]
    while edges[-1] < to_at:
        day += timedelta(days=1)
        edges.append(midnight(day))
    return edges
