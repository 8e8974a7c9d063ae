"""SUMO traffic: reproducible by seed, on the left, with the incidents of the scenario."""

import numpy as np
import pytest

from analytics.facts import IncidentType
from analytics.geometry.plane import side_of_line
from simulator.cameras.simulated_camera import SimulatedCamera
from simulator.world.camera_model import camera_geometry
from simulator.world.scenario import IncidentPlan, Light, Scenario
from simulator.world.sites import Site, site_by_id
from simulator.world.sumo_network import read_network
from simulator.world.sumo_traffic import STEP_S, Traffic
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPES

pytestmark = pytest.mark.usefixtures("sumo")
BUSY = 1.4


def simulate(site: Site, seed: int, seconds: float, scenario: Scenario | None = None) -> list[TrafficState]:
    with Traffic(site, seed, scenario or Scenario(demand=BUSY)) as traffic:
        return [traffic.step() for _ in range(round(seconds / STEP_S))]


def test_the_same_seed_gives_the_same_traffic(site: Site) -> None:
    one, same, other = (simulate(site, seed, 8.0)[-1] for seed in (5, 5, 6))
    assert np.array_equal(one.keys, same.keys)
    assert np.array_equal(one.xy, same.xy)
    assert not np.array_equal(one.keys, other.keys)


def test_traffic_drives_on_the_left(site: Site) -> None:
    for state in simulate(site, 1, 15.0):
        for arm in site.arms:
            along, left = state.xy @ arm.outward, state.xy @ arm.left
            course = np.stack([np.cos(state.heading), np.sin(state.heading)], axis=1) @ arm.outward
            on_arm = (along > 30) & (np.abs(left) < 12)
            assert (np.sign(left[on_arm]) == np.sign(course[on_arm])).all()


def test_motorcycles_queue_side_by_side_at_a_red_light(site: Site) -> None:
    """At least three vehicles stand abreast in two lanes, which only the sublane model allows."""
    most = 0
    for state in simulate(site, 1, 90.0)[::25]:
        for arm in site.arms:
            along, left = state.xy @ arm.outward, state.xy @ arm.left
            waits = (state.speed < 0.5) & (left < 0) & (left > -8.5) & (along > 10) & (along < 60)
            rows = np.round(along[waits] / 2.0)
            most = max(most, int(np.unique(rows, return_counts=True)[1].max(initial=0)))
    assert most >= 3


@pytest.mark.parametrize(
    "kind",
    [
        IncidentType.STOPPED_VEHICLE,
        IncidentType.COLLISION,
        IncidentType.PERSON_ON_ROAD,
        IncidentType.WRONG_WAY,
        IncidentType.CONGESTION,
    ],
)
def test_each_planned_incident_occurs_in_view_of_the_camera(kind: IncidentType) -> None:
    plan = IncidentPlan(type=kind, start_s=3.0, duration_s={IncidentType.CONGESTION: 150.0}.get(kind, 25.0))
    scenario = Scenario(incidents=(plan,), light=Light.DAY, demand=BUSY)
    with SimulatedCamera(site_by_id("mata-kucing"), 2, scenario) as camera:
        for _ in range(round((105 if kind is IncidentType.CONGESTION else 70) / STEP_S)):
            camera.skip()
        incidents = camera.recorder.ground_truth().incidents
    assert [(i.type, i.zone) for i in incidents] == [(kind, "keluar")]


@pytest.mark.parametrize("kind", [IncidentType.STOPPED_VEHICLE, IncidentType.COLLISION])
@pytest.mark.parametrize("site_id", ["simpang-kuda", "kejaksaan", "pura-sei-ladi"])
def test_vehicles_for_a_breakdown_or_collision_arrive_in_time(kind: IncidentType, site_id: str) -> None:
    scenario = Scenario(incidents=(IncidentPlan(type=kind, start_s=20.0, duration_s=20.0),))
    moments = simulate(site_by_id(site_id), 4, 35.0, scenario)
    assert next((m.t for m in moments if m.active_incidents), None) == pytest.approx(27.5, abs=7.5)


def test_ground_truth_crossings_agree_with_crossings_on_the_ground() -> None:
    """Count again on the ground, by the centre of each road user instead of its box in the image."""
    site = site_by_id("mata-kucing")
    gates = {gate["id"]: gate["ground"] for gate in camera_geometry(site, read_network(site))["gates"]}
    scenario = Scenario(light=Light.DAY, demand=BUSY)
    with SimulatedCamera(site, 3, scenario) as camera:
        for _ in range(round(60 / STEP_S)):
            camera.skip()
        seen = camera.recorder.ground_truth().crossings
    for name, (p1, p2) in gates.items():
        counted: set[int] = set()
        near: set[int] = set()
        sides: dict[int, float] = {}
        for state in simulate(site, 3, 60.0, scenario):
            side = side_of_line(tuple(p1), tuple(p2), state.xy) / np.hypot(*np.subtract(p2, p1))
            share = (state.xy - p1) @ np.subtract(p2, p1) / np.sum(np.subtract(p2, p1) ** 2)
            for key, s, inside in zip(state.keys.tolist(), side, (share > 0) & (share < 1), strict=True):
                if inside and sides.get(key, s) * s < 0:
                    counted.add(key)
                sides[key] = s
            if state.t < 1 or state.t > 59:
                near |= set(state.keys[np.abs(side) < 10].tolist())
        assert abs(sum(c.gate == name for c in seen) - len(counted)) <= len(near)
        assert len(counted) > 5


def test_about_half_of_the_traffic_is_motorcycles(site: Site) -> None:
    seen = {
        key: vehicle_type
        for m in simulate(site, 1, 150.0)[::50]
        for key, vehicle_type in zip(m.keys, m.type_index, strict=True)
    }
    riders = sum(VEHICLE_TYPES[vehicle_type].splits_lanes for vehicle_type in seen.values())
    assert 0.4 < riders / len(seen) < 0.7
