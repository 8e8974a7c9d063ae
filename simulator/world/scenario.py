"""Scenarios of the simulated city, generated from a seed: incidents, camera faults, light and traffic demand.

Times are seconds since the simulation began. A simulated day lasts `DAY_S` and the simulation begins at `START_HOUR`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import exp

import numpy as np

from analytics.facts import IncidentType
from simulator.world.sites import Site

DAY_S = 1440.0
"""Duration of a simulated day, seconds: one second is one simulated minute [assumption]."""

START_HOUR = 6.0
"""Hour of the simulated day at second 0 [assumption: shortly before the morning peak]."""

RUSH_HOURS = ((7.5, 1.1, 0.75), (17.0, 1.4, 0.75), (12.5, 2.0, 0.25))
"""Hour, width (hours) and height (added to the demand factor) of each daily peak [assumption]."""

BASE_DEMAND, NIGHT_BASE_DEMAND = 0.55, 0.22
"""Demand factor outside the peaks by day, and between 22 and 5 o'clock [assumption]."""

WARM_UP_S = 80.0
"""Simulated seconds before second 0, so that the first frame already contains traffic [assumption]."""


CHANGE_INTERVAL_S = 5.0
"""Seconds between two times that are checked for a change of the light [assumption]."""


class Light(StrEnum):
    """Light and weather of a frame."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    RAIN = "rain"


class FaultKind(StrEnum):
    """Faults of a camera.

    cable_cut: no stream from one camera. power_cut: no stream from all cameras of a location.
    frozen: the same frame is sent repeatedly. turned: the camera is rotated.
    """

    CABLE_CUT = "cable_cut"
    POWER_CUT = "power_cut"
    FROZEN = "frozen"
    TURNED = "turned"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPlan:
    """One incident on the observed arm. The type CONGESTION is a queue that spills back from downstream.

    vehicle: name of the vehicle type that breaks down; None for any type.
    """

    type: IncidentType
    start_s: float
    duration_s: float
    vehicle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a camera."""

    kind: FaultKind
    start_s: float
    duration_s: float

    def is_active(self, t: float) -> bool:
        """True while the fault lasts."""
        return self.start_s <= t < self.start_s + self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Scenario of one camera.

    rain: pairs of start and end. light: constant light instead of the light of the simulated day; None for the latter.
    demand: factor on the traffic demand.
    """

    incidents: tuple[IncidentPlan, ...] = ()
    faults: tuple[Fault, ...] = ()
    rain: tuple[tuple[float, float], ...] = ()
    light: Light | None = None
    demand: float = 1.0

    def light_at(self, t: float) -> Light:
        """Light at time `t`."""
        if self.light is not None:
            return self.light
        hour = hour_at(t)
        if hour < 5.2 or hour >= 18.9:
            return Light.NIGHT
        if hour < 6.0 or hour >= 17.9:
            return Light.DUSK
        return Light.RAIN if any(start <= t < end for start, end in self.rain) else Light.DAY

    def changes(self, until_s: float) -> list[float]:
        """Times before `until_s` at which the light changes or the camera is turned or turned back."""
        views = [(t, self._view_at(t)) for t in np.arange(0.0, until_s, CHANGE_INTERVAL_S).tolist()]
        return [t for (_, before), (t, view) in pairwise(views) if view != before]

    def _view_at(self, t: float) -> tuple[Light, bool]:
        fault = self.fault_at(t)
        return self.light_at(t), fault is not None and fault.kind is FaultKind.TURNED

    def demand_at(self, t: float) -> float:
        """Factor on the inbound flow of each arm at time `t`."""
        return self.demand * demand_at(hour_at(t))

    def fault_at(self, t: float) -> Fault | None:
        """Fault at time `t`; None where the camera works."""
        return next((fault for fault in self.faults if fault.is_active(t)), None)


def hour_at(t: float) -> float:
    """Hour of the simulated day at time `t`, 0..24.

    >>> hour_at(0.0), hour_at(DAY_S / 4)
    (6.0, 12.0)
    """
    return (START_HOUR + 24 * t / DAY_S) % 24


def demand_at(hour: float) -> float:
    """Demand factor at an hour of the day: base demand plus the daily peaks."""
    quiet = NIGHT_BASE_DEMAND if hour < 5 or hour >= 22 else BASE_DEMAND
    return quiet + sum(height * exp(-(((hour - peak) / breadth) ** 2)) for peak, breadth, height in RUSH_HOURS)


INCIDENT_DURATION_S = {
    IncidentType.STOPPED_VEHICLE: 100.0,
    IncidentType.WRONG_WAY: 20.0,
    IncidentType.COLLISION: 60.0,
    IncidentType.PERSON_ON_ROAD: 40.0,
    IncidentType.CONGESTION: 150.0,
}
"""Duration of each type of incident, seconds [assumption]."""

_NEEDS_FULL_DURATION = (IncidentType.CONGESTION,)
"""Types that are detected only late: they are planned only where they end before the scenario does."""

FIRST_INCIDENT_S, INCIDENT_INTERVAL_S = 45.0, 50.0
"""Second of the first incident, and seconds from one incident in the city to the next [assumption]."""

CLEARED_S, AFTER_FAULT_S = 60.0, 75.0
"""Seconds without an incident at one camera after an incident and after a fault [assumption]."""

FIRST_FAULT_S, FAULT_INTERVAL_S, FAULT_DURATION_S = 80.0, 150.0, 125.0
"""Second of the first fault, smallest interval between faults in the city, and duration of a fault, seconds.

A fault of this duration contains at least one whole minute of the clock [assumption].
"""

MIN_MEAN_TIME_BETWEEN_FAULTS_S = 900.0
"""Smallest mean time between the faults of one camera, seconds; few cameras have fewer faults [assumption]."""


def city_scenarios(sites: Sequence[Site], seed: int, duration_s: float, *, faulty: bool = True) -> dict[str, Scenario]:
    """Scenario of each site, by identifier: incidents take place at one site after the other.

    faulty: with camera faults.
    """
    rng = np.random.default_rng([seed, len(sites)])
    faults = _faults(sites, rng, duration_s if faulty else 0.0)
    incidents = _acts(sites, faults, rng, duration_s)
    rain = tuple((float(start), float(start + rng.uniform(90, 180))) for start in np.arange(300, duration_s, DAY_S / 2))
    return {p.id: Scenario(incidents=tuple(incidents[p.id]), faults=tuple(faults[p.id]), rain=rain) for p in sites}


def _acts(
    sites: Sequence[Site], faults: dict[str, list[Fault]], rng: np.random.Generator, duration_s: float
) -> dict[str, list[IncidentPlan]]:
    """Incidents of each site, by identifier: each type once before a type repeats.

    An incident is planned only at a site without another incident or fault near its time.
    """
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
