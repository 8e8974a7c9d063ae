"""Grouping of incidents and outages into alarms."""

from collections.abc import Callable, Sequence
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.incidents.grouping import (
    FLOOD_BEGINS,
    FLOOD_PERIOD_S,
    LASTS_S,
    REPEATED_WITHIN_S,
    TOGETHER_WITHIN_S,
    Alarm,
    Grouping,
    Occurrence,
    join_floods,
    join_outages,
    join_repeated,
)


@st.composite
def occurrences(draw: st.DrawFn) -> list[Occurrence]:
    """Incidents at few places within a few hours, some of which last."""
    starts = draw(st.lists(st.integers(0, 8000), max_size=60))
    return [
        Occurrence(
            id=f"{n}",
            kind=draw(st.sampled_from(("stopped_vehicle", "wrong_way"))),
            place=draw(st.sampled_from("abc")),
            start_s=float(start),
            end_s=draw(st.sampled_from((start + 5.0, start + 700.0, inf))),
        )
        for n, start in enumerate(starts)
    ]


def outages(*starts: float) -> list[Occurrence]:
    return [Occurrence(id=f"cam-{n}", kind="link", place=f"site-{n % 4}", start_s=at) for n, at in enumerate(starts)]


def ids(alarms: Sequence[Alarm]) -> list[list[str]]:
    return [[member.id for member in alarm.members] for alarm in alarms]


def test_a_power_cut_of_twenty_cameras_is_one_alarm_with_twenty_members() -> None:
    alarms = join_outages(outages(*(n * 1.5 for n in range(20)), 400.0))
    assert [(alarm.grouping, len(alarm.members)) for alarm in alarms] == [(Grouping.TOGETHER, 20), (Grouping.SINGLE, 1)]


def test_outages_that_begin_apart_are_alarms_of_their_own() -> None:
    alarms = join_outages(outages(0, TOGETHER_WITHIN_S, 2 * TOGETHER_WITHIN_S + 1))
    assert ids(alarms) == [["cam-0", "cam-1"], ["cam-2"]]


@pytest.mark.parametrize(
    ("second", "joined"),
    [
        ({"start_s": 100.0 + REPEATED_WITHIN_S}, True),
        ({"start_s": 101.0 + REPEATED_WITHIN_S}, False),
        ({"start_s": 50.0}, True),
        ({"start_s": 50.0, "kind": "wrong_way"}, False),
        ({"start_s": 50.0, "place": "b"}, False),
    ],
)
def test_a_repetition_joins_by_kind_place_and_time_since_the_end(second: dict[str, float], joined: bool) -> None:
    first = {"kind": "stopped_vehicle", "place": "a"}
    alarms = join_repeated(
        [Occurrence(id="1", start_s=0.0, end_s=100.0, **first), Occurrence(id="2", **{**first, **second})]  # type: ignore[arg-type]
    )
    assert ids(alarms) == ([["1", "2"]] if joined else [["1"], ["2"]])


@pytest.mark.parametrize(("second_s", "joined"), [(LASTS_S, True), (LASTS_S + REPEATED_WITHIN_S + 1, False)])
def test_an_incident_without_an_end_takes_repetitions_for_an_hour(second_s: float, joined: bool) -> None:
    place = {"kind": "congestion", "place": "a"}
    alarms = join_repeated([Occurrence(id="1", start_s=0.0, **place), Occurrence(id="2", start_s=second_s, **place)])
    assert ids(alarms) == ([["1", "2"]] if joined else [["1"], ["2"]])


def test_an_incident_that_lasts_longer_than_its_repetition_still_takes_the_next() -> None:
    place = {"kind": "congestion", "place": "a"}
    times = ((0.0, 5000.0), (100.0, 110.0), (5500.0, 5501.0))
    alarms = join_repeated(Occurrence(id=f"{begin}", start_s=begin, end_s=end, **place) for begin, end in times)
    assert [len(alarm.members) for alarm in alarms] == [3]


def test_the_tenth_alarm_within_ten_minutes_makes_one_flood_of_all_until_few_come() -> None:
    starts = [*(n * 30.0 for n in range(12)), 2000.0]
    alarms = [Alarm(Grouping.SINGLE, (outage,)) for outage in outages(*starts)]
    assert len(join_floods(alarms[: FLOOD_BEGINS - 1])) == FLOOD_BEGINS - 1
    flood, after = join_floods(alarms)
    assert (flood.grouping, len(flood.members), after.grouping) == (Grouping.FLOOD, 12, Grouping.SINGLE)


@pytest.mark.parametrize("join", [join_repeated, join_outages])
@given(given_occurrences=occurrences(), order=st.randoms())
def test_each_occurrence_is_in_one_alarm_in_any_order_of_arrival(
    join: Callable[[Sequence[Occurrence]], list[Alarm]], given_occurrences: list[Occurrence], order: object
) -> None:
    for alarms in (join(given_occurrences), join_floods(join(given_occurrences))):
        assert sorted(member for alarm in alarms for member in alarm.members) == sorted(given_occurrences)
        assert [alarm.start_s for alarm in alarms] == sorted(alarm.start_s for alarm in alarms)
        assert all((alarm.grouping is Grouping.SINGLE) == (len(alarm.members) == 1) for alarm in alarms)
    shuffled = list(given_occurrences)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert join_floods(join(shuffled)) == join_floods(join(given_occurrences))


@given(occurrences())
def test_no_flood_is_left_and_none_is_made_up(given_occurrences: list[Occurrence]) -> None:
    before = [Alarm(Grouping.SINGLE, (occurrence,)) for occurrence in given_occurrences]
    after = join_floods(before)
    assert densest([alarm for alarm in after if alarm.grouping is not Grouping.FLOOD]) < FLOOD_BEGINS
    if densest(before) < FLOOD_BEGINS:
        assert sorted(after, key=lambda alarm: alarm.members) == sorted(before, key=lambda alarm: alarm.members)


def densest(alarms: Sequence[Alarm]) -> int:
    """Most alarms that begin within one flood period."""
    starts = [alarm.start_s for alarm in alarms]
    return max((sum(0 <= other - start < FLOOD_PERIOD_S for other in starts) for start in starts), default=0)
