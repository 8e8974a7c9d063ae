"""Arms of a junction from its gates: the direction inwards, and the end at which the two gates of an arm meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist

from analytics.camera import Gate
from analytics.facts import Direction, Pixel
from analytics.geometry.plane import side_of_line


@dataclass(frozen=True, slots=True)
class GateArm:
    """Position of a gate at its arm of the junction.

    name: of the arm. inward: the direction towards the junction. proper: the direction that the gate is for (inward for
    an entry, outward for an exit). median_at_p2: whether the arm's other gate is at the end p2; None without another.
    """

    name: str
    inward: Direction
    proper: Direction
    median_at_p2: bool | None


def gate_arms(gates: Sequence[Gate]) -> dict[str, GateArm]:
    """Return the arm of each gate that has a role, by gate id; empty where all of them are on one arm.

    A gate without a named arm is an arm of its own.

    The centre of the junction is the mean of the gates' midpoints. It lies inside the convex hull of the gates, in the
    image and on the ground.

    >>> north = Gate(id="n", p1=(0, 0), p2=(10, 0), role="entry", arm="N")
    >>> south = Gate(id="s", p1=(0, 20), p2=(10, 20), role="exit", arm="S")
    >>> [arm.proper.value for arm in gate_arms([north, south]).values()]
    ['A', 'A']
    """
    placed = [gate for gate in gates if gate.role in ("entry", "exit")]
    if len({_name(gate) for gate in placed}) < 2:
        return {}
    middles = [_middle(gate) for gate in placed]
    centre = (sum(u for u, _ in middles) / len(middles), sum(v for _, v in middles) / len(middles))
    return {gate.id: _arm(gate, placed, centre) for gate in placed}


def _arm(gate: Gate, gates: Sequence[Gate], centre: Pixel) -> GateArm:
    inward = Direction.A if side_of_line(gate.p1, gate.p2, [centre])[0] > 0 else Direction.B
    outward = Direction.B if inward is Direction.A else Direction.A
    others = [other for other in gates if _name(other) == _name(gate) and other.role != gate.role]
    median_at_p2 = None
    if others:
        other = min(others, key=lambda o: dist(_middle(gate), _middle(o)))
        median_at_p2 = dist(gate.p2, _middle(other)) < dist(gate.p1, _middle(other))
    return GateArm(_name(gate), inward, inward if gate.role == "entry" else outward, median_at_p2)


def _name(gate: Gate) -> str:
    return gate.id if gate.arm is None else gate.arm


def _middle(gate: Gate) -> Pixel:
    return (gate.p1[0] + gate.p2[0]) / 2, (gate.p1[1] + gate.p2[1]) / 2
