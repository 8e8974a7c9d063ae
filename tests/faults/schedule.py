"""History of faults that a seed gives."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random

from tests.faults.kinds import BROKER, CAMERA, DATABASE, STORE, WORKER, Kind, Lane

FIRST_S = 12.0
"""Time (s) before the first fault: the cameras have crossings by then. [assumption]"""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Fault of a history. start_s, duration_s: from the start of the history. number: in order of the starts.

    target: a camera, a worker, or "store", "broker" or "database". draw: 0 <= draw < 1, chooses among variants.
    """

    start_s: float
    target: str
    kind: Kind
    duration_s: float
    draw: float
    number: int = 0

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s

    def __str__(self) -> str:
        return f"{self.number}: {self.start_s:.1f} s {self.kind} at {self.target} for {self.duration_s:.1f} s"


def history(seed: int, faults: int, cameras: Sequence[str], workers: Sequence[str]) -> list[Fault]:
    """Return the first faults of the history of a seed, in order of time."""
    lanes = [(name, CAMERA) for name in cameras] + [(name, WORKER) for name in workers]
    lanes += [("store", STORE), ("broker", BROKER), ("database", DATABASE)]
    merged = heapq.merge(*(_faults(Random(f"{seed} {target}"), target, lane) for target, lane in lanes))
    return [replace(fault, number=number) for number, fault in enumerate(islice(merged, faults), start=1)]


def only(faults: Sequence[Fault], numbers: Collection[int]) -> list[Fault]:
    """Return the faults of these numbers with their distances in time, from FIRST_S on."""
    kept = [fault for fault in faults if fault.number in numbers]
    shift = FIRST_S - kept[0].start_s if kept else 0.0
    return [replace(fault, start_s=fault.start_s + shift) for fault in kept]


def _faults(random: Random, target: str, lane: Lane) -> Iterator[Fault]:
    kinds, profiles = list(lane.kinds), list(lane.kinds.values())
    at = FIRST_S + random.uniform(0.0, lane.rest_s[1])
    while True:
        (kind,) = random.choices(kinds, [profile.weight for profile in profiles])
        profile = lane.kinds[kind]
        duration_s = random.uniform(profile.shortest_s, profile.longest_s)
        yield Fault(at, target, kind, duration_s, random.random())
        at += duration_s + random.uniform(*lane.rest_s)
