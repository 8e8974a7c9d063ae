"""The ground truth recorder, with road users on prescribed trajectories."""

import pytest

from analytics.facts import Direction, IncidentType, Level
from analytics.ground_truth import GroundTruth
from analytics.road_users import RoadUser
from pipelines.recordings.evaluate.ground_truth_io import GroundTruthFile
from simulator.ground_truth.json_document import ground_truth_json
from simulator.render.frame_renderer import FrameRenderer
from simulator.render.scenery import Scenery
from simulator.world.scenario import Light
from simulator.world.sites import Site
from simulator.world.sumo_network import read_network
from simulator.world.sumo_traffic import STEP_S
from tests.support.placed_road_users import PlacedUser, record_ground_truth, recorder_of, traffic_state_with

Cast = tuple[tuple[IncidentType, tuple[int, ...]], ...]


@pytest.fixture(scope="module")
def renderer(scenery: Scenery) -> FrameRenderer:
    return scenery.renderer(Light.DAY)


def gate_along(site: Site) -> float:
    return read_network(site).stop_m(f"{site.observed_arm.id}_in") + 9.0


def test_one_car_one_crossing_with_its_time_and_speed(site: Site, renderer: FrameRenderer) -> None:
    truth = record_ground_truth(site, renderer, lambda t: [PlacedUser("hatch", 15 + 10 * t, 4.0, speed=10.0)], 4.0)
    (crossing,) = truth.crossings
    assert (crossing.gate, crossing.direction, crossing.road_user) == ("keluar", Direction.A, RoadUser.CAR)
    assert crossing.speed_kmh == pytest.approx(36.0)
    rear_reaches_it = (gate_along(site) - 15 + 3.7 / 2) / 10
    assert crossing.t == pytest.approx(rear_reaches_it, abs=0.1)


def test_inbound_traffic_crosses_the_other_gate_in_the_other_direction(site: Site, renderer: FrameRenderer) -> None:
    truth = record_ground_truth(
        site, renderer, lambda t: [PlacedUser("matic", 45 - 10 * t, -5.0, speed=10.0, inward=True)], 3.0
    )
    assert [(c.gate, c.direction) for c in truth.crossings] == [("masuk", Direction.B)]


def test_crossings_in_unseen_time_are_excluded(site: Site, renderer: FrameRenderer) -> None:
    def drive(t: float) -> list[PlacedUser]:
        return [PlacedUser("hatch", 15 + 10 * t, 4.0, speed=10.0)]

    assert record_ground_truth(site, renderer, drive, 4.0, unseen=(0.5, 2.5)).crossings == ()


def test_intervals_have_space_mean_speed_flow_and_level(site: Site, renderer: FrameRenderer) -> None:
    def stream(t: float) -> list[PlacedUser]:
        return [PlacedUser("hatch", (8.0 * t + 25 * k) % 150, 4.0, key=k, speed=8.0) for k in range(6)]

    (interval,) = [i for i in record_ground_truth(site, renderer, stream, 59.0).intervals if i.zone == "keluar"]
    assert interval.speed_kmh == pytest.approx(28.8, abs=0.1)
    assert interval.flow_veh_h == pytest.approx(8.0 / 25 * 3600, rel=0.12)
    assert interval.level is Level.DENSE


def test_a_vehicle_behind_a_bus_counts_from_its_first_visible_frame(site: Site, renderer: FrameRenderer) -> None:
    def behind(t: float, bus_leaves_s: float = 1e9) -> list[PlacedUser]:
        bus = PlacedUser("bus", 26 + 8 * max(0.0, t - bus_leaves_s), 4.0, key=1)
        return [bus, PlacedUser("matic", 35, 4.0, key=2)]

    def counted(truth: GroundTruth) -> list[int]:
        return [i.vehicles for i in truth.intervals if i.zone == "keluar"]

    assert counted(record_ground_truth(site, renderer, behind, 10.0)) == [1]
    assert counted(record_ground_truth(site, renderer, lambda t: behind(t, bus_leaves_s=2.0), 10.0)) == [2]


def test_a_vehicle_that_drives_behind_a_bus_still_counts(site: Site, renderer: FrameRenderer) -> None:
    def pull_in(t: float) -> list[PlacedUser]:
        return [PlacedUser("bus", 26, 4.0, key=1), PlacedUser("matic", max(35.0, 45.0 - 10 * t), 4.0, key=2)]

    (interval,) = [i for i in record_ground_truth(site, renderer, pull_in, 20.0).intervals if i.zone == "keluar"]
    (alone,) = [
        i for i in record_ground_truth(site, renderer, lambda t: pull_in(t)[:1], 20.0).intervals if i.zone == "keluar"
    ]
    assert interval.vehicles == 2
    assert interval.density_veh_km_lane is not None
    assert alone.density_veh_km_lane is not None
    assert interval.density_veh_km_lane == pytest.approx(2 * alone.density_veh_km_lane, rel=0.03)


def test_a_breakdown_begins_when_the_vehicle_is_stationary(site: Site, renderer: FrameRenderer) -> None:
    def brake(t: float) -> list[PlacedUser]:
        return [PlacedUser("mpv", 20 + 8 * min(t, 2.0), 4.0, key=7, speed=8.0 if t < 2.0 else 0.0)]

    cast: Cast = ((IncidentType.STOPPED_VEHICLE, (7,)),)
    (incident,) = record_ground_truth(site, renderer, brake, 6.0, active_incidents=cast).incidents
    assert incident.type is IncidentType.STOPPED_VEHICLE
    assert incident.zone == "keluar"
    assert incident.start_s == pytest.approx(2.0, abs=0.2)
    assert incident.end_s is None


def test_a_wrong_way_rider_counts_while_in_a_zone(site: Site, renderer: FrameRenderer) -> None:
    def ride(t: float) -> list[PlacedUser]:
        return [PlacedUser("matic", 70 - 8 * t, 8.0, key=9, speed=8.0, inward=True)]

    (incident,) = record_ground_truth(
        site, renderer, ride, 12.0, active_incidents=((IncidentType.WRONG_WAY, (9,)),)
    ).incidents
    assert incident.start_s == pytest.approx((70 - 52) / 8, abs=0.4)
    assert incident.end_s is not None


def test_ended_entries_are_dropped_and_open_ones_kept(site: Site, renderer: FrameRenderer) -> None:
    recorder = recorder_of(site)
    cast: Cast = ((IncidentType.STOPPED_VEHICLE, (7,)),)
    for number in range(round(130.0 / STEP_S)):
        t = number * STEP_S
        users = [
            PlacedUser("mpv", 30, 4.0, key=7),
            PlacedUser("matic", 45 - 10 * (t % 60), -5.0, key=int(t // 60), speed=10.0),
        ]
        state = traffic_state_with(site, users, t, cast)
        recorder.update(state, renderer.project(state))
        if number % 100 == 0:
            recorder.drop_before(t - 65.0)
    truth = recorder.ground_truth()
    assert {i.start_s for i in truth.intervals} == {60.0, 120.0}
    assert [c.t > 120 for c in truth.crossings] == [True]
    assert [i.start_s for i in truth.incidents] == [pytest.approx(0.0, abs=0.2)]


def test_the_file_reads_back_as_written(site: Site, renderer: FrameRenderer) -> None:
    truth = record_ground_truth(site, renderer, lambda t: [PlacedUser("bus", 15 + 10 * t, 4.0, speed=10.0)], 4.0)
    again = GroundTruthFile.model_validate(ground_truth_json(truth)).ground_truth()
    assert [(c.gate, c.road_user) for c in again.crossings] == [(c.gate, c.road_user) for c in truth.crossings]
    assert len(again.intervals) == len(truth.intervals)
