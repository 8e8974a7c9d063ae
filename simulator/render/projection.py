"""Projection of the traffic state into the image: visible faces, their colours and their drawing order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.render.colours import colour_table, mesh_variant
from simulator.render.lighting import Lighting
from simulator.render.mesh_building import Material, Mesh
from simulator.render.meshes import ANIMATED_TYPES, VARIANTS, mesh_of
from simulator.world.camera_model import IMAGE_SIZE, CameraModel
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPES

MIN_DEPTH_M, MAX_DEPTH_M = 7.0, 190.0
"""Smallest and largest depth of a drawn road user, metres [assumption]."""

MARGIN_PX = 120.0
"""A road user is drawn where its centre is at most this far outside the image, pixels [assumption]."""

GAIT_PHASE_S = 0.45
"""Duration of one phase of walking or pedalling, seconds [assumption]."""

_MAX_REFLECTION = 0.55
"""Share of the sky that a window reflects at a grazing angle, 0..1 [assumption]."""


@dataclass(frozen=True)
class ProjectedRoadUsers:
    """Road users in the image, from far to near.

    chosen: (N,) index into the traffic state. box: (N, 4) exact x1, y1, x2, y2 in pixels, not clipped to the image.
    depth: (N,) metres. corners: (F, 8, 2) pixels and colours: (F, 3) BGR of the faces in drawing order.
    first: (N + 1,) the faces of road user i are `first[i]:first[i + 1]`.
    """

    chosen: NDArray[np.int64]
    box: NDArray[np.float64]
    depth: NDArray[np.float64]
    corners: NDArray[np.float64]
    colours: NDArray[np.float64]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.chosen)


def project_road_users(state: TrafficState, camera: CameraModel, lighting: Lighting) -> ProjectedRoadUsers:
    """Project all road users of a state into the image and colour their visible faces."""
    chosen = _in_view(state, camera)
    if len(chosen) == 0:
        none = np.empty(0, np.int64)
        return ProjectedRoadUsers(
            none, np.empty((0, 4)), np.empty(0), np.empty((0, 8, 2)), np.empty((0, 3)), np.zeros(1, np.int64)
        )
    meshes = [_mesh(state, k) for k in chosen]
    turn, position = _turns(state.heading[chosen]), np.column_stack([state.xy[chosen], np.zeros(len(chosen))])
    box, reach = _extents(meshes, turn, position, camera)
    faces = [_faces_in_order(mesh, (camera.eye - position[i]) @ turn[i]) for i, mesh in enumerate(meshes)]
    parts = list(zip(meshes, faces, turn, position, strict=True))
    corners = np.concatenate([mesh.corners[shown] @ turned.T + at for mesh, shown, turned, at in parts])
    colours = _lit(
        state,
        chosen,
        owner=np.repeat(np.arange(len(chosen)), [len(shown) for shown in faces]),
        materials=np.concatenate([mesh.material[shown] for mesh, shown, _, _ in parts]),
        normals=np.concatenate([mesh.normals[shown] @ turned.T for mesh, shown, turned, _ in parts]),
        positions=corners[:, 0],
        camera=camera,
        lighting=lighting,
    )
    first = np.cumsum([0, *(len(shown) for shown in faces)])
    return ProjectedRoadUsers(chosen, box, reach, camera.project(corners)[0], colours, first)


def _extents(
    meshes: list[Mesh], turn: NDArray[np.float64], position: NDArray[np.float64], camera: CameraModel
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Box (N, 4) in pixels and smallest depth (N,) in metres of each road user."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    pixels, depth = camera.project(
        np.concatenate([mesh.vertices @ turn[i].T + position[i] for i, mesh in enumerate(meshes)])
    )
    low, high = np.minimum.reduceat(pixels, starts), np.maximum.reduceat(pixels, starts)
    return np.column_stack([low, high]), np.minimum.reduceat(depth, starts)


def _faces_in_order(mesh: Mesh, eye: NDArray[np.float64]) -> NDArray[np.int64]:
    """Faces that the camera sees, from the farthest group to the nearest. eye: (3,) in the coordinates of the mesh."""
    shown = np.flatnonzero(np.einsum("fi,fi->f", mesh.normals, eye - mesh.corners[:, 0]) > 0)
    away = np.linalg.norm(mesh.centres - eye, axis=1)
    return shown[np.argsort(-away[mesh.group[shown]], kind="stable")]


def _in_view(state: TrafficState, camera: CameraModel) -> NDArray[np.int64]:
    """Indices (N,) of the road users in the image, from far to near."""
    pixels, depth = camera.project(np.column_stack([state.xy, np.full(len(state), 0.7)]))
    inside = ((pixels > -MARGIN_PX) & (pixels < np.array(IMAGE_SIZE) + MARGIN_PX)).all(axis=1)
    chosen = np.flatnonzero(inside & (depth > MIN_DEPTH_M) & (depth < MAX_DEPTH_M))
    away = np.linalg.norm(state.xy[chosen] - camera.eye[:2], axis=1)
    return chosen[np.argsort(-away, kind="stable")]


def _mesh(state: TrafficState, k: int) -> Mesh:
    vehicle_type = VEHICLE_TYPES[state.type_index[k]]
    if vehicle_type.name in ANIMATED_TYPES:
        return mesh_of(vehicle_type.name, int(state.t / GAIT_PHASE_S) % VARIANTS if state.speed[k] > 0.1 else 0)
    return mesh_of(vehicle_type.name, mesh_variant(int(state.keys[k])))


def _turns(heading: NDArray[np.float64]) -> NDArray[np.float64]:
    c, s, zero, one = np.cos(heading), np.sin(heading), np.zeros_like(heading), np.ones_like(heading)
    return np.stack([c, -s, zero, s, c, zero, zero, zero, one], axis=1).reshape(-1, 3, 3)


def _lit(
    state: TrafficState,
    chosen: NDArray[np.int64],
    *,
    owner: NDArray[np.int64],
    materials: NDArray[np.int64],
    normals: NDArray[np.float64],
    positions: NDArray[np.float64],
    camera: CameraModel,
    lighting: Lighting,
) -> NDArray[np.float64]:
    """Colours (F, 3), BGR 0..255: material under this light, reflections on glass, lamps and haze.

    owner: (F,) road user of each face, index into `chosen`.
    """
    tables = np.stack([colour_table(int(state.keys[k]), int(state.type_index[k])) for k in chosen])
    away = np.linalg.norm(positions - camera.eye, axis=1, keepdims=True)
    glance = 1 - np.abs(np.einsum("fi,fi->f", normals, (camera.eye - positions) / away))
    colours = tables[owner, materials] * lighting.shade(normals)
    glass = (materials == Material.GLASS)[:, None]
    sky = np.array(lighting.sky[0]) * (0.35 + 0.65 * np.clip(normals[:, 2:], 0, 1))
    mirrored = (0.18 + _MAX_REFLECTION * glance**3)[:, None]
    colours = np.where(glass, colours * (1 - mirrored) + sky * mirrored, colours)
    colours = _with_lamps(colours, materials, owner, state=state, chosen=chosen, lighting=lighting)
    fade = np.exp(-away / lighting.haze_m)
    return np.asarray(np.clip(colours * fade + np.array(lighting.haze) * (1 - fade), 0, 255))


def _with_lamps(
    colours: NDArray[np.float64],
    materials: NDArray[np.int64],
    owner: NDArray[np.int64],
    *,
    state: TrafficState,
    chosen: NDArray[np.int64],
    lighting: Lighting,
) -> NDArray[np.float64]:
    braking, hazard = state.braking[chosen][owner], state.hazard[chosen][owner]
    blinks = hazard & (state.t % 0.8 < 0.4)
    lit = lighting.lamps or lighting.wet
    tail = materials == Material.TAILLAMP
    colours[tail & braking] = (70, 60, 250)
    if lit:
        colours[tail & ~braking] = (50, 40, 190)
        colours[materials == Material.HEADLAMP] = (235, 250, 255)
    colours[(materials == Material.BLINKER) & blinks] = (40, 170, 255)
    return colours
