"""Assignment of a group: what moves is given away before it is taken, and costs outlive their worker."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription

from pipelines.events.registered_camera import CAMERA_TOPIC
from pipelines.worker.cost_assignor import CostAssignor, Costs, MemberState, PartitionCost, shared

PARTITIONS = range(16)


def state(held: set[int], generation: int = 1, **known: float) -> MemberState:
    """A member. known: `p3=0.5` is a camera of that cost in partition 3."""
    costs = {int(name[1:]): PartitionCost(cost, measured=1) for name, cost in known.items()}
    return MemberState(frozenset(held), generation, costs)


def rounds(states: dict[str, MemberState]) -> list[dict[str, set[int]]]:
    """Assignments until nothing changes; each member joins the next with what it was assigned."""
    found: list[dict[str, set[int]]] = []
    for generation in range(2, 8):
        shares, _ = shared(PARTITIONS, states)
        if found and shares == found[-1]:
            return found
        found.append(shares)
        states = {name: MemberState(frozenset(shares[name]), generation, states[name].costs) for name in states}
    raise AssertionError(f"not settled: {found}")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=16, max_size=16), st.lists(st.floats(0.1, 2), min_size=16)
)
def test_no_partition_has_two_members_at_any_time_and_in_the_end_each_has_one(
    holders: list[str], costs: list[float]
) -> None:
    known = {number: PartitionCost(costs[number], measured=1) for number in PARTITIONS}
    states = {
        name: MemberState(frozenset(n for n in PARTITIONS if holders[n] == name), 1, known) for name in ("a", "b", "c")
    }
    before = {name: set(member.held) for name, member in states.items()}
    for shares in rounds(states):
        for name, partitions in shares.items():
            for other in before.keys() - {name}:
                assert not partitions & before[other]  # nothing is taken that another member held until now
        before = shares
    assert sorted(n for partitions in before.values() for n in partitions) == list(PARTITIONS)


def test_a_member_that_returns_with_an_outdated_claim_does_not_interrupt_the_present_one() -> None:
    returned = state({0}, generation=3, p0=1.0)
    assert shared([0], {"new": state({0}, generation=5, p0=1.0), "old": returned})[0] == {"new": {0}, "old": set()}
    # Where one should move to it, the present one stops first.
    present = state({0, 1}, generation=5, p0=1.0, p1=1.0)
    assert shared([0, 1], {"new": present, "old": returned})[0] == {"new": {1}, "old": set()}


def test_the_costs_of_a_dead_worker_are_known_to_the_others_and_its_own_measurement_counts_most() -> None:
    heard = {5: PartitionCost(9.0, measured=1), 6: PartitionCost(4.0, measured=1)}
    states = {
        "a": MemberState(frozenset({5}), 1, {5: PartitionCost(1.0, measured=1)}),
        "b": MemberState(frozenset({7}), 1, {**heard, 7: PartitionCost(2.0, measured=1)}),
    }
    shares, known = shared(PARTITIONS, states)
    assert {number: cost.cost for number, cost in known.items()} == {5: 1.0, 6: 4.0, 7: 2.0}
    assert 6 in shares["a"]  # of a worker that is gone: to the one with less load


def test_a_member_that_starts_keeps_what_it_holds_and_gets_nothing_new() -> None:
    starting = MemberState(frozenset({0}), 1, {0: PartitionCost(1.0, measured=1)}, ready=False)
    shares, _ = shared(range(4), {"a": state({1, 2}, p1=1.0, p2=1.0), "b": starting})
    assert shares == {"a": {1, 2, 3}, "b": {0}}
    uneven = {"a": state({1, 2}, p1=1.0, p2=1.0), "b": starting, "c": MemberState()}
    assert shared(range(3), uneven)[0] == {"a": {1, 2}, "b": {0}, "c": set()}  # it moves once b is ready
    assert shared(range(4), {"b": MemberState(ready=False)})[0] == {"b": set()}
    assert MemberState.from_bytes(starting.to_bytes()) == starting


def test_cameras_without_a_measured_cost_count_as_the_usual_one() -> None:
    costs: Costs = {0: PartitionCost(3.0, measured=1), 1: PartitionCost(0.0, unmeasured=1), 2: PartitionCost(3.0, 1)}
    shares, _ = shared(range(4), {"a": MemberState(frozenset({0, 1, 2, 3}), 1, costs), "b": MemberState()})
    moved = {0, 1, 2} - shares["a"]
    assert len(moved) == 1


def member(assignor: CostAssignor, name: str) -> Any:
    metadata = ConsumerProtocolSubscription.decode(assignor.metadata({CAMERA_TOPIC}).encode())
    return SimpleNamespace(member_id=f"{name}-1", group_instance_id=name, metadata=metadata)


def test_state_and_costs_travel_in_the_protocol_of_kafka() -> None:
    received: list[tuple[frozenset[int], int, Costs]] = []
    first = CostAssignor(lambda: state({0, 1}, p0=1.0, p1=1.5), lambda *assigned: received.append(assigned))
    second = CostAssignor(lambda: state(set()), lambda *assigned: None)
    cluster = SimpleNamespace(partitions_for_topic=lambda topic: set(range(2)))
    assigned = first.assign(cluster, [member(first, "a"), member(second, "b")])
    first.on_assignment(ConsumerProtocolAssignment.decode(assigned["a-1"].encode()), 7)
    ((held, generation, costs),) = received
    assert (held, generation) == (frozenset({1}), 7)
    assert costs == {0: PartitionCost(1.0, 1), 1: PartitionCost(1.5, 1)}
    assert ConsumerProtocolAssignment.decode(assigned["b-1"].encode()).partitions() == []  # in the next round


def test_a_leader_without_the_metadata_of_the_topic_leaves_what_is_held() -> None:
    leader = CostAssignor(lambda: state({0, 1}, p0=1.0), lambda *assigned: None)
    without = SimpleNamespace(partitions_for_topic=lambda topic: None)
    (assigned,) = leader.assign(without, [member(leader, "a")]).values()
    decoded = ConsumerProtocolAssignment.decode(assigned.encode())
    assert {each.partition for each in decoded.partitions()} == {0, 1}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"held": 3}', b"\xff"])
def test_a_member_of_another_version_holds_nothing(content: bytes) -> None:
    assert MemberState.from_bytes(content) == MemberState()
