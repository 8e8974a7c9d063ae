"""The script of the city: from its seed alone, and never two things that hide each other."""

from simulator.world.scenario import DAY_S, FaultKind, Light, Script, city_script, demand_at
from simulator.world.sites import all_points

POINTS = all_points()


def test_the_same_seed_gives_the_same_script_and_another_another() -> None:
    assert city_script(POINTS, 3, 1200) == city_script(POINTS, 3, 1200)
    assert city_script(POINTS, 3, 1200) != city_script(POINTS, 4, 1200)


def test_every_kind_of_incident_and_fault_comes_within_an_hour() -> None:
    scripts = city_script(POINTS, 1, 3600).values()
    assert len({act.type for script in scripts for act in script.acts}) == 5
    assert {fault.kind for script in scripts for fault in script.faults} == set(FaultKind)


def test_no_incident_happens_while_its_camera_is_down() -> None:
    for script in city_script(POINTS, 2, 3600).values():
        for act in script.acts:
            assert not any(fault.holds(act.start_s + s) for fault in script.faults for s in (0, act.duration_s))


def test_a_power_cut_takes_all_cameras_of_the_site() -> None:
    for seed in range(40):
        scripts = city_script(POINTS, seed, 1800)
        cuts = [f for f in scripts["engku-putri-utara"].faults if f.kind is FaultKind.POWER_CUT]
        assert cuts == [f for f in scripts["engku-putri-selatan"].faults if f.kind is FaultKind.POWER_CUT]


def test_a_day_has_rush_hours_and_a_night() -> None:
    assert demand_at(7.5) > 1.5 * demand_at(10) > 1.5 * demand_at(2)
    assert set(Script(rain=((300.0, 400.0),)).lights(DAY_S)) == set(Light)
    assert Script(light=Light.NIGHT).lights(DAY_S) == [Light.NIGHT]
