"""From a moment to the faces that show: positions, perspective, light, and the order in which they are drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.render.colours import colours_of, variant_of
from simulator.render.lighting import Lighting
from simulator.render.mesh_building import Mesh, Paint
from simulator.render.meshes import MOVES, VARIANTS, mesh_of
from simulator.world.camera_model import IMAGE_SIZE, View
from simulator.world.traffic_state import Moment
from simulator.world.vehicle_types import ALL_BODIES

NEAREST_M, FARTHEST_M = 2.0, 190.0
OUTSIDE_PX = 120.0
STRIDE_S = 0.45
_SHINE = 0.55
"""How much of the sky a window mirrors at a glancing angle."""


@dataclass(frozen=True)
class Figures:
    """Road users in view, from far to near.

    chosen: (N,) index into the moment. box: (N, 4) exact x1, y1, x2, y2, not clipped. depth: (N,) metres.
    corners: (F, 8, 2) pixels, colours: (F, 3) BGR, of the faces in drawing order.
    first: (N + 1,) the faces of figure i are first[i]:first[i + 1].
    """

    chosen: NDArray[np.int64]
    box: NDArray[np.float64]
    depth: NDArray[np.float64]
    corners: NDArray[np.float64]
    colours: NDArray[np.float64]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.chosen)


def figures_of(moment: Moment, view: View, lighting: Lighting) -> Figures:
    chosen = _in_view(moment, view)
    if len(chosen) == 0:
        none = np.empty(0, np.int64)
        return Figures(
            none, np.empty((0, 4)), np.empty(0), np.empty((0, 8, 2)), np.empty((0, 3)), np.zeros(1, np.int64)
        )
    meshes = [_mesh(moment, k) for k in chosen]
    counts = np.array([len(mesh.paint) for mesh in meshes])
    owner = np.repeat(np.arange(len(chosen)), counts)
    turn, place = _turns(moment.heading[chosen]), np.column_stack([moment.xy[chosen], np.zeros(len(chosen))])
    corners = np.concatenate([mesh.corners @ turn[i].T + place[i] for i, mesh in enumerate(meshes)])
    normals = np.concatenate([mesh.normals @ turn[i].T for i, mesh in enumerate(meshes)])
    pixels, depth = view.project(corners)
    starts = np.concatenate([[0], np.cumsum(counts)])
    flat = pixels.reshape(len(pixels), -1, 2)
    low = np.minimum.reduceat(flat.min(axis=1), starts[:-1])
    high = np.maximum.reduceat(flat.max(axis=1), starts[:-1])
    shows = np.einsum("fi,fi->f", normals, view.eye - corners[:, 0]) > 0
    colours = _lit(moment, chosen, meshes, normals=normals, places=corners[:, 0], view=view, lighting=lighting)
    nearness = _group_distance(meshes, turn, place, view)
    order = np.lexsort((np.arange(len(owner)), -nearness, owner))
    order = order[shows[order]]
    first = np.searchsorted(owner[order], np.arange(len(chosen) + 1))
    reach = np.minimum.reduceat(depth.min(axis=1), starts[:-1])
    return Figures(chosen, np.column_stack([low, high]), reach, pixels[order], colours[order], first)


def _in_view(moment: Moment, view: View) -> NDArray[np.int64]:
    """(N,) from far to near."""
    pixels, depth = view.project(np.column_stack([moment.xy, np.full(len(moment), 0.7)]))
    inside = ((pixels > -OUTSIDE_PX) & (pixels < np.array(IMAGE_SIZE) + OUTSIDE_PX)).all(axis=1)
    chosen = np.flatnonzero(inside & (depth > NEAREST_M + 5) & (depth < FARTHEST_M))
    away = np.linalg.norm(moment.xy[chosen] - view.eye[:2], axis=1)
    return chosen[np.argsort(-away, kind="stable")]


def _mesh(moment: Moment, k: int) -> Mesh:
    body = ALL_BODIES[moment.body[k]]
    if body.name in MOVES:
        return mesh_of(body.name, int(moment.t / STRIDE_S) % VARIANTS if moment.speed[k] > 0.1 else 0)
    return mesh_of(body.name, variant_of(int(moment.keys[k])))


def _turns(heading: NDArray[np.float64]) -> NDArray[np.float64]:
    c, s, zero, one = np.cos(heading), np.sin(heading), np.zeros_like(heading), np.ones_like(heading)
    return np.stack([c, -s, zero, s, c, zero, zero, zero, one], axis=1).reshape(-1, 3, 3)


def _group_distance(
    meshes: list[Mesh], turn: NDArray[np.float64], place: NDArray[np.float64], view: View
) -> NDArray[np.float64]:
    """(F,) of the middle of each face's group."""
    away = [
        np.linalg.norm(mesh.centres @ turn[i].T + place[i] - view.eye, axis=1)[mesh.group]
        for i, mesh in enumerate(meshes)
    ]
    return np.concatenate(away)


def _lit(
    moment: Moment,
    chosen: NDArray[np.int64],
    meshes: list[Mesh],
    *,
    normals: NDArray[np.float64],
    places: NDArray[np.float64],
    view: View,
    lighting: Lighting,
) -> NDArray[np.float64]:
    """(F, 3) BGR 0..255: paint under this light, glass that mirrors the sky, lamps that shine, and haze."""
    paints = np.concatenate([mesh.paint for mesh in meshes])
    owner = np.repeat(np.arange(len(chosen)), [len(mesh.paint) for mesh in meshes])
    tables = np.stack([colours_of(int(moment.keys[k]), int(moment.body[k])) for k in chosen])
    away = np.linalg.norm(places - view.eye, axis=1, keepdims=True)
    glance = 1 - np.abs(np.einsum("fi,fi->f", normals, (view.eye - places) / away))
    colours = tables[owner, paints] * lighting.shade(normals)
    glass = (paints == Paint.GLASS)[:, None]
    sky = np.array(lighting.sky[0]) * (0.35 + 0.65 * np.clip(normals[:, 2:], 0, 1))
    mirrored = (0.18 + _SHINE * glance**3)[:, None]
    colours = np.where(glass, colours * (1 - mirrored) + sky * mirrored, colours)
    colours = _with_lamps(colours, paints, owner, moment=moment, chosen=chosen, lighting=lighting)
    fade = np.exp(-away / lighting.haze_m)
    return np.asarray(np.clip(colours * fade + np.array(lighting.haze) * (1 - fade), 0, 255))


def _with_lamps(
    colours: NDArray[np.float64],
    paints: NDArray[np.int64],
    owner: NDArray[np.int64],
    *,
    moment: Moment,
    chosen: NDArray[np.int64],
    lighting: Lighting,
) -> NDArray[np.float64]:
    braking, hazard = moment.braking[chosen][owner], moment.hazard[chosen][owner]
    blinks = hazard & (moment.t % 0.8 < 0.4)
    lit = lighting.lamps or lighting.wet
    tail = paints == Paint.TAILLAMP
    colours[tail & braking] = (70, 60, 250)
    if lit:
        colours[tail & ~braking] = (50, 40, 190)
        colours[paints == Paint.HEADLAMP] = (235, 250, 255)
    colours[(paints == Paint.BLINKER) & blinks] = (40, 170, 255)
    return colours
