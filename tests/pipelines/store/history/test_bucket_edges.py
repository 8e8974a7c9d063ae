"""Division of a period into buckets of time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from pipelines.store.history.bucket_edges import bucket_edges

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


@pytest.mark.parametrize(
    "name",
    ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Australia/Eucla", "Pacific/Chatham", "Asia/Jayapura"],
)
@pytest.mark.parametrize("interval_s", [60, 300, 900, 3600])
def test_buckets_begin_at_round_times_of_a_clock_with_half_hours(name, interval_s):
    zone = ZoneInfo(name)
    edges = bucket_edges(START, START + timedelta(hours=5), interval_s, zone)
    assert edges[0] <= START < edges[1]
    assert {(at.astimezone(zone).minute * 60 + at.astimezone(zone).second) % interval_s for at in edges} == {0}
    assert {(b - a).total_seconds() for a, b in pairwise(edges)} == {interval_s}


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Amsterdam", "2026-03-29", [1] * 23),
        ("Europe/Amsterdam", "2026-10-25", [1] * 25),
        ("Australia/Lord_Howe", "2026-10-04", [1, 1, 0.5] + [1] * 21),
        ("Australia/Lord_Howe", "2026-04-05", [1, 1.5] + [1] * 22),
        ("Pacific/Chatham", "2026-09-27", [1, 1, 0.75, 0.25] + [1] * 20),
        ("Africa/Cairo", "2026-04-24", [1] * 23),
    ],
)
def test_hours_of_a_day_on_which_the_clock_is_set_add_up_to_that_day(name, day, hours):
    zone = ZoneInfo(name)
    start = datetime.fromisoformat(day).replace(tzinfo=zone)
    end = start + timedelta(days=1)
    edges = bucket_edges(start, end, 3600, zone)
    assert [(b - a) / timedelta(hours=1) for a, b in pairwise(edges)] == pytest.approx(hours)
    assert [edges[0], edges[-1]] == bucket_edges(start, end, 86_400, zone)


def test_buckets_increase_in_every_zone_over_two_years():
    for name in ("America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Africa/Casablanca", "Asia/Gaza"):
        edges = bucket_edges(START, START + timedelta(days=700), 86_400, ZoneInfo(name))
        assert {(b - a) / timedelta(hours=1) for a, b in pairwise(edges)} <= {23, 24, 25}


def test_a_zone_that_skipped_a_day_has_no_bucket_for_it():
    edges = bucket_edges(
        datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC), 86_400, ZoneInfo("Pacific/Apia")
    )
    assert {(b - a) / timedelta(hours=1) for a, b in pairwise(edges)} == {24}
