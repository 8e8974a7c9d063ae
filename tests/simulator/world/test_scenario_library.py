"""Scenario of the demo: a fixed opening with every type of event, then random events."""

from analytics.facts import IncidentType
from simulator.world.scenario import FaultKind
from simulator.world.scenario_library import OPENING_S, SCENARIOS
from simulator.world.sites import all_sites

HOUR_S = 3600.0


def test_the_opening_has_every_type_of_event():
    for cameras in (1, 4, 12):
        scenarios = SCENARIOS["demo"](all_sites()[:cameras], 1, HOUR_S).values()
        early = {plan.type for scenario in scenarios for plan in scenario.incidents if plan.start_s < 240}
        assert early >= {IncidentType.STOPPED_VEHICLE, IncidentType.WRONG_WAY, IncidentType.CONGESTION}
        assert FaultKind.CABLE_CUT in {f.kind for scenario in scenarios for f in scenario.faults if f.start_s < 240}


def test_with_four_cameras_the_camera_with_the_cut_cable_has_no_incident_in_the_opening():
    scenarios = SCENARIOS["demo"](all_sites()[:4], 1, HOUR_S).values()
    (cut,) = [scenario for scenario in scenarios if scenario.faults and scenario.faults[0].start_s < OPENING_S]
    assert all(plan.start_s >= OPENING_S for plan in cut.incidents)


def test_random_events_follow_the_opening():
    scenarios = SCENARIOS["demo"](all_sites()[:4], 1, HOUR_S).values()
    assert len({plan.type for scenario in scenarios for plan in scenario.incidents if plan.start_s >= OPENING_S}) == 5
    assert any(fault.start_s >= OPENING_S for scenario in scenarios for fault in scenario.faults)
