"""The camera.json of each site agrees with the perspective of its camera."""

import numpy as np
import pytest

from analytics.geometry.plane import segments_cross
from pipelines.config.geometry_file import CameraGeometry
from simulator.world.camera_model import IMAGE_SIZE, camera_geometry, camera_model
from simulator.world.sites import Site, all_sites, site_by_id
from simulator.world.sumo_network import read_network


@pytest.mark.parametrize("site", all_sites(), ids=lambda site: site.id)
def test_the_homography_maps_gates_to_their_ground_positions(site: Site) -> None:
    document = camera_geometry(site, read_network(site))
    camera = CameraGeometry.model_validate(document).camera(site.id, IMAGE_SIZE)
    assert camera.homography is not None
    for gate in document["gates"]:
        np.testing.assert_allclose(camera.homography.to_ground([gate["p1"], gate["p2"]]), gate["ground"], atol=0.05)


@pytest.mark.parametrize("site", all_sites(), ids=lambda site: site.id)
def test_zone_directions_are_those_of_their_lanes(site: Site) -> None:
    network, camera = read_network(site), camera_model(site)
    for zone, side in zip(camera_geometry(site, network)["zones"], ("in", "out"), strict=True):
        course = network.lanes_of(f"{site.observed_arm.id}_{side}")[0].centre[[0, -1]]
        step = (
            course[0] + (course[1] - course[0]) * np.array([[0.7], [0.75]])
            if side == "in"
            else course[0] + (course[1] - course[0]) * np.array([[0.2], [0.25]])
        )
        a, b = camera.project_ground(step)
        assert (b - a) @ np.array(zone["direction"]) > 0


def test_a_lane_crosses_only_its_own_gate() -> None:
    site = site_by_id("tugu-madani")
    network = read_network(site)
    gates = {gate["id"]: gate["ground"] for gate in camera_geometry(site, network)["gates"]}
    way_out = network.lanes_of(f"{site.observed_arm.id}_out")[0].centre[[0, -1]]
    assert segments_cross(*way_out, *gates["keluar"])
    assert not segments_cross(*way_out, *gates["masuk"])


def test_nearer_objects_are_larger_and_lower_in_the_image() -> None:
    site = site_by_id("simpang-kuda")
    camera, arm = camera_model(site), site.observed_arm
    near, far = camera.project_ground([arm.position(20, 0), arm.position(60, 0)])
    assert near[1] > far[1]
    widths = [
        np.ptp(camera.project_ground([arm.position(along, -3), arm.position(along, 3)])[:, 0]) for along in (20, 60)
    ]
    assert widths[0] > 2 * widths[1]


def test_a_turned_camera_has_another_view() -> None:
    site = site_by_id("simpang-kuda")
    position = [site.observed_arm.position(30, 0)]
    moved = camera_model(site, turned=True).project_ground(position) - camera_model(site).project_ground(position)
    assert np.abs(moved).max() > 100
