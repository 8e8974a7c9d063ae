"""The truth keeper, on road users that drive as told."""

from collections.abc import Callable

import pytest

from analytics.facts import Direction, IncidentType, Level
from analytics.ground_truth import GroundTruth
from analytics.road_users import RoadUser
from pipelines.config.geometry_file import CameraGeometry
from pipelines.recordings.evaluate.ground_truth_io import GroundTruthFile
from simulator.ground_truth.recorder import TruthKeeper, truth_json
from simulator.render.frame_renderer import Painter
from simulator.render.scenery import Scenery
from simulator.world.camera_model import IMAGE_SIZE, geometry_of
from simulator.world.scenario import Light
from simulator.world.sites import Point
from simulator.world.sumo_network import read_network
from simulator.world.sumo_traffic import STEP_S
from tests.simulator.conftest import Placed, moment_with

Cast = tuple[tuple[IncidentType, tuple[int, ...]], ...]


@pytest.fixture(scope="module")
def painter(scenery: Scenery) -> Painter:
    return scenery.painter(Light.DAY)


def watch(
    point: Point,
    painter: Painter,
    users_at: Callable[[float], list[Placed]],
    seconds: float,
    *,
    staged: Cast = (),
    unseen: tuple[float, float] = (-1.0, -1.0),
) -> GroundTruth:
    geometry = CameraGeometry.model_validate(geometry_of(point, read_network(point)))
    keeper = TruthKeeper(geometry.camera(point.id, IMAGE_SIZE))
    for number in range(round(seconds / STEP_S)):
        t = number * STEP_S
        if not unseen[0] <= t < unseen[1]:
            moment = moment_with(point, users_at(t), t, staged)
            keeper.observe(moment, painter.figures(moment))
    return keeper.truth()


def gate_along(point: Point) -> float:
    return read_network(point).stop_m(f"{point.watched.id}_in") + 9.0


def test_one_car_one_crossing_with_its_time_and_speed(point: Point, painter: Painter) -> None:
    truth = watch(point, painter, lambda t: [Placed("hatch", 15 + 10 * t, 4.0, speed=10.0)], 4.0)
    (crossing,) = truth.crossings
    assert (crossing.gate, crossing.direction, crossing.road_user) == ("keluar", Direction.A, RoadUser.CAR)
    assert crossing.speed_kmh == pytest.approx(36.0)
    rear_reaches_it = (gate_along(point) - 15 + 3.7 / 2) / 10
    assert crossing.t == pytest.approx(rear_reaches_it, abs=0.1)


def test_who_comes_in_crosses_the_other_gate_the_other_way(point: Point, painter: Painter) -> None:
    truth = watch(point, painter, lambda t: [Placed("matic", 45 - 10 * t, -5.0, speed=10.0, inward=True)], 3.0)
    assert [(c.gate, c.direction) for c in truth.crossings] == [("masuk", Direction.B)]


def test_what_happens_while_nobody_sees_it_is_not_asked_for(point: Point, painter: Painter) -> None:
    def drive(t: float) -> list[Placed]:
        return [Placed("hatch", 15 + 10 * t, 4.0, speed=10.0)]

    assert watch(point, painter, drive, 4.0, unseen=(0.5, 2.5)).crossings == ()


def test_intervals_hold_space_mean_speed_flow_and_level(point: Point, painter: Painter) -> None:
    def stream(t: float) -> list[Placed]:
        return [Placed("hatch", (8.0 * t + 25 * k) % 150, 4.0, key=k, speed=8.0) for k in range(6)]

    (interval,) = [i for i in watch(point, painter, stream, 59.0).intervals if i.zone == "keluar"]
    assert interval.speed_kmh == pytest.approx(28.8, abs=0.1)
    assert interval.flow_veh_h == pytest.approx(8.0 / 25 * 3600, rel=0.12)
    assert interval.level is Level.DENSE


def test_who_stands_behind_a_bus_counts_in_its_zone_from_when_it_shows(point: Point, painter: Painter) -> None:
    def behind(t: float, bus_leaves_s: float = 1e9) -> list[Placed]:
        bus = Placed("bus", 26 + 8 * max(0.0, t - bus_leaves_s), 4.0, key=1)
        return [bus, Placed("matic", 35, 4.0, key=2)]

    def counted(truth: GroundTruth) -> list[int]:
        return [i.vehicles for i in truth.intervals if i.zone == "keluar"]

    assert counted(watch(point, painter, behind, 10.0)) == [1]
    assert counted(watch(point, painter, lambda t: behind(t, bus_leaves_s=2.0), 10.0)) == [2]


def test_who_went_behind_a_bus_is_known_to_be_there(point: Point, painter: Painter) -> None:
    def pull_in(t: float) -> list[Placed]:
        return [Placed("bus", 26, 4.0, key=1), Placed("matic", max(35.0, 45.0 - 10 * t), 4.0, key=2)]

    (interval,) = [i for i in watch(point, painter, pull_in, 20.0).intervals if i.zone == "keluar"]
    (alone,) = [i for i in watch(point, painter, lambda t: pull_in(t)[:1], 20.0).intervals if i.zone == "keluar"]
    assert interval.vehicles == 2
    assert interval.density_veh_km_lane is not None
    assert alone.density_veh_km_lane is not None
    assert interval.density_veh_km_lane == pytest.approx(2 * alone.density_veh_km_lane, rel=0.03)


def test_a_breakdown_begins_when_the_vehicle_stands(point: Point, painter: Painter) -> None:
    def brake(t: float) -> list[Placed]:
        return [Placed("mpv", 20 + 8 * min(t, 2.0), 4.0, key=7, speed=8.0 if t < 2.0 else 0.0)]

    cast: Cast = ((IncidentType.STOPPED_VEHICLE, (7,)),)
    (incident,) = watch(point, painter, brake, 6.0, staged=cast).incidents
    assert incident.type is IncidentType.STOPPED_VEHICLE
    assert incident.zone == "keluar"
    assert incident.start_s == pytest.approx(2.0, abs=0.2)
    assert incident.end_s is None


def test_a_wrong_way_rider_counts_while_in_a_zone(point: Point, painter: Painter) -> None:
    def ride(t: float) -> list[Placed]:
        return [Placed("matic", 70 - 8 * t, 8.0, key=9, speed=8.0, inward=True)]

    (incident,) = watch(point, painter, ride, 12.0, staged=((IncidentType.WRONG_WAY, (9,)),)).incidents
    assert incident.start_s == pytest.approx((70 - 52) / 8, abs=0.4)
    assert incident.end_s is not None


def test_what_was_over_is_forgotten_and_what_goes_on_is_not(point: Point, painter: Painter) -> None:
    geometry = CameraGeometry.model_validate(geometry_of(point, read_network(point)))
    keeper = TruthKeeper(geometry.camera(point.id, IMAGE_SIZE))
    cast: Cast = ((IncidentType.STOPPED_VEHICLE, (7,)),)
    for number in range(round(130.0 / STEP_S)):
        t = number * STEP_S
        users = [Placed("mpv", 30, 4.0, key=7), Placed("matic", 45 - 10 * (t % 60), -5.0, key=int(t // 60), speed=10.0)]
        moment = moment_with(point, users, t, cast)
        keeper.observe(moment, painter.figures(moment))
        if number % 100 == 0:
            keeper.forget(t - 65.0)
    truth = keeper.truth()
    assert {i.start_s for i in truth.intervals} == {60.0, 120.0}
    assert [c.t > 120 for c in truth.crossings] == [True]
    assert [i.start_s for i in truth.incidents] == [pytest.approx(0.0, abs=0.2)]


def test_the_file_reads_back_as_written(point: Point, painter: Painter) -> None:
    truth = watch(point, painter, lambda t: [Placed("bus", 15 + 10 * t, 4.0, speed=10.0)], 4.0)
    again = GroundTruthFile.model_validate(truth_json(truth)).ground_truth()
    assert [(c.gate, c.road_user) for c in again.crossings] == [(c.gate, c.road_user) for c in truth.crossings]
    assert len(again.intervals) == len(truth.intervals)
