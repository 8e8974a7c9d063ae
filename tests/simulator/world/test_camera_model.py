"""What each camera's geometry file says agrees with its perspective."""

import numpy as np
import pytest

from analytics.geometry.plane import segments_cross
from pipelines.config.geometry_file import CameraGeometry
from simulator.world.camera_model import IMAGE_SIZE, geometry_of, view_of
from simulator.world.sites import Point, all_points, point_of
from simulator.world.sumo_network import read_network


@pytest.mark.parametrize("point", all_points(), ids=lambda point: point.id)
def test_the_homography_brings_gates_back_to_where_they_lie_on_the_ground(point: Point) -> None:
    said = geometry_of(point, read_network(point))
    camera = CameraGeometry.model_validate(said).camera(point.id, IMAGE_SIZE)
    assert camera.homography is not None
    for gate in said["gates"]:
        np.testing.assert_allclose(camera.homography.to_ground([gate["p1"], gate["p2"]]), gate["ground"], atol=0.05)


@pytest.mark.parametrize("point", all_points(), ids=lambda point: point.id)
def test_zones_point_the_way_their_lanes_are_driven(point: Point) -> None:
    network, view = read_network(point), view_of(point)
    for zone, side in zip(geometry_of(point, network)["zones"], ("in", "out"), strict=True):
        course = network.lanes_of(f"{point.watched.id}_{side}")[0].centre[[0, -1]]
        step = (
            course[0] + (course[1] - course[0]) * np.array([[0.7], [0.75]])
            if side == "in"
            else course[0] + (course[1] - course[0]) * np.array([[0.2], [0.25]])
        )
        a, b = view.on_ground(step)
        assert (b - a) @ np.array(zone["direction"]) > 0


def test_a_lane_crosses_its_gate_and_not_the_other() -> None:
    point = point_of("tugu-madani")
    network = read_network(point)
    gates = {gate["id"]: gate["ground"] for gate in geometry_of(point, network)["gates"]}
    way_out = network.lanes_of(f"{point.watched.id}_out")[0].centre[[0, -1]]
    assert segments_cross(*way_out, *gates["keluar"])
    assert not segments_cross(*way_out, *gates["masuk"])


def test_what_is_nearer_looks_larger_and_lies_lower() -> None:
    point = point_of("simpang-kuda")
    view, arm = view_of(point), point.watched
    near, far = view.on_ground([arm.place(20, 0), arm.place(60, 0)])
    assert near[1] > far[1]
    widths = [np.ptp(view.on_ground([arm.place(along, -3), arm.place(along, 3)])[:, 0]) for along in (20, 60)]
    assert widths[0] > 2 * widths[1]


def test_a_turned_camera_sees_something_else() -> None:
    point = point_of("simpang-kuda")
    place = [point.watched.place(30, 0)]
    moved = view_of(point, turned=True).on_ground(place) - view_of(point).on_ground(place)
    assert np.abs(moved).max() > 100
