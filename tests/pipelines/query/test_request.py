"""Requests that cannot be answered are refused with a sentence that states what to give."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pipelines.query.request import Request

JAKARTA = ZoneInfo("Asia/Jakarta")
DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"to_at": DAY}, "later"),
        ({"interval_s": 7}, "give one of 60, 300"),
        ({"classes": ()}, "at least one class"),
        ({"weekdays": frozenset({7})}, "Monday"),
        ({"from_at": datetime(2026, 11, 1)}, "offset"),  # noqa: DTZ001 - the fault itself
        ({"from_at": date(1990, 1, 1), "interval_s": 60}, "longer interval"),
    ],
)
def test_it_states_what_to_give(wrong, message):
    with pytest.raises(ValueError, match=message):
        Request(**{"from_at": DAY, "to_at": date(2026, 11, 2), "zone": JAKARTA, **wrong})


def test_a_date_is_midnight_of_the_city():
    request = Request(from_at=DAY, to_at=date(2026, 11, 2), zone=JAKARTA, interval_s=3600)
    (span,) = request.spans("x")
    assert span.edges[0] == datetime(2026, 10, 31, 17, tzinfo=UTC) and len(span.edges) == 25


def test_a_year_of_hours_is_read_in_parts():
    request = Request(from_at=date(2026, 1, 1), to_at=date(2027, 1, 1), zone=JAKARTA, interval_s=3600)
    assert sum(len(span.edges) - 1 for span in request.spans("x")) == 8760
