"""One-to-one matching of found with true crossings by their times.

The order of preference is lexicographic: the most pairs within the tolerance, of those the most pairs that agree in
class, of those the least total time difference. Equally good matchings are frequent (two vehicles that are both early),
so ties are broken deterministically: found items are added in order of time, each by the cheapest augmenting path with
the fewest steps. Why no solver of scipy does: docs/adr/0010-exact-matching-of-crossings.md.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.facts import Crossing, Direction
from analytics.ground_truth import GroundTruthCrossing

_PER_S = 10**9
"""Whole units of time in a second, in which costs are exact so that ties are ties [assumption]."""
_ROUNDING_S = 1e-6
"""Seconds by which the search for candidates exceeds the tolerance, which is then compared exactly [assumption]."""

_ROUTE_STEPS = 8
"""Steps of a path that order equally cheap paths of equal length; longer paths do not occur in traffic [assumption]."""

GateDirection = tuple[str, Direction]
CrossingPair = tuple[Crossing, GroundTruthCrossing]
_AnyCrossing = TypeVar("_AnyCrossing", Crossing, GroundTruthCrossing)


def match_crossings(
    found: Iterable[Crossing], true: Iterable[GroundTruthCrossing], tolerance_s: float
) -> list[CrossingPair]:
    """Match found and true crossings one to one within each gate and direction, of any class."""
    true_at = by_gate_direction(true)
    pairs: list[CrossingPair] = []
    for gate_direction, rows in by_gate_direction(found).items():
        others = true_at.get(gate_direction, [])
        matched = match_in_time(
            [c.t for c in rows],
            [c.t for c in others],
            tolerance_s,
            _classes_agree(rows, others),
        )
        pairs += [(rows[i], others[j]) for i, j in matched]
    return pairs


def _classes_agree(found: Sequence[Crossing], true: Sequence[GroundTruthCrossing]) -> Callable[[int, int], bool]:
    return lambda i, j: same_class(found[i], true[j])


def same_class(found: Crossing, true: GroundTruthCrossing) -> bool:
    """Whether the found class is the true class or its accepted alternative."""
    return found.road_user in (true.road_user, true.alternative)


def by_gate_direction(crossings: Iterable[_AnyCrossing]) -> dict[GateDirection, list[_AnyCrossing]]:
    """Group crossings by gate and direction, each group in order of time."""
    groups: dict[GateDirection, list[_AnyCrossing]] = defaultdict(list)
    for crossing in crossings:
        groups[crossing.gate, crossing.direction].append(crossing)
    return {key: sorted(rows, key=lambda c: c.t) for key, rows in groups.items()}


def match_in_time(
    found_s: Sequence[float],
    true_s: Sequence[float],
    tolerance_s: float,
    agree: Callable[[int, int], bool] = lambda _found, _true: True,
) -> list[tuple[int, int]]:
    """Match times one to one; return (index into found_s, index into true_s), in order of found_s.

    agree: whether a found and a true item, given by index, are of the same class.

    >>> match_in_time([10.0, 10.9], [10.2, 11.0], tolerance_s=1.5)
    [(0, 0), (1, 1)]
    >>> match_in_time([10.0, 10.9], [10.2, 11.0], tolerance_s=1.5, agree=lambda found, true: found != true)
    [(0, 1), (1, 0)]
    """
    found, true = np.asarray(found_s, float), np.asarray(true_s, float)
    found_at, true_at = (np.rint(times * _PER_S).astype(np.int64).tolist() for times in (found, true))
    candidates = _candidates(found, true, tolerance_s)
    wrong_class = (len(candidates) + 1) * round(tolerance_s * _PER_S)
    assignment = _Assignment(unpaired=(len(candidates) + 1) * 2 * wrong_class)
    for i, js in candidates.items():
        assignment.add(i, {j: abs(found_at[i] - true_at[j]) + (0 if agree(i, j) else wrong_class) for j in js})
    return sorted(assignment.true_of.items())


def _candidates(found_s: NDArray[np.float64], true_s: NDArray[np.float64], tolerance_s: float) -> dict[int, list[int]]:
    """Indices of true times at most the tolerance away, by index of found time; both in order of time."""
    found_order, true_order = np.argsort(found_s, kind="stable"), np.argsort(true_s, kind="stable")
    found_s, true_s = found_s[found_order], true_s[true_order]
    reach = tolerance_s + _ROUNDING_S
    first = np.searchsorted(true_s, found_s - reach, side="left")
    number = np.searchsorted(true_s, found_s + reach, side="right") - first
    found = np.repeat(np.arange(len(found_s)), number)
    true = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number - first, number)
    near = np.abs(found_s[found] - true_s[true]) <= tolerance_s
    candidates: dict[int, list[int]] = defaultdict(list)
    for i, j in zip(found_order[found[near]].tolist(), true_order[true[near]].tolist(), strict=True):
        candidates[i].append(j)
    return candidates


class _Assignment:
    """Cheapest matching of found items, updated as each is added (successive shortest paths).

    Dual prices keep every reduced cost, cost - found price - true price, at 0 or above, and at 0 for pairs, so that
    each search ends near its start.
    """

    def __init__(self, unpaired: int) -> None:
        """unpaired: cost of a found item without a partner."""
        self.true_of: dict[int, int] = {}
        self._found_of: dict[int, int] = {}
        self._unpaired = unpaired
        self._costs: dict[int, Mapping[int, int]] = {}
        self._found_price: dict[int, int] = {}
        self._true_price: dict[int, int] = defaultdict(int)

    def add(self, start: int, costs: Mapping[int, int]) -> None:
        """Add a found item. costs: of pairing it, by true item."""
        self._costs[start] = costs
        self._found_price[start] = min(cost - self._true_price[j] for j, cost in costs.items())
        search = _Search(start)
        while not search.has_ended:
            i = search.found
            price = self._found_price[i]
            for j, cost in self._costs[i].items():
                search.offer(j, cost - price - self._true_price[j])
            search.offer(None, self._unpaired - price)
            search.advance(self._found_of)
        for i, distance in search.to_found.items():
            self._found_price[i] += search.distance - distance
        for j, distance in search.to_true.items():
            self._true_price[j] -= search.distance - distance
        if search.end is not None:
            self._flip(search.end, search.via)
        elif search.found != start:
            self._flip(self.true_of.pop(search.found), search.via)

    def _flip(self, end: int, via: Mapping[int, int]) -> None:
        """Pair each true item on the path to `end` with the found item before it."""
        j: int | None = end
        while j is not None:
            i = via[j]
            self._found_of[j] = i
            self.true_of[i], j = j, self.true_of.get(i)


class _Search:
    """Dijkstra's search for the cheapest augmenting path; of equally cheap ones, the first in breadth-first order.

    found: where the search is. end: the free true item that it reached; None where it ends with `found` unpaired.
    via: the found item before each true one. to_found, to_true: distances of what was reached.
    """

    def __init__(self, start: int) -> None:
        self.found, self.distance, self.has_ended = start, 0, False
        self.end: int | None = None
        self.via: dict[int, int] = {}
        self.to_found = {start: 0}
        self.to_true: dict[int, int] = {}
        self._queue: list[tuple[int, int, tuple[int, ...], int, int | None, int]] = []
        self._steps = 0
        self._route: tuple[int, ...] = ()
        self._number = count()

    def offer(self, true: int | None, reduced_cost: int) -> None:
        """Queue a step from `found` to a true item, or to being unpaired."""
        if true is None or true not in self.to_true:
            number = next(self._number)
            route = (*self._route, number)[:_ROUTE_STEPS]
            heapq.heappush(
                self._queue, (self.distance + reduced_cost, self._steps + 1, route, number, true, self.found)
            )

    def advance(self, found_of: Mapping[int, int]) -> None:
        """Go to the nearest queued item, and on to its partner."""
        while True:
            self.distance, self._steps, self._route, _, true, before = heapq.heappop(self._queue)
            if true is None:
                self.found, self.end, self.has_ended = before, None, True
                return
            if true not in self.to_true:
                break
        self.to_true[true], self.via[true] = self.distance, before
        if true in found_of:
            self.found = found_of[true]
            self.to_found[self.found] = self.distance
        else:
            self.end, self.has_ended = true, True
