"""The facts of one recording in memory, with the precision of its report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeVar

from analytics.camera import Camera, Gate
from analytics.facts import Crossing, Fact, Incident, Trip, ZoneInterval
from analytics.measures import measures_of
from analytics.turning.turning_counts import Movement, TurningMovementEstimator

_AnyFact = TypeVar("_AnyFact", Crossing, ZoneInterval, Incident)

_TIME_DIGITS = {"t": 3, "start_s": 2, "detected_s": 2, "end_s": 2}
"""Decimals of times in seconds in the JSON of `simpang count` [source: `pipelines.recordings.count_report`]. Scores of
rounded facts equal those that another program computes from the JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFacts:
    """Facts of a whole recording, crossings and incidents in order of time, incidents in their last state.

    movements: vehicles by (origin, destination), all classes together.
    """

    crossings: tuple[Crossing, ...] = ()
    intervals: tuple[ZoneInterval, ...] = ()
    incidents: tuple[Incident, ...] = ()
    movements: Mapping[tuple[str, str], int]


class FactCollector:
    """Collect facts in the order in which the analyzer emits them. Memory grows with the recording."""

    def __init__(self, camera: Camera) -> None:
        self._gates = camera.gates
        self._crossings: list[Crossing] = []
        self._intervals: list[ZoneInterval] = []
        self._incidents: dict[int, Incident] = {}
        self._trips: dict[int, Trip] = {}

    def add(self, facts: Iterable[Fact]) -> None:
        """Keep the facts; a later incident of the same number replaces the earlier one."""
        for fact in facts:
            match fact:
                case Crossing():
                    self._crossings.append(fact)
                case ZoneInterval():
                    self._intervals.append(fact)
                case Incident():
                    self._incidents[fact.number] = fact
                case Trip():
                    self._trips[fact.track] = fact

    def collected(self) -> RecordingFacts:
        """All facts so far, rounded as in the report."""
        in_order = sorted(self._crossings, key=lambda c: c.t)
        by_track = groupby(sorted(in_order, key=lambda c: c.track), key=lambda c: c.track)
        tracks = ((list(crossings), self._trips.get(track)) for track, crossings in by_track)
        return RecordingFacts(
            crossings=tuple(map(_rounded, in_order)),
            intervals=tuple(map(_rounded, self._intervals)),
            incidents=tuple(map(_rounded, sorted(self._incidents.values(), key=lambda i: (i.detected_s, i.number)))),
            movements=vehicles_by_movement(count_movements(self._gates, tracks)),
        )


def count_movements(gates: tuple[Gate, ...], tracks: Iterable[tuple[list[Crossing], Trip | None]]) -> list[Movement]:
    """Count turning movements. tracks: the crossings of each track in order of time, and its trip if known."""
    movements = TurningMovementEstimator(gates)
    for crossings, trip in tracks:
        movements.add(crossings, trip)
    return movements.movements()


def vehicles_by_movement(movements: Iterable[Movement]) -> dict[tuple[str, str], int]:
    """Add up observed and estimated vehicles of all classes by (origin, destination)."""
    totals: dict[tuple[str, str], int] = {}
    for movement in movements:
        cell = movement.origin, movement.destination
        totals[cell] = totals.get(cell, 0) + movement.observed + movement.estimated
    return totals


def _rounded(fact: _AnyFact) -> _AnyFact:
    """Round times and measures as the JSON does."""
    kind: type = type(fact)
    times = {
        name: round(value, digits)
        for name, digits in _TIME_DIGITS.items()
        if (value := getattr(fact, name, None)) is not None
    }
    measures = {name: measure.rounded(getattr(fact, name)) for name, measure in measures_of(kind).items()}
    return replace(fact, **times, **measures)
