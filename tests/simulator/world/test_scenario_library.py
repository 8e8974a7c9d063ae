"""The demo's script: everything a visitor should see within minutes, then as chance has it."""

from analytics.facts import IncidentType
from simulator.world.scenario import FaultKind
from simulator.world.scenario_library import OPENING_S, SCENARIOS
from simulator.world.sites import all_sites

HOUR_S = 3600.0


def test_the_first_minutes_show_one_of_everything():
    for cameras in (1, 4, 12):
        scenarios = SCENARIOS["demo"](all_sites()[:cameras], 1, HOUR_S).values()
        early = {plan.type for scenario in scenarios for plan in scenario.incidents if plan.start_s < 240}
        assert early >= {IncidentType.STOPPED_VEHICLE, IncidentType.WRONG_WAY, IncidentType.CONGESTION}
        assert FaultKind.CABLE_CUT in {f.kind for scenario in scenarios for f in scenario.faults if f.start_s < 240}


def test_with_four_cameras_the_cut_one_has_nothing_else_to_show():
    scenarios = SCENARIOS["demo"](all_sites()[:4], 1, HOUR_S).values()
    (cut,) = [scenario for scenario in scenarios if scenario.faults and scenario.faults[0].start_s < OPENING_S]
    assert all(plan.start_s >= OPENING_S for plan in cut.incidents)


def test_afterwards_it_goes_on():
    scenarios = SCENARIOS["demo"](all_sites()[:4], 1, HOUR_S).values()
    assert len({plan.type for scenario in scenarios for plan in scenario.incidents if plan.start_s >= OPENING_S}) == 5
    assert any(fault.start_s >= OPENING_S for scenario in scenarios for fault in scenario.faults)
