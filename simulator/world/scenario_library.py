"""Scenarios that a simulated city can follow, by name."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from analytics.facts import IncidentType
from simulator.world.scenario import INCIDENT_DURATION_S, Fault, FaultKind, IncidentPlan, Scenario, city_scenarios
from simulator.world.sites import Site

ScenarioSource: TypeAlias = Callable[[Sequence[Site], int, float], dict[str, Scenario]]
"""Function from the sites, a seed and a duration in seconds to the scenario of each site, by identifier."""

OPENING_S = 300.0
"""Seconds of the demo that follow a fixed plan; afterwards incidents are random [assumption]."""

_OPENING_INCIDENTS = (
    (0, IncidentType.STOPPED_VEHICLE, 40.0),
    (1, IncidentType.WRONG_WAY, 70.0),
    (2, IncidentType.CONGESTION, 85.0),
    (1, IncidentType.PERSON_ON_ROAD, 200.0),
)
"""Fixed incidents of the demo: index of the site, type and second of the start [assumption]."""

_BREAKDOWN_VEHICLE = "box-truck"
"""Vehicle type of the fixed breakdown: large, so that it is easy to see."""

_CABLE_CUT_SITE, _CABLE_CUT = 3, Fault(kind=FaultKind.CABLE_CUT, start_s=100.0, duration_s=90.0)
"""Index of the site whose cable is cut in the first minutes of the demo, and that fault [assumption]."""


def demo_scenarios(sites: Sequence[Site], seed: int, duration_s: float) -> dict[str, Scenario]:
    """Scenario of the demo: every type of incident in the first four minutes, then those of `city_scenarios`."""
    scenarios = {
        name: replace(
            scenario,
            incidents=tuple(plan for plan in scenario.incidents if plan.start_s >= OPENING_S),
            faults=tuple(fault for fault in scenario.faults if fault.start_s >= OPENING_S),
        )
        for name, scenario in city_scenarios(sites, seed, duration_s).items()
    }
    for k, kind, start_s in _OPENING_INCIDENTS:
        name = sites[k % len(sites)].id
        vehicle = _BREAKDOWN_VEHICLE if kind is IncidentType.STOPPED_VEHICLE else None
        plan = IncidentPlan(type=kind, start_s=start_s, duration_s=INCIDENT_DURATION_S[kind], vehicle=vehicle)
        scenarios[name] = replace(scenarios[name], incidents=(plan, *scenarios[name].incidents))
    affected = sites[_CABLE_CUT_SITE % len(sites)].id
    scenarios[affected] = replace(scenarios[affected], faults=(_CABLE_CUT, *scenarios[affected].faults))
    return scenarios


SCENARIOS: dict[str, ScenarioSource] = {"city": city_scenarios, "demo": demo_scenarios}
"""Scenario functions by the name that `simpang city camera --play` takes."""
