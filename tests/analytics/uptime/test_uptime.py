"""Uptime of cameras: time in service, what was observed of it, and sums."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.uptime.minute_gap import GapCause
from analytics.uptime.uptime import Uptime, service_seconds, sum_of, uptime_of

MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAY_S = 86_400
EDGES = [MIDNIGHT + number * DAY for number in range(4)]


def test_time_out_of_service_does_not_count():
    assert uptime_of(0, {}) is None
    assert uptime_of(0, {GapCause.LINK: 60}) is None


def test_gaps_are_taken_from_the_time_in_service():
    assert uptime_of(600, {GapCause.LINK: 60, GapCause.VIEW: 0}) == Uptime(540, {GapCause.LINK: 60})
    assert uptime_of(600, {}) == Uptime(600, {})


def test_gaps_beyond_the_time_in_service_are_limited_to_it():
    assert uptime_of(60, {GapCause.LINK: 90, GapCause.VIEW: 30}) == Uptime(0, {GapCause.LINK: 45, GapCause.VIEW: 15})


def test_sums_add_causes_and_leave_out_what_was_not_in_service():
    both = [Uptime(50, {GapCause.LINK: 10}), None, Uptime(20, {GapCause.LINK: 5, GapCause.UNKNOWN: 1})]
    assert sum_of(both) == Uptime(70, {GapCause.LINK: 15, GapCause.UNKNOWN: 1})
    assert sum_of([None, None]) is None


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(MIDNIGHT - DAY, MIDNIGHT + 9 * DAY)], [DAY_S, DAY_S, DAY_S], id="always"),
        pytest.param([(EDGES[1] + DAY / 2, EDGES[3])], [0, DAY_S / 2, DAY_S], id="since a day's noon"),
        pytest.param(
            [(EDGES[0], EDGES[0] + DAY / 4), (EDGES[0] + DAY / 2, EDGES[1])], [DAY_S * 0.75, 0, 0], id="pause"
        ),
        pytest.param([(EDGES[0] + timedelta(seconds=1), EDGES[1])], [DAY_S - 60, 0, 0], id="from the next minute on"),
        pytest.param([(EDGES[0], EDGES[0] + timedelta(seconds=1))], [60, 0, 0], id="to the end of the last minute"),
        pytest.param([(EDGES[2], EDGES[1])], [0, 0, 0], id="not begun yet"),
        pytest.param([], [0, 0, 0], id="never"),
    ],
)
def test_time_in_service_is_that_within_each_day(spans, expected):
    in_unix_s = [(start.timestamp(), end.timestamp()) for start, end in spans]
    assert service_seconds(in_unix_s, [edge.timestamp() for edge in EDGES]) == expected
