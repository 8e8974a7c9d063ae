"""Which way is in, and where the gates of an arm meet."""

from analytics.camera import Gate
from analytics.facts import Direction
from analytics.geometry.junction_arms import gate_arms

WEST_IN = Gate(id="wi", p1=(10, 60), p2=(10, 50), role="entry", arm="W")
WEST_OUT = Gate(id="wo", p1=(10, 40), p2=(10, 50), role="exit", arm="W")
EAST_IN = Gate(id="ei", p1=(90, 50), p2=(90, 40), role="entry", arm="E")


def test_inward_is_towards_the_other_arms():
    found = gate_arms([WEST_IN, WEST_OUT, EAST_IN])
    assert [(a.name, a.inward) for a in found.values()] == [("W", Direction.A), ("W", Direction.B), ("E", Direction.B)]
    assert [a.proper for a in found.values()] == [Direction.A, Direction.A, Direction.B]


def test_the_gates_of_an_arm_meet_at_their_near_ends():
    found = gate_arms([WEST_IN, WEST_OUT, EAST_IN])
    assert [a.median_at_p2 for a in found.values()] == [True, True, None]


def test_a_gate_without_a_named_arm_is_an_arm_of_its_own():
    unnamed = [Gate(id=g.id, p1=g.p1, p2=g.p2, role=g.role) for g in (WEST_IN, EAST_IN)]
    assert [a.name for a in gate_arms(unnamed).values()] == ["wi", "ei"]


def test_one_arm_or_gates_without_role_are_no_junction():
    assert gate_arms([WEST_IN, WEST_OUT]) == {}
    assert gate_arms([Gate(id="a", p1=(0, 0), p2=(1, 0)), Gate(id="b", p1=(0, 5), p2=(1, 5))]) == {}
