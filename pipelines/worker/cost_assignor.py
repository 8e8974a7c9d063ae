"""Assignor of a consumer group that shares cameras by measured cost, with the fewest moves.

Each member joins with what it holds and the costs that it knows. The leader sends all known costs back with the
assignment, so that the costs of a worker that dies are known to the others. See docs/adr/0178.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor, RebalanceProtocol
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription

from pipelines.events.registered_camera import CAMERA_TOPIC
from pipelines.worker.balanced_assignment import assign

VERSION = 1
"""Version of the consumer protocol, with the partitions that a member holds. [Apache Kafka, KIP-429]"""

UNKNOWN = 1.0
"""Cost of a camera while that of none is known. [convention: then the numbers of cameras are balanced]"""


@dataclass(frozen=True, slots=True)
class PartitionCost:
    """What is known of the cameras of a partition: the cost of those that were measured, and the number of others."""

    cost: float = 0.0
    measured: int = 0
    unmeasured: int = 0

    def total(self, usual: float) -> float:
        """Return the cost of all its cameras. usual: cost of one that was not measured."""
        return self.cost + self.unmeasured * usual


Costs = Mapping[int, PartitionCost]
"""Partition -> its cost; without partitions that are empty or unknown."""


@dataclass(frozen=True, slots=True)
class MemberState:
    """What a member of the group joins with.

    generation: of the assignment from which it holds its partitions. ready: whether it can analyse further cameras at
    once; a member that starts keeps what it holds, and gets nothing new.
    """

    held: frozenset[int] = frozenset()
    generation: int = -1
    costs: Costs = field(default_factory=dict)
    ready: bool = True

    def to_bytes(self) -> bytes:
        """Return the user data of the subscription."""
        content = {
            "held": sorted(self.held),
            "generation": self.generation,
            "costs": _plain(self.costs),
            "ready": self.ready,
        }
        return json.dumps(content, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "MemberState":
        """Return a state; an empty one for content that this version cannot read."""
        try:
            found = json.loads(content)
            held, costs = frozenset(map(int, found["held"])), _costs(found["costs"])
            return cls(held, int(found["generation"]), costs, bool(found.get("ready", True)))
        except (ValueError, KeyError, TypeError):
            return cls()


class CostAssignor(AbstractPartitionAssignor):  # type: ignore[misc]
    """Shares the partitions of the registry. For one consumer; called in the thread of its network.

    state: returns what this member joins with. on_assigned: receives the partitions, the generation and the known
    costs of each assignment.
    """

    name = "simpang-measured-cost"

    def __init__(
        self, state: Callable[[], MemberState], on_assigned: Callable[[frozenset[int], int, Costs], None]
    ) -> None:
        self._state = state
        self._on_assigned = on_assigned

    def supported_protocols(self) -> list[RebalanceProtocol]:
        """Return the cooperative protocol: what does not move goes on during a rebalance."""
        return [RebalanceProtocol.COOPERATIVE]

    def metadata(self, topics: Iterable[str]) -> Any:
        """Return what this member joins with."""
        state = self._state()
        partitions = ConsumerProtocolSubscription.TopicPartition
        return ConsumerProtocolSubscription(
            version=VERSION,
            topics=sorted(topics),
            user_data=state.to_bytes(),
            owned_partitions=[partitions(topic=CAMERA_TOPIC, partitions=sorted(state.held))],
        )

    def assign(self, cluster: Any, members: Iterable[Any]) -> dict[str, Any]:
        """Return the assignment of each member, by member id. Called on the leader."""
        names = {member.member_id: member.group_instance_id or member.member_id for member in members}
        states = {
            names[member.member_id]: MemberState.from_bytes(member.metadata.user_data or b"") for member in members
        }
        # A new client may lead before it has the metadata: then nothing of what is held is given up.
        partitions = cluster.partitions_for_topic(CAMERA_TOPIC) or frozenset[int]().union(
            *(state.held for state in states.values())
        )
        shares, costs = shared(partitions, states)
        known = json.dumps(_plain(costs), separators=(",", ":")).encode()
        return {
            member_id: ConsumerProtocolAssignment(VERSION, [(CAMERA_TOPIC, sorted(shares[name]))], known)
            for member_id, name in names.items()
        }

    def on_assignment(self, assignment: Any, generation: int) -> None:
        """Pass an assignment on."""
        held = frozenset(each.partition for each in assignment.partitions())
        try:
            costs = _costs(json.loads(assignment.user_data or b"{}"))
        except (ValueError, TypeError):
            costs = {}
        self._on_assigned(held, generation, costs)


def shared(partitions: Iterable[int], states: Mapping[str, MemberState]) -> tuple[dict[str, set[int]], Costs]:
    """Return the partitions of each member, and all known costs. states: name of a member -> what it joined with.

    A partition that another member still holds is assigned to none: that member stops its cameras first, and the next
    rebalance assigns it.
    """
    owners: dict[int, str] = {}
    known: dict[int, PartitionCost] = {}
    for name, state in sorted(states.items(), key=lambda each: (each[1].generation, each[0])):
        owners |= dict.fromkeys(state.held, name)  # the claim from the latest generation counts
        known |= {partition: cost for partition, cost in state.costs.items() if partition not in state.held}
    for partition, owner in owners.items():
        if partition in states[owner].costs:
            known[partition] = states[owner].costs[partition]
        else:
            known.pop(partition, None)
    cameras = sum(cost.measured for cost in known.values())
    usual = sum(cost.cost for cost in known.values()) / cameras if cameras else UNKNOWN
    starting = {name for name, state in states.items() if not state.ready}
    totals = {
        partition: known.get(partition, PartitionCost()).total(usual)
        for partition in partitions
        if owners.get(partition) not in starting
    }
    # The next rebalance follows when it is ready: what moved now would perhaps move again.
    targets = assign(totals, owners, [name for name in states if name not in starting], may_move=not starting)
    shares = {name: {p for p in partitions if name in starting and owners.get(p) == name} for name in states}
    for partition, name in targets.items():
        if owners.get(partition, name) == name:
            shares[name].add(partition)
    return shares, known


def _plain(costs: Costs) -> dict[int, list[float]]:
    return {p: [round(cost.cost, 4), cost.measured, cost.unmeasured] for p, cost in sorted(costs.items())}


def _costs(content: Mapping[str, Any]) -> Costs:
    return {
        int(p): PartitionCost(float(cost), int(measured), int(others))
        for p, (cost, measured, others) in content.items()
    }
