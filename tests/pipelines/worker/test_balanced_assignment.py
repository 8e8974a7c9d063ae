"""Assignment of cameras to workers: even in cost, few moves, and nothing moves without need."""

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.worker.balanced_assignment import TOLERANCE, assign


def drawn_costs(seed: int, cameras: int) -> dict[int, float]:
    random = Random(seed)
    return {item: random.uniform(0.5, 1.5) for item in random.sample(range(400), cameras)}


SMALL_COSTS = st.builds(drawn_costs, st.integers(0, 2**32), st.integers(60, 200))
"""Costs of many cameras of a similar kind, so that an even assignment exists. [test data]"""
ANY_COSTS = st.dictionaries(st.integers(0, 400), st.floats(0, 100), max_size=40)
WORKERS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True)


def loads(costs: Mapping[int, float], assignment: Mapping[int, str], workers: list[str]) -> list[float]:
    return [sum(costs[item] for item, owner in assignment.items() if owner == worker) for worker in workers]


def imbalance(costs: Mapping[int, float], assignment: Mapping[int, str], workers: list[str]) -> float:
    found = loads(costs, assignment, workers)
    return (max(found) - min(found)) / (sum(found) / len(found))


@settings(max_examples=40, deadline=None)
@given(ANY_COSTS, st.dictionaries(st.integers(0, 400), st.sampled_from("abcdefghz")), WORKERS)
def test_every_item_has_one_of_the_workers_and_a_second_call_moves_nothing(
    costs: dict[int, float], owners: dict[int, str], workers: list[str]
) -> None:
    first = assign(costs, owners, workers)
    assert set(first) == set(costs) and set(first.values()) <= set(workers)
    assert assign(costs, first, workers) == first
    assert assign(costs, owners, workers[::-1]) == first


@settings(max_examples=40, deadline=None)
@given(SMALL_COSTS, WORKERS)
def test_loads_are_even_where_the_costs_permit_it(costs: dict[int, float], workers: list[str]) -> None:
    assert imbalance(costs, assign(costs, {}, workers), workers) <= TOLERANCE


@settings(max_examples=40, deadline=None)
@given(SMALL_COSTS, WORKERS)
def test_after_the_end_of_a_worker_only_its_items_move(costs: dict[int, float], workers: list[str]) -> None:
    before = assign(costs, {}, [*workers, "z"])
    after = assign(costs, before, workers)
    moved = {item for item in costs if after[item] != before[item]}
    assert imbalance(costs, after, workers) <= TOLERANCE
    assert len([item for item in moved if before[item] != "z"]) <= 1


@settings(max_examples=40, deadline=None)
@given(SMALL_COSTS, WORKERS)
def test_a_new_worker_takes_what_it_needs_and_at_most_one_other_item_moves(
    costs: dict[int, float], workers: list[str]
) -> None:
    before = assign(costs, {}, workers)
    joined = [*workers, "z"]
    after = assign(costs, before, joined)
    moved = {item for item in costs if after[item] != before[item]}
    assert imbalance(costs, after, joined) <= TOLERANCE
    assert len([item for item in moved if after[item] != "z"]) <= 1
    # No more than its share: without any one of what it took, the loads were uneven or it had less than the others.
    taken = sorted(costs[item] for item in moved if after[item] == "z")
    assert sum(taken) - taken[0] < (1 + TOLERANCE) * sum(costs.values()) / len(joined)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 20))
def test_equal_items_are_dealt_out_evenly_and_a_returning_worker_moves_the_fewest(workers: int, each: int) -> None:
    names = [f"w{number}" for number in range(workers)]
    costs = dict.fromkeys(range(each * workers * (workers + 1)), 1.0)
    before = assign(costs, {}, names)
    assert loads(costs, before, names) == [each * (workers + 1)] * workers
    after = assign(costs, before, [*names, "back"])
    moves = sum(after[item] != before[item] for item in costs)
    assert moves <= each * workers
    assert imbalance(costs, after, [*names, "back"]) <= TOLERANCE


@pytest.mark.parametrize(
    ("costs", "owners", "workers", "expected"),
    [
        ({}, {}, ["a"], {}),
        ({1: 1.0}, {1: "a"}, [], {}),
        ({1: 1.0}, {}, ["a", "b"], {1: "a"}),
        ({1: 10.0, 2: 1.0}, {1: "a", 2: "a"}, ["a", "b"], {1: "a", 2: "b"}),  # a camera cannot be split
        ({1: 0.0, 2: 0.0, 3: 0.0, 4: 0.0}, {}, ["a", "b"], {1: "a", 2: "b", 3: "a", 4: "b"}),  # by number
        (
            {1: 5.0, 2: 4.0, 3: 3.0, 4: 2.0},
            {1: "a", 2: "a", 3: "b", 4: "b"},
            ["a", "b"],
            {1: "b", 2: "a", 3: "a", 4: "b"},
        ),
    ],
)
def test_small_cases(
    costs: dict[int, float], owners: dict[int, str], workers: list[str], expected: dict[int, str]
) -> None:
    assert assign(costs, owners, workers) == expected
