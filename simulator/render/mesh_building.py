"""Construction of the meshes of road users from extruded outlines, wheels, tubes and panels.

Local coordinates in metres: x forward, y to the left, z up; the origin is on the ground below the centre.
Within a group, later faces are drawn over earlier ones. Groups are drawn from far to near. Faces that point away from
the camera are not drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

CORNERS = 8
"""Number of corners of every face; a face with fewer repeats its last corner."""


class Material(IntEnum):
    """Material of a face; `colours.colour_table` gives its colour for each road user."""

    BODY = 0
    BODY_LOW = 1
    GLASS = 2
    TYRE = 3
    TRIM = 4
    HEADLAMP = 5
    TAILLAMP = 6
    PLATE = 7
    SKIN = 8
    JACKET = 9
    TROUSERS = 10
    HELMET = 11
    CARGO = 12
    SECOND = 13
    HUB = 14
    SECOND_JACKET = 15
    BLINKER = 16


@dataclass(frozen=True)
class Mesh:
    """Mesh of F faces in G groups. corners: (F, CORNERS, 3) metres. normals: (F, 3). centres: (G, 3) of the groups.

    material: (F,) values of `Material`. group: (F,) group of each face. vertices: (V, 3) distinct corners.
    """

    corners: NDArray[np.float64]
    normals: NDArray[np.float64]
    material: NDArray[np.int64]
    group: NDArray[np.int64]
    centres: NDArray[np.float64]
    vertices: NDArray[np.float64]


Point3 = tuple[float, float, float]
"""x, y and z in metres."""

Profile = Sequence[tuple[float, float, float]]
"""Convex outline: x, z and half width at each corner, metres."""


class MeshBuilder:
    """Collects faces; `mesh` returns the result. All lengths are metres."""

    def __init__(self) -> None:
        self._faces: list[tuple[NDArray[np.float64], Material, int]] = []
        self._group = 0

    def next_group(self) -> None:
        """Start a new group of faces."""
        if self._faces and self._faces[-1][2] == self._group:
            self._group += 1

    def face(self, corners: Sequence[Point3], material: Material, inside: Point3 | None = None) -> None:
        """Add a face. inside: a position behind it; None where the corners run counter-clockwise seen from outside."""
        points = np.array(corners, dtype=np.float64)
        if inside is not None and _normal(points) @ (points.mean(axis=0) - np.array(inside)) < 0:
            points = points[::-1]
        self._faces.append((points, material, self._group))

    def loft(self, profile: Profile, material: Material, side: Material | None = None, shift_y: float = 0.0) -> None:
        """Add a solid: a convex outline in x and z with a half width at each corner. side: material of its sides."""
        left = [(x, shift_y + half, z) for x, z, half in profile]
        right = [(x, shift_y - half, z) for x, z, half in profile]
        inside = tuple(np.array(left + right).mean(axis=0))
        for k in range(len(profile)):
            n = (k + 1) % len(profile)
            self.face([left[k], left[n], right[n], right[k]], material, inside)
        for outline in (left, right):
            self.face(outline, side or material, inside)

    def box(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], material: Material) -> None:
        """Add a box between two values on each axis."""
        half = (y[1] - y[0]) / 2
        profile = [(x[0], z[0], half), (x[1], z[0], half), (x[1], z[1], half), (x[0], z[1], half)]
        self.loft(profile, material, shift_y=(y[0] + y[1]) / 2)

    def wheel(self, x: float, y: float, radius: float, width: float) -> None:
        """Add a wheel that is visible from all sides, as of a motorcycle."""
        self.loft([(x + dx, radius + dz, width / 2) for dx, dz in _rim(radius)], Material.TYRE, shift_y=y)
        for side in (-1, 1):
            hub = [(x + dx * 0.55, y + side * (width / 2 + 0.005), radius + dz * 0.55) for dx, dz in _rim(radius)]
            self.face(hub, Material.HUB, (x, y, radius))

    def rim(self, x: float, y: float, radius: float, width: float) -> None:
        """Add a wheel that consists of its tyre only, as of a bicycle."""
        outer, inner = ([(x + dx * s, radius + dz * s) for dx, dz in _rim(radius)] for s in (1.0, 0.82))
        for k in range(CORNERS):
            n = (k + 1) % CORNERS
            section = [outer[k], outer[n], inner[n], inner[k]]
            self.loft([(*corner, width / 2) for corner in section], Material.TYRE, shift_y=y)

    def tube(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        thickness: float,
        material: Material,
        shift_y: float = 0.0,
    ) -> None:
        """Add a straight tube of square section between two positions in x and z."""
        along = np.subtract(end, start)
        across = np.array([-along[1], along[0]]) / np.linalg.norm(along) * thickness / 2
        profile = [np.add(start, across), np.add(end, across), np.subtract(end, across), np.subtract(start, across)]
        self.loft([(float(x), float(z), thickness / 2) for x, z in profile], material, shift_y=shift_y)

    def wheel_pair(self, x: float, half_width: float, radius: float) -> None:
        """Add the outer faces of two wheels, as of a car."""
        for scale, lift, material in ((1.0, 0.0, Material.TYRE), (0.6, 0.004, Material.HUB)):
            rim = [(x + dx * scale, half_width + lift, radius + dz * scale) for dx, dz in _rim(radius)]
            self.both_sides(rim, material)

    def decal(self, corners: Sequence[Point3], material: Material) -> None:
        """Add a face that points away from the centre of the mesh."""
        self.face(corners, material, (0.0, 0.0, 0.7))

    def both_sides(self, corners: Sequence[Point3], material: Material) -> None:
        """Add a face on the left and its mirror image on the right."""
        for side in (1, -1):
            self.decal([(x, side * y, z) for x, y, z in corners], material)

    def side_panels(self, x: tuple[float, float], y: float, z: tuple[float, float], material: Material) -> None:
        """Add a vertical rectangle on each side."""
        self.both_sides([(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])], material)

    def end_panel(self, x: float, y: tuple[float, float], z: tuple[float, float], material: Material) -> None:
        """Add a vertical rectangle across the vehicle, at its front or rear."""
        self.decal([(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])], material)

    def mesh(self) -> Mesh:
        """Mesh of all added faces."""
        corners = np.stack(
            [np.concatenate([f, np.repeat(f[-1:], CORNERS - len(f), axis=0)]) for f, _, _ in self._faces]
        )
        group = np.array([g for _, _, g in self._faces])
        return Mesh(
            corners=corners,
            normals=np.stack([_normal(f) for f, _, _ in self._faces]),
            material=np.array([int(p) for _, p, _ in self._faces]),
            group=group,
            centres=np.stack([corners[group == g].mean(axis=(0, 1)) for g in range(group.max() + 1)]),
            vertices=np.unique(corners.reshape(-1, 3), axis=0),
        )


def _rim(radius: float) -> list[tuple[float, float]]:
    return [(radius * cos(2 * pi * k / CORNERS), radius * sin(2 * pi * k / CORNERS)) for k in range(CORNERS)]


def _normal(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normal (3,) by Newell's method, which accepts corners that are not exactly in one plane."""
    after = np.roll(points, -1, axis=0)
    normal = np.cross(points, after).sum(axis=0)
    return np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-9))
