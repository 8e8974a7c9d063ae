"""Rasterisation of buildings, trees and posts, with a map of the object that each pixel belongs to."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.render.facades import block_front, plain_side, shop_front
from simulator.render.ground import Image
from simulator.render.lighting import Bgr, Lighting
from simulator.world.camera_model import IMAGE_SIZE, CameraModel
from simulator.world.street_furniture import Building, Post, Tree

FINE = 4
"""Scale of the static background while it is drawn; it is reduced afterwards, against aliasing [assumption]."""

COARSE = 2
"""Scale at which road users are drawn and at which the map of objects is kept [assumption]."""

_SHIFT = 4
"""Fractional bits of OpenCV's drawing coordinates [source: OpenCV `shift`]."""

# Colours of leaves, BGR [assumption].
LEAVES: tuple[Bgr, ...] = ((46, 92, 66), (40, 80, 52), (58, 108, 84), (52, 96, 60), (64, 112, 98))


class SceneRasterizer:
    """Draws objects from far to near. canvas: image at the scale `FINE`.

    owner: (H, W) at the scale `COARSE`, number of the object drawn last at each pixel; 0 for none.
    """

    def __init__(self, canvas: Image, camera: CameraModel, lighting: Lighting) -> None:
        self.canvas = canvas
        self.owner = np.zeros((IMAGE_SIZE[1] * COARSE, IMAGE_SIZE[0] * COARSE), np.uint16)
        self._camera, self._lighting = camera, lighting

    def _tinted(self, colour: ArrayLike, normal: Sequence[float], depth: float) -> tuple[float, ...]:
        return tuple(self._tints(np.array(colour), np.array(normal, dtype=np.float64), depth).tolist())

    def _tints(self, colours: NDArray[Any], normals: NDArray[np.float64], depth: float) -> NDArray[np.float64]:
        """Colours (..., 3) in this light and haze, of surfaces with unit normals (..., 3)."""
        lit = colours * self._lighting.shade(normals)
        fade = np.exp(-depth / self._lighting.haze_m)
        return np.asarray(np.clip(lit * fade + np.array(self._lighting.haze) * (1 - fade), 0, 255))

    def polygon(self, pixels: NDArray[np.float64], colour: tuple[float, ...], number: int) -> None:
        """Fill a polygon. pixels: (N, 2) at scale 1."""
        for target, scale, ink in ((self.canvas, FINE, colour), (self.owner, COARSE, (float(number),))):
            points = np.round(np.clip(pixels, -4000, 4000) * scale * 2**_SHIFT).astype(np.int32)
            cv2.fillPoly(target, [points], ink, cv2.LINE_AA if target is self.canvas else cv2.LINE_8, _SHIFT)

    def _line(self, a: ArrayLike, b: ArrayLike, width_m: float, colour: Bgr, number: int) -> None:
        ends, depth = self._camera.project(np.array([a, b]))
        if depth.min() < 1.5:
            return
        tint = self._tinted(colour, (0.0, 0.0, 0.6), float(depth.mean()))
        width = width_m * self._camera.focal_px / float(depth.mean())
        for target, scale, ink in ((self.canvas, FINE, tint), (self.owner, COARSE, (float(number),))):
            p, q = (tuple(int(v) for v in np.clip(end * scale, -9000, 9000)) for end in ends)
            kind = cv2.LINE_AA if target is self.canvas else cv2.LINE_8
            if target is self.canvas or number:
                cv2.line(target, p, q, ink, max(1, round(width * scale)), kind)

    def building(self, building: Building, number: int) -> None:
        """Draw a building: the walls that face the camera, and its roof where the camera is higher."""
        rng = np.random.default_rng([building.number, 3])
        base = np.column_stack([building.corners, np.zeros(4)])
        top = np.column_stack([building.corners, np.full(4, building.height_m)])
        if self._camera.project(np.concatenate([base, top]))[1].min() < 1.0:
            return
        away = np.linalg.norm(building.position - self._camera.eye[:2])
        middle = building.position
        for k in range(4):
            a, b = building.corners[k], building.corners[(k + 1) % 4]
            outward = np.array([(b - a)[1], -(b - a)[0]])
            outward *= np.sign(outward @ ((a + b) / 2 - middle)) / np.linalg.norm(outward)
            if (self._camera.eye[:2] - (a + b) / 2) @ outward > 0:
                self._wall(building, k, rng, outward=outward, away=float(away), number=number)
        if self._camera.eye[2] > building.height_m:
            roof = (96, 104, 150) if rng.random() < 0.5 else (120, 126, 128)
            self.polygon(self._camera.project(top)[0], self._tinted(roof, (0, 0, 1), float(away)), number)

    def _wall(
        self,
        building: Building,
        k: int,
        rng: np.random.Generator,
        *,
        outward: NDArray[np.float64],
        away: float,
        number: int,
    ) -> None:
        a, b = building.corners[k], building.corners[(k + 1) % 4]
        breadth = float(np.linalg.norm(b - a))
        front = k == 0
        args = breadth, building.height_m, building.storeys, rng
        lit = self._lighting.lamps
        if building.kind == "shop" and front:
            face = shop_front(*args, lit=lit)
        elif building.kind == "block" or (building.kind == "shop" and k == 2):
            face = block_front(*args, lit=lit)
        else:
            face = plain_side(breadth, building.height_m, rng)
        quad = np.array([[*a, building.height_m], [*b, building.height_m], [*b, 0], [*a, 0]])
        pixels, _ = self._camera.project(quad)
        if (pixels.max(axis=0) < 0).any() or (pixels.min(axis=0) > np.array(IMAGE_SIZE)).any():
            return
        shade = self._lighting.shade(np.array([*outward, 0.0]))
        glow = np.where(face.max(axis=2, keepdims=True) > 200, 1.6 if lit else 1.0, 1.0)
        fade = np.exp(-away / self._lighting.haze_m)
        shown = np.clip(face * shade * glow * fade + np.array(self._lighting.haze) * (1 - fade), 0, 255)
        self._paste(shown.astype(np.uint8), pixels)
        self.polygon_owner(pixels, number)

    def polygon_owner(self, pixels: NDArray[np.float64], number: int) -> None:
        """Enter a polygon in the map of objects only. pixels: (N, 2) at scale 1."""
        points = np.round(np.clip(pixels, -4000, 4000) * COARSE).astype(np.int32)
        cv2.fillPoly(self.owner, [points], (float(number),))

    def _paste(self, face: Image, pixels: NDArray[np.float64]) -> None:
        """Draw a texture in perspective. pixels: (4, 2), its corners clockwise from the top left."""
        height, width = face.shape[:2]
        mirrored = np.cross(np.append(pixels[1] - pixels[0], 0), np.append(pixels[2] - pixels[0], 0))[2] < 0
        if mirrored:
            face = np.ascontiguousarray(face[:, ::-1])
            pixels = pixels[[1, 0, 3, 2]]
        low = np.clip(np.floor(pixels.min(axis=0) * FINE) - 2, 0, np.array(IMAGE_SIZE) * FINE).astype(int)
        high = np.clip(np.ceil(pixels.max(axis=0) * FINE) + 2, 0, np.array(IMAGE_SIZE) * FINE).astype(int)
        size = high - low
        if (size < 2).any():
            return
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        to = cv2.getPerspectiveTransform(corners, (pixels * FINE - low).astype(np.float32))
        shrink = max(1.0, width * height / max(1.0, cv2.contourArea((pixels * FINE).astype(np.float32))))
        if shrink > 2:
            face = np.asarray(cv2.GaussianBlur(face, (0, 0), min(6.0, 0.45 * shrink**0.5)), np.uint8)
        warped = cv2.warpPerspective(face, to, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR)
        cover = np.zeros((int(size[1]), int(size[0])), np.uint8)
        cv2.fillPoly(cover, [np.round(pixels * FINE - low).astype(np.int32)], (255,), cv2.LINE_AA)
        region = self.canvas[low[1] : high[1], low[0] : high[0]]
        share = (cover / 255.0)[..., None]
        region[:] = (warped * share + region * (1 - share)).astype(np.uint8)

    def tree(self, tree: Tree, number: int) -> None:
        """Draw a tree: trunk, and a crown of discs or fronds."""
        rng = np.random.default_rng([tree.number, 5])
        foot = np.append(tree.position, 0.0)
        middle = np.append(tree.position, tree.height_m - tree.crown_m)
        pixels, depth = self._camera.project(np.array([foot, middle]))
        if depth.min() < 3:
            return
        self._line(foot, middle, 0.28, (58, 76, 94), number)
        per_m = self._camera.focal_px / float(depth[1])
        if tree.palm:
            self._fronds(pixels[1], per_m * tree.crown_m * 1.3, float(depth[1]), rng, number)
            return
        count = int(np.clip(per_m * tree.crown_m * 9, 50, 420))
        blobs = rng.normal(0, 0.45, (count, 3))
        blobs *= tree.crown_m * np.minimum(1, 0.95 / np.linalg.norm(blobs, axis=1, keepdims=True)) * (1, 1, 0.85)
        blobs = blobs[np.argsort(blobs[:, 2])]
        dice = [(int(rng.integers(len(LEAVES))), rng.uniform(0.05, 0.13)) for _ in blobs]
        height = blobs[:, 2] / tree.crown_m
        normals = np.column_stack([blobs[:, :2] / tree.crown_m, 0.35 + height])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        colours = np.array(LEAVES)[[leaf for leaf, _ in dice]] * (0.85 + 0.35 * height)[:, None]
        tints = self._tints(colours, normals, float(depth[1]))
        centres = pixels[1] + blobs[:, [0, 2]] * (per_m, -per_m)
        radii = per_m * tree.crown_m * np.array([radius for _, radius in dice]) * (420 / count) ** 0.3
        self._discs(centres, radii, tints, number)

    def _discs(
        self, centres: NDArray[np.float64], radii: NDArray[np.float64], tints: NDArray[np.float64], number: int
    ) -> None:
        """Draw discs in this order. centres: (N, 2) and radii: (N,) pixels at scale 1. tints: (N, 3) BGR."""
        for target, scale, kind in ((self.canvas, FINE, cv2.LINE_AA), (self.owner, COARSE, cv2.LINE_8)):
            inks = tints.tolist() if target is self.canvas else [(float(number),)] * len(tints)
            at = np.clip(centres * scale, -9000, 9000).astype(int).tolist()
            sizes = np.maximum(1, np.round(radii * scale)).astype(int).tolist()
            for centre, size, ink in zip(at, sizes, inks, strict=True):
                cv2.circle(target, centre, size, ink, -1, kind)

    def _fronds(
        self, top: NDArray[np.float64], reach: float, depth: float, rng: np.random.Generator, number: int
    ) -> None:
        for angle in np.linspace(0, 2 * np.pi, 13)[:-1] + rng.uniform(0, 0.5):
            s = np.linspace(0, 1, 6)[:, None]
            rise = -0.55 * np.sin(angle) * s + 0.7 * s**2 - 0.25 * s
            course = top + reach * np.concatenate([np.cos(angle) * s, rise], 1)
            half = reach * 0.06 * (1 - s) + 0.3
            leaf = np.concatenate([course + np.array([0, 1]) * half, (course - np.array([0, 1]) * half)[::-1]])
            light = 0.8 + 0.3 * float(np.sin(angle))
            tint = self._tinted(np.array(LEAVES[2]) * light, (0, 0, 1), depth)
            self.polygon(leaf, tint, number)

    def post(self, post: Post, number: int) -> None:
        """Draw a lamp post or a traffic light."""
        top = np.append(post.position, post.height_m)
        end = top + np.append(post.reach, 0.15)
        self._line(np.append(post.position, 0.0), top, 0.17, (128, 130, 130), number)
        self._line(top, end, 0.10, (128, 130, 130), number)
        if post.signal is not None:
            for position in (end, np.append(post.position, 3.0)):
                half = np.array([0.0, 0.0, 0.45])
                self._line(position + half, position - half, 0.34, (30, 30, 30), number)
        elif self._lighting.lamps:
            pixels, depth = self._camera.project(end)
            if depth > 3:
                radius = max(0.7, 0.16 * self._camera.focal_px / float(depth))
                self._discs(pixels[None], np.array([radius]), np.array([(205, 245, 255)]), number)

    def cable(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
        """Draw a sagging cable between two positions (3,); it is not entered in the map of objects."""
        sag = np.linspace(0, 1, 9)
        course = a + (b - a) * sag[:, None] - np.array([0, 0, 1.0]) * (3.2 * sag * (1 - sag))[:, None]
        for p, q in pairwise(course):
            self._line(p, q, 0.035, (40, 40, 40), 0)
