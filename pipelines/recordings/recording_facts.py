"""The facts of one recording in memory, with the precision of its report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

from analytics.camera import Camera, Gate
from analytics.facts import Crossing, Fact, Incident, Trip, ZoneInterval
from analytics.turning.turning_counts import Movement, TurningMovementEstimator

_F = TypeVar("_F", Crossing, ZoneInterval, Incident)

_DIGITS: Mapping[type, Mapping[str, int]] = {
    Crossing: {"t": 3, "speed_kmh": 2, "speed_sigma_kmh": 2, "headway_s": 2},
    Incident: {"start_s": 2, "detected_s": 2, "end_s": 2},
    ZoneInterval: {
        "flow_veh_h": 1,
        "speed_kmh": 2,
        "density_veh_km_lane": 2,
        "occupancy": 4,
        "queue_m": 1,
        "queue_veh": 1,
        "coverage": 4,
    },
}
"""Decimals of the scored fields in the JSON of `simpang count` [source: `pipelines.recordings.count_report`]. Scores of
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
        self._journeys: dict[int, Trip] = {}

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
                    self._journeys[fact.track] = fact

    def collected(self) -> RecordingFacts:
        """All facts so far, rounded as in the report."""
        in_order = sorted(self._crossings, key=lambda c: c.t)
        by_track = groupby(sorted(in_order, key=lambda c: c.track), key=lambda c: c.track)
        tracks = ((list(crossings), self._journeys.get(track)) for track, crossings in by_track)
        return RecordingFacts(
            crossings=tuple(map(_rounded, in_order)),
            intervals=tuple(map(_rounded, self._intervals)),
            incidents=tuple(map(_rounded, sorted(self._incidents.values(), key=lambda i: (i.detected_s, i.number)))),
            movements=vehicles_by_movement(count_movements(self._gates, tracks)),
        )


def count_movements(gates: tuple[Gate, ...], tracks: Iterable[tuple[list[Crossing], Trip | None]]) -> list[Movement]:
    """Count turning movements. tracks: the crossings of each track in order of time, and its journey if known."""
    movements = TurningMovementEstimator(gates)
    for crossings, journey in tracks:
        movements.add(crossings, journey)
    return movements.movements()


def vehicles_by_movement(movements: Iterable[Movement]) -> dict[tuple[str, str], int]:
    """Add up observed and estimated vehicles of all classes by (origin, destination)."""
    totals: dict[tuple[str, str], int] = {}
    for movement in movements:
        cell = movement.origin, movement.destination
        totals[cell] = totals.get(cell, 0) + movement.observed + movement.estimated
    return totals


def _rounded(fact: _F) -> _F:
    rounded: dict[str, Any] = {
        name: None if (value := getattr(fact, name)) is None else round(value, digits)
        for name, digits in _DIGITS[type(fact)].items()
    }
    return replace(fact, **rounded)
