"""Histories of faults: the same for a seed, one fault of a target at a time, and parts of them."""

from itertools import pairwise

from tests.faults.kinds import Kind
from tests.faults.schedule import FIRST_S, Fault, history, only
from tests.faults.shrink import shortest

CAMERAS, WORKERS = ("cam-01", "cam-02", "cam-03"), ("worker-1",)


def test_a_seed_gives_one_history() -> None:
    assert history(7, 80, CAMERAS, WORKERS) == history(7, 80, CAMERAS, WORKERS)
    assert history(7, 80, CAMERAS, WORKERS) != history(8, 80, CAMERAS, WORKERS)
    assert history(7, 80, CAMERAS, WORKERS)[:30] == history(7, 30, CAMERAS, WORKERS)


def test_a_long_history_has_every_kind() -> None:
    assert {fault.kind for fault in history(1, 2000, CAMERAS, WORKERS)} == set(Kind)


def test_faults_of_one_target_do_not_overlap() -> None:
    for target in (*CAMERAS, *WORKERS, "store", "broker", "database"):
        own = [fault for fault in history(3, 300, CAMERAS, WORKERS) if fault.target == target]
        assert all(later.start_s > earlier.end_s for earlier, later in pairwise(own)), target


def test_a_part_of_a_history_keeps_its_distances() -> None:
    everything = history(3, 60, CAMERAS, WORKERS)
    part = only(everything, {20, 31})
    assert [fault.number for fault in part] == [20, 31]
    assert part[0].start_s == FIRST_S
    assert part[1].start_s - part[0].start_s == everything[30].start_s - everything[19].start_s


def test_the_shortest_form_is_found() -> None:
    faults = [Fault(float(n), "store", Kind.STORE_KILLED, 0.0, 0.0, n) for n in range(12)]
    kept = shortest(faults, lambda some: {2, 5} <= {fault.number for fault in some}, tries=60)
    assert [fault.number for fault in kept] == [2, 5]


def test_a_failure_that_does_not_repeat_keeps_all_its_faults() -> None:
    faults = [Fault(float(n), "store", Kind.STORE_KILLED, 0.0, 0.0, n) for n in range(4)]
    assert shortest(faults, lambda some: False, tries=10) == faults
