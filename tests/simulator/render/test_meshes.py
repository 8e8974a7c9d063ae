"""Meshes have the size of their vehicle type, outward normals and a digest of their shapes."""

import cv2
import numpy as np
import pytest

from analytics.road_users import RoadUser
from simulator.render.mesh_building import Mesh
from simulator.render.meshes import mesh_of, shapes_digest
from simulator.world.vehicle_types import TRAFFIC_SHARES, TRAFFIC_TYPES, VEHICLE_TYPES, VehicleType


@pytest.mark.parametrize("vehicle_type", VEHICLE_TYPES, ids=lambda vehicle_type: vehicle_type.name)
def test_the_mesh_has_the_size_of_the_vehicle_type(vehicle_type: VehicleType) -> None:
    corners = mesh_of(vehicle_type.name, 0).corners.reshape(-1, 3)
    size = corners.max(axis=0) - corners.min(axis=0)
    np.testing.assert_allclose(size, [vehicle_type.length_m, vehicle_type.width_m, vehicle_type.height_m], atol=0.18)
    assert abs(corners[:, 2].min()) < 0.05


@pytest.mark.parametrize("vehicle_type", VEHICLE_TYPES, ids=lambda vehicle_type: vehicle_type.name)
def test_normals_have_unit_length_and_mostly_point_outward(vehicle_type: VehicleType) -> None:
    mesh = mesh_of(vehicle_type.name, 1)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)
    outward = np.einsum("fi,fi->f", mesh.normals, mesh.corners.mean(axis=1) - mesh.centres[mesh.group])
    assert np.mean(outward > 0) > (0.7 if vehicle_type.name == "bicycle" else 0.8)  # its wheels also have inner faces


def test_a_bicycle_is_transparent_from_the_side_and_its_rider_pedals() -> None:
    left_up, right_up = (mesh_of("bicycle", variant) for variant in (0, 1))
    for mesh in (left_up, right_up):
        assert _seen_from_the_side(mesh) < 0.6 * _seen_from_the_side(mesh_of("matic", 0))
    assert not np.array_equal(left_up.corners, right_up.corners)


def _seen_from_the_side(mesh: Mesh) -> int:
    """Covered area below the saddle, square centimetres."""
    canvas = np.zeros((85, 240), np.uint8)
    for face in mesh.corners:
        cv2.fillConvexPoly(canvas, np.round(face[:, [0, 2]] * 100 + [120, 0]).astype(np.int32), (1,))
    return int(canvas.sum())


def test_the_digest_changes_with_a_shape() -> None:
    before = shapes_digest()
    assert before == shapes_digest()
    mesh = mesh_of("pedestrian", 0)
    mesh.corners[0, 0, 0] += 0.01
    try:
        assert shapes_digest() != before
    finally:
        mesh.corners[0, 0, 0] -= 0.01


def test_half_of_the_traffic_rides_motorcycles() -> None:
    share = sum(
        s
        for vehicle_type, s in zip(TRAFFIC_TYPES, TRAFFIC_SHARES, strict=True)
        if vehicle_type.road_user is RoadUser.MOTORCYCLE
    )
    assert 0.45 < share < 0.65
