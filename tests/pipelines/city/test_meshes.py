"""Meshes have the size that the simulation gives the road user, and no holes in their numbers."""

import numpy as np
import pytest

from analytics.facts import RoadUser
from pipelines.city.bodies import ALL_BODIES, BODIES, SHARES, Body
from pipelines.city.meshes import mesh_of


@pytest.mark.parametrize("body", ALL_BODIES, ids=lambda body: body.name)
def test_the_mesh_is_as_large_as_the_body(body: Body) -> None:
    corners = mesh_of(body.name, 0).corners.reshape(-1, 3)
    size = corners.max(axis=0) - corners.min(axis=0)
    np.testing.assert_allclose(size, [body.length_m, body.width_m, body.height_m], atol=0.18)
    assert abs(corners[:, 2].min()) < 0.05


@pytest.mark.parametrize("body", ALL_BODIES, ids=lambda body: body.name)
def test_normals_are_of_unit_length_and_point_outward_on_the_whole(body: Body) -> None:
    mesh = mesh_of(body.name, 1)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)
    outward = np.einsum("fi,fi->f", mesh.normals, mesh.corners.mean(axis=1) - mesh.centres[mesh.group])
    assert np.mean(outward > 0) > 0.8


def test_half_of_the_traffic_rides_motorcycles() -> None:
    share = sum(s for body, s in zip(BODIES, SHARES, strict=True) if body.road_user is RoadUser.MOTORCYCLE)
    assert 0.45 < share < 0.65
