"""What happens in the city and when, all from one seed: incidents, faults of cameras, light and demand.

Times are seconds since the simulation began. A day passes in `DAY_S`; the city wakes at `FIRST_HOUR`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp

import numpy as np

from analytics.facts import IncidentType
from simulator.world.sites import Site

DAY_S = 1440.0
START_HOUR = 6.0
RUSH_HOURS = ((7.5, 1.1, 0.75), (17.0, 1.4, 0.75), (12.5, 2.0, 0.25))
"""Hour, breadth in hours, and height above the quiet road's demand."""

BASE_DEMAND, NIGHT_BASE_DEMAND = 0.55, 0.22
WARM_UP_S = 80.0
"""Before time 0, so that the first picture already shows traffic."""


class Light(StrEnum):
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    RAIN = "rain"


class FaultKind(StrEnum):
    """cable_cut: one camera. power_cut: all cameras of a site. frozen: the same picture for ever. turned: moved."""

    CABLE_CUT = "cable_cut"
    POWER_CUT = "power_cut"
    FROZEN = "frozen"
    TURNED = "turned"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPlan:
    """An incident to be staged on the watched arm. type CONGESTION is a queue that spills back from downstream.

    vehicle: the body that breaks down, if it should be a certain one.
    """

    type: IncidentType
    start_s: float
    duration_s: float
    vehicle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    kind: FaultKind
    start_s: float
    duration_s: float

    def is_active(self, t: float) -> bool:
        return self.start_s <= t < self.start_s + self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Of one camera. rain: spans (from, until). light: the same light throughout, instead of the day's."""

    incidents: tuple[IncidentPlan, ...] = ()
    faults: tuple[Fault, ...] = ()
    rain: tuple[tuple[float, float], ...] = ()
    light: Light | None = None
    demand: float = 1.0

    def light_at(self, t: float) -> Light:
        if self.light is not None:
            return self.light
        hour = hour_at(t)
        if hour < 5.2 or hour >= 18.9:
            return Light.NIGHT
        if hour < 6.0 or hour >= 17.9:
            return Light.DUSK
        return Light.RAIN if any(start <= t < end for start, end in self.rain) else Light.DAY

    def lights(self, until_s: float) -> list[Light]:
        """All that come before then, in order of appearance."""
        return list(dict.fromkeys(self.light_at(t) for t in np.arange(0.0, until_s, 5.0)))

    def demand_at(self, t: float) -> float:
        """Factor on each arm's ordinary flow."""
        return self.demand * demand_at(hour_at(t))

    def fault_at(self, t: float) -> Fault | None:
        return next((fault for fault in self.faults if fault.is_active(t)), None)


def hour_at(t: float) -> float:
    """Hour of the simulated day, 0..24.

    >>> hour_at(0.0), hour_at(DAY_S / 4)
    (6.0, 12.0)
    """
    return (START_HOUR + 24 * t / DAY_S) % 24


def demand_at(hour: float) -> float:
    quiet = NIGHT_BASE_DEMAND if hour < 5 or hour >= 22 else BASE_DEMAND
    return quiet + sum(height * exp(-(((hour - peak) / breadth) ** 2)) for peak, breadth, height in RUSH_HOURS)


INCIDENT_DURATION_S = {
    IncidentType.STOPPED_VEHICLE: 100.0,
    IncidentType.WRONG_WAY: 20.0,
    IncidentType.COLLISION: 60.0,
    IncidentType.PERSON_ON_ROAD: 40.0,
    IncidentType.CONGESTION: 150.0,
}
_NEEDS_FULL_DURATION = (IncidentType.CONGESTION,)
"""Too little time, and nobody can tell."""

FIRST_INCIDENT_S, INCIDENT_INTERVAL_S = 45.0, 50.0
CLEARED_S, AFTER_FAULT_S = 60.0, 75.0
"""After an incident, and after a fault, until the next incident at the same camera."""

FIRST_FAULT_S, FAULT_INTERVAL_S, FAULT_DURATION_S = 80.0, 150.0, 125.0
"""A fault spans at least one whole minute of the clock."""

MIN_MEAN_TIME_BETWEEN_FAULTS_S = 900.0
"""Mean time between the faults of one camera, at least: a city of few cameras has fewer of them."""


def city_scenarios(sites: Sequence[Site], seed: int, duration_s: float, *, faulty: bool = True) -> dict[str, Scenario]:
    """One script per point, by id. Incidents take turns over the points, so that there is always one to be seen.

    faulty: cameras fail, too.
    """
    rng = np.random.default_rng([seed, len(sites)])
    faults = _faults(sites, rng, duration_s if faulty else 0.0)
    incidents = _acts(sites, faults, rng, duration_s)
    rain = tuple((float(start), float(start + rng.uniform(90, 180))) for start in np.arange(300, duration_s, DAY_S / 2))
    return {p.id: Scenario(incidents=tuple(incidents[p.id]), faults=tuple(faults[p.id]), rain=rain) for p in sites}


def _acts(
    sites: Sequence[Site], faults: dict[str, list[Fault]], rng: np.random.Generator, duration_s: float
) -> dict[str, list[IncidentPlan]]:
    """Every kind once before any comes again, each at a point where nothing else hides it, now or soon."""
    incidents: dict[str, list[IncidentPlan]] = {p.id: [] for p in sites}
    kinds: list[IncidentType] = []
    for slot in np.arange(FIRST_INCIDENT_S, duration_s, INCIDENT_INTERVAL_S):
        start = float(slot + rng.uniform(0, 15))
        kinds = kinds or [IncidentType(name) for name in rng.permutation(sorted(INCIDENT_DURATION_S))]
        positions = [
            (kind, p)
            for kind in reversed(kinds)
            for p in sites
            if start + INCIDENT_DURATION_S[kind] <= duration_s or kind not in _NEEDS_FULL_DURATION
            if _has_room(start, start + INCIDENT_DURATION_S[kind], incidents[p.id], faults[p.id])
        ]
        if not positions:
            continue
        kind = positions[0][0]
        free = [p for other, p in positions if other is kind]
        site = free[int(rng.integers(len(free)))]
        kinds.remove(kind)
        incidents[site.id].append(IncidentPlan(type=kind, start_s=start, duration_s=INCIDENT_DURATION_S[kind]))
    return incidents


def _has_room(start: float, end: float, incidents: Sequence[IncidentPlan], faults: Sequence[Fault]) -> bool:
    return not any(start < plan.start_s + plan.duration_s + CLEARED_S for plan in incidents) and not any(
        start < fault.start_s + fault.duration_s + AFTER_FAULT_S and fault.start_s < end + CLEARED_S / 2
        for fault in faults
    )


def _faults(sites: Sequence[Site], rng: np.random.Generator, duration_s: float) -> dict[str, list[Fault]]:
    faults: dict[str, list[Fault]] = {p.id: [] for p in sites}
    for start in np.arange(
        FIRST_FAULT_S,
        duration_s - FAULT_DURATION_S / 2,
        max(FAULT_INTERVAL_S, MIN_MEAN_TIME_BETWEEN_FAULTS_S / len(sites)),
    ):
        kind = list(FaultKind)[int(rng.integers(len(FaultKind)))]
        affected = sites[int(rng.integers(len(sites)))]
        fault = Fault(kind=kind, start_s=float(start + rng.uniform(0, 30)), duration_s=FAULT_DURATION_S)
        for site in sites:
            if site is affected or (kind is FaultKind.POWER_CUT and site.location == affected.location):
                faults[site.id].append(fault)
    return faults
