"""The checker finds each kind of error, and accepts what is marked."""

import pytest

from tests.faults.checker import Checker, Findings
from tests.faults.history_run import Incidence, Record
from tests.faults.kinds import Kind
from tests.faults.road import TrueCrossing
from tests.faults.rows import Period, Rows, StoredCrossing, StoredHealth
from tests.faults.schedule import Fault

TIMES = [4.0 + 8 * n for n in range(12)]
"""Times of the crossings in a history of 100 s. [test data]"""
TRUTH = [TrueCrossing(at, "north", "A") for at in TIMES]


def stored(*missing: float) -> list[StoredCrossing]:
    return [StoredCrossing(at + 0.1, "north", "A") for at in TIMES if at not in missing]


def periods(*gaps: tuple[float, float]) -> list[Period]:
    """Ten periods of ten seconds. gaps: start of a period, and its seconds that were not observed."""
    missing = dict(gaps)
    return [Period(t, t + 10.0, "north", 10.0 - missing.get(t, 0.0)) for t in map(float, range(0, 100, 10))]


def fault(kind: Kind, began_at: float, ended_at: float, camera: str = "north") -> Incidence:
    return Incidence(Fault(began_at, camera, kind, ended_at - began_at, 0.0, 1), began_at, ended_at, (camera,))


def check(
    crossings: list[StoredCrossing],
    observed: list[Period],
    *faults: Incidence,
    minutes: list[Period] | None = None,
    health: list[StoredHealth] | None = None,
    gaps: list[Period] | None = None,
) -> Findings:
    """gaps: rows of the first minute, once it was assessed."""
    record = Record(0.0, 100.0, list(faults))
    assessed_until = 0.0 if gaps is None else 60.0
    rows = Rows(crossings, observed, minutes or [], gaps or [], assessed_until, health or [])
    return Checker(record, TRUTH, rows).check()


def test_all_is_well() -> None:
    found = check(stored(), periods())
    assert (found.failures, found.stored, found.neighbour_frames_lost) == ([], 12, 0)


def test_a_crossing_that_was_seen_and_is_not_stored_is_lost() -> None:
    assert [finding.at for finding in check(stored(44.0), periods()).lost] == [44.0]


def test_a_crossing_whose_time_is_marked_as_not_observed_is_not_lost() -> None:
    found = check(stored(44.0), periods((40.0, 5.0)), fault(Kind.CUT, 42.0, 47.0))
    assert (found.failures, found.marked) == ([], 1)


def test_an_unobserved_time_needs_a_row_of_gaps_once_its_minute_is_assessed() -> None:
    crossings, observed, cut = stored(44.0), periods((40.0, 5.0)), fault(Kind.CUT, 42.0, 47.0)
    found = check(crossings, observed, cut, gaps=[])
    assert ([finding.at for finding in found.unmarked_gaps], found.marked) == ([44.0, 0.0], 0)
    found = check(crossings, observed, cut, gaps=[Period(0.0, 60.0, "north", 55.0)])
    assert (found.failures, found.marked) == ([], 1)


def test_a_row_of_gaps_without_unobserved_time_is_an_error() -> None:
    found = check(stored(), periods(), gaps=[Period(0.0, 60.0, "north", 55.0)])
    assert [finding.at for finding in found.failures] == [0.0]


def test_a_crossing_without_any_row_of_its_time_is_marked() -> None:
    observed = [period for period in periods() if period.start != 40.0]
    assert check(stored(44.0), observed, fault(Kind.WORKER_KILLED, 47.0, 47.0)).failures == []


def test_a_crossing_that_is_missing_in_a_fault_without_a_mark_is_an_unmarked_gap() -> None:
    found = check(stored(44.0), periods(), fault(Kind.TRUNCATED, 42.0, 47.0))
    assert (len(found.unmarked_gaps), found.lost) == (1, [])


def test_a_fault_shorter_than_what_counts_as_observed_is_a_blink() -> None:
    found = check(stored(44.0), periods(), fault(Kind.STALL, 43.5, 45.0))
    assert (found.failures, found.blinks) == ([], 1)


def test_a_fault_of_another_part_excuses_nothing() -> None:
    assert len(check(stored(44.0), periods(), fault(Kind.BROKER_CUT, 42.0, 47.0)).lost) == 1
    assert len(check(stored(44.0), periods(), fault(Kind.CUT, 42.0, 47.0, camera="south")).lost) == 1


@pytest.mark.parametrize("rows", [periods, lambda: [Period(0.0, 60.0, "north", 60.0)]])
def test_dark_time_that_counts_as_observed_is_an_unmarked_gap(rows) -> None:
    found = check(stored(), periods((40.0, 8.0)), fault(Kind.CUT, 41.0, 49.0), minutes=rows()[:1])
    assert len(found.unmarked_gaps) == (rows is not periods)
    assert len(check(stored(), periods(), fault(Kind.CUT, 41.0, 49.0)).unmarked_gaps) == 1


def test_a_row_beside_that_of_the_same_crossing_is_doubled() -> None:
    twice = [*stored(), StoredCrossing(44.3, "north", "A")]
    assert [finding.at for finding in check(sorted(twice), periods()).doubled] == [44.3]


def test_a_row_without_a_crossing_is_invented_and_a_late_one_is_mistimed() -> None:
    rows = sorted([*stored(44.0), StoredCrossing(46.0, "north", "A"), StoredCrossing(55.9, "north", "A")])
    found = check(rows, periods())
    assert [finding.at for finding in found.mistimed] == [46.0]
    assert [
        finding.at for finding in check(sorted([*stored(), StoredCrossing(50.0, "south", "A")]), periods()).lost
    ] == []


def test_unobserved_time_of_a_camera_without_a_fault_is_a_neighbour_s_loss() -> None:
    assert check(stored(), periods((70.0, 2.0))).neighbour_frames_lost == pytest.approx(11.0)
    assert check(stored(), periods((70.0, 2.0)), fault(Kind.CUT, 71.0, 73.0)).neighbour_frames_lost == 0


def test_a_frozen_picture_counts_from_its_first_repetition_on() -> None:
    frozen = fault(Kind.FROZEN, 40.5, 50.0)
    assert check(stored(44.0), periods((40.0, 8.0)), frozen).failures == []
    assert len(check(stored(), periods((40.0, 3.0)), frozen).unmarked_gaps) == 1  # since it was suspected
    assert check(stored(), periods(), fault(Kind.FROZEN, 40.5, 45.0)).failures == []


def test_recovery_is_the_time_until_a_camera_is_healthy() -> None:
    reports = [(10.0, "online"), (21.0, "offline"), (28.0, "online"), (33.0, "online")]
    health = [StoredHealth(at, "north", status, 5.0, 1.0) for at, status in reports]
    found = check(stored(), periods(), fault(Kind.CUT, 20.0, 25.0), health=health)
    assert found.recovery_s == {Kind.CUT: [3.0]}


def test_a_report_at_the_first_frame_is_a_recovery_and_one_of_some_seconds_without_a_frame_is_none() -> None:
    def recovery_s(*reports: tuple[float, str, float]) -> list[float]:
        health = [StoredHealth(at, "north", status, fps, 1.0) for at, status, fps in reports]
        return check(stored(), periods(), fault(Kind.CUT, 20.0, 25.0), health=health).recovery_s.get(Kind.CUT, [])

    assert recovery_s((21.0, "offline", 5.0), (26.0, "offline", 0.0), (28.0, "online", 0.0), (33.0, "online", 5.0)) == [
        3
    ]
    assert recovery_s((21.0, "offline", 5.0), (26.0, "online", 0.0), (31.0, "online", 5.0)) == [6]


def test_a_recovery_that_no_report_shows_before_the_next_fault_is_unknown() -> None:
    killed, cut = fault(Kind.WORKER_KILLED, 20.0, 20.0), fault(Kind.CUT, 23.0, 25.0)
    health = [StoredHealth(at, "north", "online", 5.0, 1.0) for at in (15.0, 30.0)]
    assert check(stored(), periods(), killed, cut, health=health).recovery_s == {Kind.CUT: [0.0]}


def test_a_camera_that_does_not_recover_is_stuck() -> None:
    health = [StoredHealth(at, "north", "offline", None, None) for at in (21.0, 60.0, 95.0)]
    assert len(check(stored(), periods(), fault(Kind.CUT, 20.0, 25.0), health=health).stuck) == 1
