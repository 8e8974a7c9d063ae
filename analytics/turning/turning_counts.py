"""Turning movements: from which arm of a junction to which other one road users go.

Most are seen on one track from entry to exit. Of the others, hidden behind a bus or lost in a turn, the pieces are put
together or told by their own. A piece that lost its road user on the junction and one that found somebody there are
joined where a way that others took leads from the one to the other in a plausible time, the best fits first. A piece
that is left is shared out among the movements that its arm allows, in proportion to how many take each and how well
their ways suit the place and heading at which the piece ends (Bayes' rule). Both are estimates and are told apart from
what was observed.

Fitting the observed matrix to the totals of the gates (Deming & Stephan 1940; Furness 1965) was tried in place of this.
On two simulated intersections, 15 of 25 cells as observed were off by more than 10% and 2 vehicles; after the fit still
7 or 8, because turning hides road users more than going straight on does, and with pieces none, at 10 and at 5 frames
a second.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, inf

from analytics.camera import Gate
from analytics.facts import Crossing, Journey, RoadUser
from analytics.geometry.junction_arms import arms
from analytics.turning.reference_paths import Pose, Way, WaysTaken

Cell = tuple[str, str]

LONGEST_GAP_S = 25.0
OVERLAP_S = 0.3
"""Two pieces of one road user may overlap by this much."""
WORST_JOINT = 12.0
"""Sum of both squared deviations beyond which a way does not join two pieces: 1 in 60 (4 degrees of freedom)."""
SLOW_MS = 2.0
"""Who moves slower may have waited for as long as it takes."""
UNEVEN, UNEVEN_S = 0.6, 1.0
"""How far from even motion the time between two pieces may be: a share of it, and seconds."""
FEWEST_POINTS = 5
"""A way with fewer tells others nothing."""

_LIGHT = frozenset((RoadUser.MOTORCYCLE, RoadUser.BICYCLE, RoadUser.PERSON))


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """observed: on one track from entry to exit. estimated: from pieces."""

    origin: str
    destination: str
    road_user: RoadUser
    observed: int
    estimated: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A track that lacks its other end. arm: of the end that it has. pose: where the other end is missing."""

    arm: str
    road_user: RoadUser
    pose: Pose


@dataclass(slots=True)
class _Pieces:
    """lost: entered and were lost. found: left and were first seen on the junction."""

    lost: list[_Piece] = field(default_factory=list)
    found: list[_Piece] = field(default_factory=list)


class Movements:
    """Takes road users one by one. Keeps a sample of ways, and little more than a pose of each piece."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._arms = arms(gates)
        self._observed: Counter[tuple[str, str, RoadUser]] = Counter()
        self._ways: defaultdict[Cell, WaysTaken] = defaultdict(WaysTaken)
        self._pieces = _Pieces()

    def add(self, path: Sequence[Crossing], journey: Journey | None = None) -> None:
        """path: all crossings of one track, in order of time. journey: its way over the junction, if it is known."""
        if not self._arms:
            if path and path[0].gate != path[-1].gate:
                self._observed[path[0].gate, path[-1].gate, path[-1].road_user] += 1
            return
        origin, destination = self._ends(path)
        if origin is not None and destination is not None:
            self._observed[origin, destination, path[-1].road_user] += 1
            if journey is not None and origin != destination and len(journey.times) >= FEWEST_POINTS:
                self._ways[origin, destination].add(Way.of(journey))
        elif journey is not None and origin is not None and journey.departed:
            self._pieces.lost.append(_Piece(origin, journey.road_user, Way.of(journey).end))
        elif journey is not None and destination is not None and journey.arrived:
            self._pieces.found.append(_Piece(destination, journey.road_user, Way.of(journey).start))

    def _ends(self, path: Iterable[Crossing]) -> Cell | tuple[str | None, str | None]:
        """The arm of the first crossing inwards and that of the last one outwards after it."""
        origin = destination = None
        for crossing in path:
            arm = self._arms.get(crossing.gate)
            if arm is None:
                continue
            if crossing.direction is not arm.inward:
                destination = arm.name
            elif origin is None:
                origin, destination = arm.name, None
        return origin, destination

    def found(self) -> list[Movement]:
        """All movements that occurred, by origin, destination and class."""
        estimated = whole_numbers(self._estimated())
        return [
            Movement(
                origin=origin,
                destination=destination,
                road_user=road_user,
                observed=self._observed[origin, destination, road_user],
                estimated=estimated.get((origin, destination, road_user), 0),
            )
            for origin, destination, road_user in sorted(self._observed.keys() | estimated.keys())
        ]

    def _estimated(self) -> dict[tuple[str, str, RoadUser], float]:
        lost, found = self._pieces.lost, self._pieces.found
        joints = self._joints(lost, found)
        joined = set(joints.values())
        totals: defaultdict[tuple[str, str, RoadUser], float] = defaultdict(float)
        for a, b in joints.items():
            totals[lost[a].arm, found[b].arm, found[b].road_user] += 1
        for a, piece in enumerate(lost):
            if a not in joints:
                self._share_out(piece, [cell for cell in self._ways if cell[0] == piece.arm], totals)
        for b, piece in enumerate(found):
            if b not in joined:
                self._share_out(piece, [cell for cell in self._ways if cell[1] == piece.arm], totals)
        return totals

    def _share_out(
        self, piece: _Piece, cells: Sequence[Cell], totals: defaultdict[tuple[str, str, RoadUser], float]
    ) -> None:
        weights = [self._ways[cell].taken * self._ways[cell].likelihood(piece.pose) for cell in cells]
        if sum(weights) > 0:
            for (origin, destination), weight in zip(cells, weights, strict=True):
                totals[origin, destination, piece.road_user] += weight / sum(weights)

    def _joints(self, lost: Sequence[_Piece], found: Sequence[_Piece]) -> dict[int, int]:
        """Which of the lost is which of the found."""
        order = sorted(range(len(found)), key=lambda b: found[b].pose.t)
        times = [found[b].pose.t for b in order]
        pairs = []
        for a, piece in enumerate(lost):
            first = bisect_left(times, piece.pose.t - OVERLAP_S)
            last = bisect_right(times, piece.pose.t + LONGEST_GAP_S)
            pairs += [(self._deviation(piece, found[b]), a, b) for b in order[first:last]]
        joints: dict[int, int] = {}
        taken: set[int] = set()
        for deviation, a, b in sorted(pairs):
            if deviation <= WORST_JOINT and a not in joints and b not in taken:
                joints[a] = b
                taken.add(b)
        return joints

    def _deviation(self, lost: _Piece, found: _Piece) -> float:
        """The least squared deviation from a way that leads from the one to the other; infinite where none does."""
        ways = self._ways.get((lost.arm, found.arm))
        if ways is None or (lost.road_user in _LIGHT) != (found.road_user in _LIGHT):
            return inf
        return min(_deviation_from(way, lost.pose, found.pose) for way in ways.sample)


def _deviation_from(way: Way, lost: Pose, found: Pose) -> float:
    (from_lost, start), (from_found, end) = way.nearest(lost), way.nearest(found)
    if end < start - 1:
        return inf
    if min(lost.speed_ms, found.speed_ms) >= SLOW_MS:
        even_s = 2 * way.metres_between(start, end) / (lost.speed_ms + found.speed_ms)
        if abs(found.t - lost.t - even_s) > UNEVEN_S + UNEVEN * even_s:
            return inf
    return from_lost + from_found


def whole_numbers(
    totals: Mapping[tuple[str, str, RoadUser], float],
) -> dict[tuple[str, str, RoadUser], int]:
    """Round the classes of each movement so that they add up to its rounded total (largest remainders first).

    >>> car, bus = ("N", "S", RoadUser.CAR), ("N", "S", RoadUser.BUS)
    >>> parts = whole_numbers({car: 1.3, bus: 0.5, ("N", "E", RoadUser.CAR): 0.2})
    >>> parts == {car: 1, bus: 1}
    True
    """
    by_cell: defaultdict[Cell, dict[tuple[str, str, RoadUser], float]] = defaultdict(dict)
    for key, total in totals.items():
        by_cell[key[:2]][key] = total
    whole: dict[tuple[str, str, RoadUser], int] = {}
    for parts in by_cell.values():
        rounded = {key: floor(part) for key, part in parts.items()}
        missing = round(sum(parts.values())) - sum(rounded.values())
        for key in sorted(parts, key=lambda k: rounded[k] - parts[k])[:missing]:
            rounded[key] += 1
        whole |= {key: n for key, n in rounded.items() if n}
    return whole
