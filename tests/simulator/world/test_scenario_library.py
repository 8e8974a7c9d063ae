"""The demo's script: everything a visitor should see within minutes, then as chance has it."""

from analytics.facts import IncidentType
from simulator.world.scenario import FaultKind
from simulator.world.scenario_library import OPENING_S, PLAYS
from simulator.world.sites import all_points

HOUR_S = 3600.0


def test_the_first_minutes_show_one_of_everything():
    for cameras in (1, 4, 12):
        scripts = PLAYS["demo"](all_points()[:cameras], 1, HOUR_S).values()
        early = {act.type for script in scripts for act in script.acts if act.start_s < 240}
        assert early >= {IncidentType.STOPPED_VEHICLE, IncidentType.WRONG_WAY, IncidentType.CONGESTION}
        assert FaultKind.CABLE_CUT in {f.kind for script in scripts for f in script.faults if f.start_s < 240}


def test_with_four_cameras_the_cut_one_has_nothing_else_to_show():
    scripts = PLAYS["demo"](all_points()[:4], 1, HOUR_S).values()
    (cut,) = [script for script in scripts if script.faults and script.faults[0].start_s < OPENING_S]
    assert all(act.start_s >= OPENING_S for act in cut.acts)


def test_afterwards_it_goes_on():
    scripts = PLAYS["demo"](all_points()[:4], 1, HOUR_S).values()
    assert len({act.type for script in scripts for act in script.acts if act.start_s >= OPENING_S}) == 5
    assert any(fault.start_s >= OPENING_S for script in scripts for fault in script.faults)
