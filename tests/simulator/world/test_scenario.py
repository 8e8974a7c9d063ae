"""Scenarios of the city: reproducible by seed, without incidents during faults."""

from simulator.world.scenario import DAY_S, Fault, FaultKind, Light, Scenario, city_scenarios, demand_at
from simulator.world.sites import all_sites

POINTS = all_sites()


def test_scenarios_depend_on_the_seed_only() -> None:
    assert city_scenarios(POINTS, 3, 1200) == city_scenarios(POINTS, 3, 1200)
    assert city_scenarios(POINTS, 3, 1200) != city_scenarios(POINTS, 4, 1200)


def test_every_type_of_incident_and_fault_occurs_within_an_hour() -> None:
    scenarios = city_scenarios(POINTS, 1, 3600).values()
    assert len({plan.type for scenario in scenarios for plan in scenario.incidents}) == 5
    assert {fault.kind for scenario in scenarios for fault in scenario.faults} == set(FaultKind)


def test_no_incident_overlaps_a_fault_of_its_camera() -> None:
    for scenario in city_scenarios(POINTS, 2, 3600).values():
        for plan in scenario.incidents:
            assert not any(fault.is_active(plan.start_s + s) for fault in scenario.faults for s in (0, plan.duration_s))


def test_a_power_cut_affects_all_cameras_of_a_location() -> None:
    for seed in range(40):
        scenarios = city_scenarios(POINTS, seed, 1800)
        cuts = [f for f in scenarios["engku-putri-utara"].faults if f.kind is FaultKind.POWER_CUT]
        assert cuts == [f for f in scenarios["engku-putri-selatan"].faults if f.kind is FaultKind.POWER_CUT]


def test_a_day_has_peaks_a_night_and_every_light() -> None:
    assert demand_at(7.5) > 1.5 * demand_at(10) > 1.5 * demand_at(2)
    scenario = Scenario(rain=((300.0, 400.0),))
    assert {scenario.light_at(t) for t in range(0, int(DAY_S), 5)} == set(Light)


def test_changes_of_light_and_direction_are_known_in_advance() -> None:
    turned = Fault(kind=FaultKind.TURNED, start_s=100.0, duration_s=20.0)
    scenario = Scenario(rain=((300.0, 400.0),), faults=(turned,))
    changes = scenario.changes(500.0)
    assert changes == [100.0, 120.0, 300.0, 400.0]
    assert [scenario.light_at(t) for t in changes[2:]] == [Light.RAIN, Light.DAY]
    assert Scenario(light=Light.NIGHT).changes(DAY_S) == []
