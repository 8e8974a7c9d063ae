"""Turning movements at a junction of four arms, on which road users keep to the right."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.camera import Gate
from analytics.facts import Crossing, Direction, Trip
from analytics.geometry.junction_arms import gate_arms
from analytics.road_users import RoadUser
from analytics.turning.turning_counts import TurningMovementEstimator, round_preserving_total

ENTRIES = {"N": (-3, 15), "S": (3, -15), "W": (-15, -3), "E": (15, 3)}
EXITS = {"N": (3, 15), "S": (-3, -15), "W": (-15, 3), "E": (15, -3)}
CELLS = [(a, b) for a, b in product("NSWE", repeat=2) if a != b]


def gate(name, role, position):
    across = (3, 0) if name in "NS" else (0, 3)
    p1, p2 = np.subtract(position, across), np.add(position, across)
    return Gate(id=f"{name}_{role}", p1=tuple(p1.tolist()), p2=tuple(p2.tolist()), role=role, arm=name)


GATES = [
    gate(name, role, positions[name]) for role, positions in (("entry", ENTRIES), ("exit", EXITS)) for name in "NSWE"
]
ARMS = gate_arms(GATES)


@dataclass(frozen=True)
class Seen:
    """One track: its crossings and its trip."""

    path: tuple[Crossing, ...]
    trip: Trip


def drive(track, cell, *, t=0.0, start=0.0, end=1.0, road_user=RoadUser.CAR):
    """A road user at 8 m/s, detected between two shares of its path."""
    a, b = np.array(ENTRIES[cell[0]], float), np.array(EXITS[cell[1]], float)
    turn = np.array([a[0], b[1]]) if cell[0] in "NS" else np.array([b[0], a[1]])
    straight = {"N": "S", "S": "N", "W": "E", "E": "W"}[cell[0]] == cell[1]
    turn = (a + b) / 2 if straight else turn
    share = np.linspace(0, 1, 36)
    positions = ((1 - share) ** 2)[:, None] * a + (2 * share * (1 - share))[:, None] * turn + (share**2)[:, None] * b
    driven = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(positions, axis=0), axis=1))])
    seen = (share >= start) & (share <= end)
    times = t + driven / 8
    path = []
    if start == 0:
        path.append(crossing(track, f"{cell[0]}_entry", times[0], road_user, inward=True))
    if end == 1:
        path.append(crossing(track, f"{cell[1]}_exit", times[-1], road_user, inward=False))
    trip = Trip(
        track=track,
        road_user=road_user,
        times=tuple(times[seen].tolist()),
        positions=tuple(map(tuple, positions[seen].tolist())),
        arrived=True,
        departed=True,
    )
    return Seen(tuple(path), trip)


def crossing(track, gate_id, t, road_user, *, inward):
    into = ARMS[gate_id].inward
    return Crossing(t=t, gate=gate_id, direction=into if inward else other(into), road_user=road_user, track=track)


def other(direction):
    return Direction.B if direction is Direction.A else Direction.A


def movements(tracks):
    counted = TurningMovementEstimator(GATES)
    for seen in tracks:
        counted.add(seen.path, seen.trip)
    return counted.movements()


def matrix(found):
    cells = Counter()
    for movement in found:
        cells[movement.origin, movement.destination] += movement.observed + movement.estimated
    return {cell: n for cell, n in cells.items() if n}


def known(each=3):
    """Complete trips of every movement, as reference paths."""
    return [drive(1000 + k, cell, t=-100.0 * k) for k, cell in enumerate(CELLS * each)]


@pytest.mark.parametrize(
    ("name", "fragments", "cell"),
    [
        ("lost in a turn and detected again", [{"end": 0.4}, {"start": 0.6}], ("W", "N")),
        ("lost before it leaves", [{"end": 0.7}], ("E", "S")),
        ("first detected well behind the entry", [{"start": 0.3}], ("S", "W")),
    ],
)
def test_matching_fragments_are_one_movement(name, fragments, cell):
    extra = [drive(k, cell, t=500, **fragment) for k, fragment in enumerate(fragments)]
    found = movements([*known(), *extra])
    assert matrix(found) == {c: 4 if c == cell else 3 for c in CELLS}, name
    assert {(m.origin, m.destination): m.estimated for m in found if m.estimated} == {cell: 1}


def test_fragments_too_far_apart_or_of_another_class_group_are_two_road_users():
    late = [drive(1, ("W", "N"), t=500, end=0.4), drive(2, ("W", "N"), t=540, start=0.6)]
    unlike = [late[0], drive(2, ("W", "N"), t=500, start=0.6, road_user=RoadUser.MOTORCYCLE)]
    assert matrix(movements([*known(), *late]))["W", "N"] == 5
    assert matrix(movements([*known(), *unlike]))["W", "N"] == 5


def test_fragments_at_the_edge_of_observation_are_left_out():
    early, late = drive(1, ("W", "E"), t=500, start=0.3), drive(2, ("N", "S"), t=900, end=0.5)
    early = Seen(early.path, replace(early.trip, arrived=False))
    late = Seen(late.path, replace(late.trip, departed=False))
    assert matrix(movements([*known(), early, late])) == dict.fromkeys(CELLS, 3)


def test_a_fragment_at_the_stop_line_is_shared_by_observed_movements():
    went = [*[("N", "S")] * 6, *[("N", "W")] * 3, ("N", "E")]
    whole = [drive(k, cell, t=-100.0 * k) for k, cell in enumerate(went)]
    waiting = [drive(100 + k, ("N", "S"), t=1000.0 * k, end=0.03) for k in range(10)]
    assert matrix(movements([*whole, *waiting])) == {("N", "S"): 12, ("N", "W"): 6, ("N", "E"): 2}


def test_nothing_is_estimated_without_a_reference_path():
    assert movements([drive(1, ("W", "N"), end=0.4)]) == []
    assert matrix(movements([drive(1, ("W", "E")), drive(2, ("W", "N"), t=900, end=0.9)])) == {("W", "E"): 1}


cells = st.sampled_from(CELLS)
spans = st.one_of(
    st.just((0.0, 1.0)), st.floats(0.1, 0.9).map(lambda end: (0.0, end)), st.floats(0.1, 0.9).map(lambda at: (at, 1.0))
)
traffic = st.lists(st.tuples(cells, spans, st.floats(0, 600)), max_size=25)


def tracks_of(rows):
    return [drive(k, cell, t=t, start=start, end=end) for k, (cell, (start, end), t) in enumerate(rows)]


def reversed_in_time(seen):
    path = [
        replace(c, t=-c.t, direction=other(c.direction), gate=c.gate) for c in sorted(seen.path, key=lambda c: -c.t)
    ]
    trip = seen.trip
    turned = replace(trip, times=tuple(-t for t in trip.times[::-1]), positions=trip.positions[::-1])
    return Seen(tuple(path), turned)


@settings(deadline=None, max_examples=40)
@given(traffic)
def test_totals_are_preserved_and_not_negative(rows):
    found = movements([*known(), *tracks_of(rows)])
    whole = Counter(cell for cell, span, _ in rows if span == (0.0, 1.0))
    fragments = len(rows) - whole.total()
    assert Counter({(m.origin, m.destination): m.observed for m in found}) == whole + Counter(dict.fromkeys(CELLS, 3))
    assert all(m.estimated >= 0 for m in found)
    assert fragments / 2 - 6 <= sum(m.estimated for m in found) <= fragments + 6


@settings(deadline=None, max_examples=40)
@given(traffic)
def test_each_row_sums_to_its_entries(rows):
    rows = [(cell, (0.0, span[1] if span[1] < 1 else 1.0), t) for cell, span, t in rows]
    cells_found = matrix(movements([*known(), *tracks_of(rows)]))
    for origin in "NSWE":
        entered = 9 + sum(cell[0] == origin for cell, _, _ in rows)
        assert abs(sum(n for (o, _), n in cells_found.items() if o == origin) - entered) <= 1.5


@settings(deadline=None, max_examples=40)
@given(traffic)
def test_reversed_in_time_the_matrix_is_transposed(rows):
    forward = [*known(), *tracks_of(rows)]
    there, back = matrix(movements(forward)), matrix(movements([reversed_in_time(seen) for seen in forward]))
    assert all(abs(n - back.get((d, o), 0)) <= 1 for (o, d), n in there.items())
    assert sum(there.values()) == pytest.approx(sum(back.values()), abs=2)


parts = st.dictionaries(
    st.tuples(st.sampled_from("NS"), st.sampled_from("WE"), st.sampled_from(list(RoadUser))), st.floats(0, 50)
)


@given(parts)
def test_rounded_classes_add_up_to_the_rounded_movement(totals):
    rounded = round_preserving_total(totals)
    assert all(abs(rounded.get(key, 0) - total) < 1 for key, total in totals.items())
    for cell in {key[:2] for key in totals}:
        exact = sum(total for key, total in totals.items() if key[:2] == cell)
        assert sum(n for key, n in rounded.items() if key[:2] == cell) == round(exact)
