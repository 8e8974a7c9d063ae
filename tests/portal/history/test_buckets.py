"""Division of a period into buckets of time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from portal.history.buckets import bucket_edges

JAKARTA = ZoneInfo("Asia/Jakarta")
START = datetime(2026, 3, 28, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("interval_s", [60, 300, 900, 3600])
def test_buckets_cover_the_period_and_begin_at_round_times(interval_s):
    end = START + timedelta(hours=3, seconds=1)
    edges = bucket_edges(START, end, interval_s, JAKARTA)
    assert edges[0] <= START < edges[1]
    assert edges[-2] < end <= edges[-1]
    assert {(b - a).total_seconds() for a, b in pairwise(edges)} == {interval_s}
    assert edges[0].timestamp() % interval_s == 0


def test_period_between_edges_has_no_extra_bucket():
    start = START.replace(minute=0, second=0)
    assert len(bucket_edges(start, start + timedelta(hours=2), 3600, JAKARTA)) == 3


def test_day_with_a_change_of_the_clock_is_one_bucket():
    edges = bucket_edges(START, START + timedelta(days=2), 86_400, ZoneInfo("Europe/Amsterdam"))
    assert [(b - a) / timedelta(hours=1) for a, b in pairwise(edges)] == [24, 23, 24]


def test_empty_or_too_long_period_is_refused():
    with pytest.raises(ValueError, match="later"):
        bucket_edges(START, START, 60, JAKARTA)
    with pytest.raises(ValueError, match="5000"):
        bucket_edges(START, START + timedelta(minutes=5001), 60, JAKARTA)
