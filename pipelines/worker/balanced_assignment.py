"""Assignment of items with a cost, such as cameras, to workers: even in cost, with few moves.

An item stays with its worker unless the load is uneven. Then items move from workers with much load to workers with
little, so that a new worker takes only its share and the items of the others stay.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item", int, str)

TOLERANCE = 0.1
"""Largest difference between the loads of two workers at which nothing moves, as a share of the mean load. [target: an
imbalance of 10 % at most]"""

LEAST_GAIN = 0.1
"""Decrease of that difference, as a share of the mean load, below which nothing moves: each move interrupts a camera.
[assumption]"""


def assign(
    costs: Mapping[Item, float], owners: Mapping[Item, str], workers: Sequence[str], *, may_move: bool = True
) -> dict[Item, str]:
    """Return the worker of each item; none without workers.

    costs: item -> cost, 0 or more. owners: item -> the worker that has it now; one that is gone is ignored. may_move:
    False where only the items of none of the workers are assigned.

    >>> assign({1: 3.0, 2: 2.0, 3: 1.0}, {}, ["a", "b"])
    {1: 'a', 2: 'b', 3: 'b'}
    >>> assign({1: 3.0, 2: 2.0, 3: 1.0}, {1: "b", 2: "a", 3: "a"}, ["a", "b"])
    {1: 'b', 2: 'a', 3: 'a'}
    """
    if not workers:
        return {}
    shares = _Shares(costs, workers)
    waiting = []
    for item in costs:
        if (owner := owners.get(item)) in shares.items:
            shares.give(item, owner)
        else:
            waiting.append(item)
    for item in sorted(waiting, key=lambda each: (-costs[each], each)):
        shares.give(item, shares.with_least())
    stay, before = dict(shares.worker_of), shares.unevenness
    while may_move and shares.unevenness > TOLERANCE and (shares.move_one() or shares.exchange_one()):
        pass
    best = shares.worker_of if before - shares.unevenness >= LEAST_GAIN else stay
    return {item: best[item] for item in sorted(costs)}


class _Shares(Generic[Item]):
    """Items and load of each worker."""

    def __init__(self, costs: Mapping[Item, float], workers: Sequence[str]) -> None:
        self._costs: Mapping[Item, float] = costs
        self._mean = sum(costs.values()) / len(workers)
        self._loads = dict.fromkeys(sorted(workers), 0.0)
        self.items: dict[str, list[Item]] = {worker: [] for worker in self._loads}
        self.worker_of: dict[Item, str] = {}

    def give(self, item: Item, worker: str) -> None:
        """Give an item to a worker, which takes it from another that has it."""
        if (former := self.worker_of.get(item)) is not None:
            self.items[former].remove(item)
            self._loads[former] = self._load_of(former)
        self.items[worker].append(item)
        self._loads[worker] = self._load_of(worker)
        self.worker_of[item] = worker

    def _load_of(self, worker: str) -> float:
        return sum(self._costs[item] for item in self.items[worker])

    def with_least(self) -> str:
        """Return the worker with the least load; among equal ones that with the fewest items."""
        return min(self._loads, key=lambda worker: (self._loads[worker], len(self.items[worker]), worker))

    def _with_most(self) -> str:
        return max(self._loads, key=lambda worker: (self._loads[worker], worker))

    @property
    def unevenness(self) -> float:
        """Return the difference between the largest and the smallest load, as a share of the mean load."""
        return (max(self._loads.values()) - min(self._loads.values())) / self._mean if self._mean else 0.0

    def move_one(self) -> bool:
        """Move the best item from the worker with most load to that with least. Returns whether one helps."""
        most, least = self._with_most(), self.with_least()
        gap = self._loads[most] - self._loads[least]
        wanted = min(self._loads[most] - self._mean, self._mean - self._loads[least])
        helpful = [item for item in self.items[most] if 0 < self._costs[item] < gap]
        if not helpful:
            return False
        self.give(min(helpful, key=lambda item: (abs(self._costs[item] - wanted), self._costs[item], item)), least)
        return True

    def exchange_one(self) -> bool:
        """Exchange two items between the workers with most and least load. Returns whether an exchange helps."""
        most, least = self._with_most(), self.with_least()
        gap = self._loads[most] - self._loads[least]
        pairs = [
            (abs(gap - 2 * surplus), one, other)
            for one in self.items[most]
            for other in self.items[least]
            if 0 < (surplus := self._costs[one] - self._costs[other]) < gap
        ]
        if not pairs:
            return False
        _, one, other = min(pairs)
        self.give(one, least)
        self.give(other, most)
        return True
