"""What is on: the scripts that a living city can follow, by name."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from analytics.facts import IncidentType
from simulator.world.scenario import INCIDENT_DURATION_S, Fault, FaultKind, IncidentPlan, Scenario, city_scenarios
from simulator.world.sites import Site

ScenarioSource: TypeAlias = Callable[[Sequence[Site], int, float], dict[str, Scenario]]
"""From the points, a seed and the seconds to be scripted to one script per point, by id."""

OPENING_S = 300.0
"""The demo's first minutes follow a fixed plan; then chance takes over."""

_OPENING_INCIDENTS = (
    (0, IncidentType.STOPPED_VEHICLE, 40.0),
    (1, IncidentType.WRONG_WAY, 70.0),
    (2, IncidentType.CONGESTION, 85.0),
    (1, IncidentType.PERSON_ON_ROAD, 200.0),
)
"""Which of the points, what, and when."""

_BREAKDOWN_VEHICLE = "box-truck"

_CABLE_CUT_SITE, _CABLE_CUT = 3, Fault(kind=FaultKind.CABLE_CUT, start_s=100.0, duration_s=90.0)


def demo_scenarios(sites: Sequence[Site], seed: int, duration_s: float) -> dict[str, Scenario]:
    """The morning rush hour with one of everything in the first four minutes, then day after day as chance has it."""
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
