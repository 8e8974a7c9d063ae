"""Matching against brute force over all one-to-one matchings, and in the cases that a greedy matching gets wrong."""

import importlib.util
import random
import time
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.facts import Crossing, Direction
from analytics.ground_truth import GroundTruthCrossing
from analytics.road_users import RoadUser
from analytics.scoring.matching import match_crossings, match_in_time

TOLERANCE_S = 1.5

item = st.tuples(st.integers(0, 48).map(lambda eighths: eighths / 8), st.sampled_from(["car", "bus"]))


def value(pairs, found, true):
    """What is maximised, in order of preference: pairs, pairs of one class, closeness in time."""
    return (
        len(pairs),
        sum(found[i][1] == true[j][1] for i, j in pairs),
        -sum(abs(found[i][0] - true[j][0]) for i, j in pairs),
    )


def best_by_brute_force(found, true):
    """The best value over every assignment of found items to true items or to nothing."""
    places = [*range(len(true)), *([None] * len(found))]
    return max(
        value(
            [(i, j) for i, j in enumerate(places) if j is not None and abs(found[i][0] - true[j][0]) <= TOLERANCE_S],
            found,
            true,
        )
        for places in set(permutations(places, len(found)))
    )


def match(found, true):
    return match_in_time(
        [t for t, _ in found], [t for t, _ in true], TOLERANCE_S, lambda i, j: found[i][1] == true[j][1]
    )


@given(st.lists(item, max_size=4), st.lists(item, max_size=4))
def test_no_other_matching_is_better(found, true):
    pairs = match(found, true)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(abs(found[i][0] - true[j][0]) <= TOLERANCE_S for i, j in pairs)
    assert value(pairs, found, true) == best_by_brute_force(found, true)


@given(st.lists(item, max_size=20), st.lists(item, max_size=20))
def test_the_value_does_not_depend_on_which_list_is_called_found(found, true):
    swapped = [(j, i) for i, j in match(true, found)]
    assert value(swapped, found, true) == value(match(found, true), found, true)


@pytest.mark.parametrize(
    ("found", "true", "pairs"),
    [
        ([(10.0, "bus"), (10.2, "car")], [(10.1, "car"), (10.3, "bus")], [(0, 1), (1, 0)]),
        ([(10.0, "car"), (11.4, "car")], [(8.6, "bus"), (10.1, "car")], [(0, 0), (1, 1)]),
        ([(10.0, "car"), (11.0, "car")], [(11.1, "car")], [(1, 0)]),
        ([(10.0, "car"), (11.0, "bus")], [(11.1, "car")], [(0, 0)]),
        ([(10.0, "car")], [(11.5, "car")], [(0, 0)]),
        ([(10.0, "car")], [(11.51, "car")], []),
        ([(12.0, "car"), (10.0, "car")], [(12.0, "car"), (10.0, "car")], [(0, 0), (1, 1)]),
    ],
    ids=[
        "classes decide between vehicles side by side",
        "more pairs before more right classes",
        "the nearest in time",
        "a right class before the nearest in time",
        "the tolerance itself is inside",
        "just beyond the tolerance",
        "any order of times",
    ],
)
def test_preferences(found, true, pairs):
    assert match(found, true) == pairs


def test_empty_lists_have_no_pairs():
    assert match([], []) == match([(1.0, "car")], []) == match([], [(1.0, "car")]) == []


def test_many_small_time_differences_do_not_outweigh_one_class():
    """Only if each of 300 cars is paired with the next in line, 1 s away, is the truck at the head left over."""
    found = [(float(k), "car") for k in range(300)]
    true = [(float(k), "car" if k else "truck") for k in range(301)]
    assert match(found, true) == [(k, k + 1) for k in range(300)]


def test_a_day_of_dense_traffic_takes_seconds():
    """A gate that 50,000 vehicles cross at random times, one a second on average."""
    rng = np.random.default_rng(5)
    times = rng.uniform(0, 50_000, 50_000)
    true = [(t, "car") for t in times.tolist()]
    found = [(t, "car") for t in (times + rng.normal(0, 0.3, len(times))).tolist()]
    start = time.perf_counter()
    assert len(match(found, true)) > 49_900
    assert time.perf_counter() - start < 20, "1 s on one core of the development machine"


def test_pairs_are_as_good_as_those_of_the_reference_scorer(shared_dir):
    spec = importlib.util.spec_from_file_location("score", shared_dir / "tools" / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    for seed in range(100):
        rng = random.Random(seed)
        true = sorted((rng.uniform(0, 60), rng.choice(["car", "bus"])) for _ in range(40))
        found = sorted((t + rng.gauss(0, 0.8), kind) for t, kind in true if rng.random() < 0.85)
        number_of = [[(t, {"class": kind, "number": k}) for k, (t, kind) in enumerate(rows)] for rows in (found, true)]
        reference = [(f["number"], t["number"]) for f, t in score.match_times(*number_of, TOLERANCE_S)]
        ours = value(match(found, true), found, true)
        assert ours == pytest.approx(value(reference, found, true), abs=1e-6)


def test_crossings_match_only_within_a_gate_and_a_direction():
    def found(gate, direction):
        return Crossing(t=10.0, gate=gate, direction=direction, road_user=RoadUser.CAR, track=1)

    true = GroundTruthCrossing(
        t=10.5, gate="g", direction=Direction.A, road_user=RoadUser.BUS, alternative=RoadUser.CAR
    )
    same = found("g", Direction.A)
    others = [found("h", Direction.A), found("g", Direction.B)]
    assert match_crossings([*others, same], [true], TOLERANCE_S) == [(same, true)]
