"""What is on: the scripts that a living city can follow, by name."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from analytics.facts import IncidentType
from simulator.world.scenario import DURATION_S, Act, Fault, FaultKind, Script, city_script
from simulator.world.sites import Point

Play: TypeAlias = Callable[[Sequence[Point], int, float], dict[str, Script]]
"""From the points, a seed and the seconds to be scripted to one script per point, by id."""

OPENING_S = 300.0
"""The demo's first minutes follow a fixed plan; then chance takes over."""

_OPENING_ACTS = (
    (0, IncidentType.STOPPED_VEHICLE, 40.0),
    (1, IncidentType.WRONG_WAY, 70.0),
    (2, IncidentType.CONGESTION, 85.0),
    (1, IncidentType.PERSON_ON_ROAD, 200.0),
)
"""Which of the points, what, and when."""

_BREAKS_DOWN = "box-truck"

_CUT_POINT, _CUT = 3, Fault(kind=FaultKind.CABLE_CUT, start_s=100.0, duration_s=90.0)


def demo_script(points: Sequence[Point], seed: int, duration_s: float) -> dict[str, Script]:
    """The morning rush hour with one of everything in the first four minutes, then day after day as chance has it."""
    scripts = {
        name: replace(
            script,
            acts=tuple(act for act in script.acts if act.start_s >= OPENING_S),
            faults=tuple(fault for fault in script.faults if fault.start_s >= OPENING_S),
        )
        for name, script in city_script(points, seed, duration_s).items()
    }
    for k, kind, start_s in _OPENING_ACTS:
        name = points[k % len(points)].id
        vehicle = _BREAKS_DOWN if kind is IncidentType.STOPPED_VEHICLE else None
        act = Act(type=kind, start_s=start_s, duration_s=DURATION_S[kind], vehicle=vehicle)
        scripts[name] = replace(scripts[name], acts=(act, *scripts[name].acts))
    struck = points[_CUT_POINT % len(points)].id
    scripts[struck] = replace(scripts[struck], faults=(_CUT, *scripts[struck].faults))
    return scripts


PLAYS: dict[str, Play] = {"city": city_script, "demo": demo_script}
