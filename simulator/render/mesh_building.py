"""Road users as small meshes: extruded outlines with wheels, windows, lamps and riders.

Local metres: x forward, y to the left, z up, the origin on the ground below the middle. Within a group, later faces
lie over earlier ones; what faces away is not drawn. Groups are drawn from far to near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

CORNERS = 8
"""Of every face; those with fewer repeat their last."""


class Material(IntEnum):
    """What a face is made of; `painter` gives each road user its colours."""

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
    """corners: (F, CORNERS, 3). normals: (F, 3). paint, group: (F,). centres: (G, 3) of the groups."""

    corners: NDArray[np.float64]
    normals: NDArray[np.float64]
    material: NDArray[np.int64]
    group: NDArray[np.int64]
    centres: NDArray[np.float64]


Point3 = tuple[float, float, float]
Profile = Sequence[tuple[float, float, float]]
"""(x, z, half width) around a convex outline."""


class MeshBuilder:
    def __init__(self) -> None:
        self._faces: list[tuple[NDArray[np.float64], Material, int]] = []
        self._group = 0

    def next_group(self) -> None:
        if self._faces and self._faces[-1][2] == self._group:
            self._group += 1

    def face(self, corners: Sequence[Point3], material: Material, inside: Point3 | None = None) -> None:
        """inside: a point behind the face; without it the corners run counter-clockwise as seen from outside."""
        points = np.array(corners, dtype=np.float64)
        if inside is not None and _normal(points) @ (points.mean(axis=0) - np.array(inside)) < 0:
            points = points[::-1]
        self._faces.append((points, material, self._group))

    def loft(self, profile: Profile, material: Material, side: Material | None = None, shift_y: float = 0.0) -> None:
        """A convex outline in x and z, given a half width at each of its corners."""
        left = [(x, shift_y + half, z) for x, z, half in profile]
        right = [(x, shift_y - half, z) for x, z, half in profile]
        inside = tuple(np.array(left + right).mean(axis=0))
        for k in range(len(profile)):
            n = (k + 1) % len(profile)
            self.face([left[k], left[n], right[n], right[k]], material, inside)
        for outline in (left, right):
            self.face(outline, side or material, inside)

    def box(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], material: Material) -> None:
        half = (y[1] - y[0]) / 2
        profile = [(x[0], z[0], half), (x[1], z[0], half), (x[1], z[1], half), (x[0], z[1], half)]
        self.loft(profile, material, shift_y=(y[0] + y[1]) / 2)

    def wheel(self, x: float, y: float, radius: float, width: float) -> None:
        """Free on all sides, as a motorcycle's."""
        self.loft([(x + dx, radius + dz, width / 2) for dx, dz in _rim(radius)], Material.TYRE, shift_y=y)
        for side in (-1, 1):
            hub = [(x + dx * 0.55, y + side * (width / 2 + 0.005), radius + dz * 0.55) for dx, dz in _rim(radius)]
            self.face(hub, Material.HUB, (x, y, radius))

    def rim(self, x: float, y: float, radius: float, width: float) -> None:
        """A wheel of which one sees the tyre alone: a bicycle's."""
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
        """Straight, of square section; ends in x and z."""
        along = np.subtract(end, start)
        across = np.array([-along[1], along[0]]) / np.linalg.norm(along) * thickness / 2
        profile = [np.add(start, across), np.add(end, across), np.subtract(end, across), np.subtract(start, across)]
        self.loft([(float(x), float(z), thickness / 2) for x, z in profile], material, shift_y=shift_y)

    def wheel_pair(self, x: float, half_width: float, radius: float) -> None:
        """Under a body, which hides all but their outsides."""
        for scale, lift, material in ((1.0, 0.0, Material.TYRE), (0.6, 0.004, Material.HUB)):
            rim = [(x + dx * scale, half_width + lift, radius + dz * scale) for dx, dz in _rim(radius)]
            self.both_sides(rim, material)

    def decal(self, corners: Sequence[Point3], material: Material) -> None:
        self.face(corners, material, (0.0, 0.0, 0.7))

    def both_sides(self, corners: Sequence[Point3], material: Material) -> None:
        for side in (1, -1):
            self.decal([(x, side * y, z) for x, y, z in corners], material)

    def side_panels(self, x: tuple[float, float], y: float, z: tuple[float, float], material: Material) -> None:
        """An upright rectangle on either side."""
        self.both_sides([(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])], material)

    def end_panel(self, x: float, y: tuple[float, float], z: tuple[float, float], material: Material) -> None:
        """An upright rectangle across, in front or behind."""
        self.decal([(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])], material)

    def mesh(self) -> Mesh:
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
        )


def _rim(radius: float) -> list[tuple[float, float]]:
    return [(radius * cos(2 * pi * k / CORNERS), radius * sin(2 * pi * k / CORNERS)) for k in range(CORNERS)]


def _normal(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """By Newell's method, which bears corners that are not quite in one plane."""
    after = np.roll(points, -1, axis=0)
    normal = np.cross(points, after).sum(axis=0)
    return np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-9))
