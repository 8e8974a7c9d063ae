"""Draws one frame: road users with their shadows over the still picture, then lens, light and sensor."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.ground import Image
from simulator.render.lighting import Lighting
from simulator.render.projection import Figures, figures_of
from simulator.render.rasterizer import COARSE
from simulator.render.sensor_model import Glow, Sensor
from simulator.render.static_background import Backdrop, Occluder
from simulator.world.camera_model import IMAGE_SIZE, View
from simulator.world.traffic_state import Moment
from simulator.world.vehicle_types import ALL_BODIES

_SHIFT = 3
_UNIT = COARSE * 2**_SHIFT
BLUR_FROM_PX = 1.6
"""Shorter smears than this, at `COARSE`, nobody sees."""

BEFORE_M = 3.0
"""A still thing hides a road user only where it is nearer by this much: its depth is that of its middle."""

BEAM = np.array([(0.0, 0.7), (0.0, -0.7), (15.0, -2.6), (15.0, 2.6)])
"""Metres ahead of the bumper and to the left."""


class Painter:
    """For one view under one light. Not thread-safe."""

    def __init__(self, view: View, lighting: Lighting, backdrop: Backdrop, dice: np.random.Generator) -> None:
        self._view, self._lighting, self._backdrop = view, lighting, backdrop
        self._canvas = np.empty_like(backdrop.plain)
        self._mask = np.zeros(backdrop.plain.shape[:2], np.uint8)
        self._sensor = Sensor(lighting, dice)
        self._glow = Glow()

    @property
    def occluders(self) -> tuple[Occluder, ...]:
        """What stands still and may hide road users."""
        return self._backdrop.occluders

    def paint(self, moment: Moment) -> tuple[Image, Figures]:
        """The frame as (H, W, 3) BGR without sensor noise, and what was drawn on it."""
        figures = self.figures(moment)
        np.copyto(self._canvas, self._backdrop.plain)
        self._shadows(moment, figures)
        self._bodies(moment, figures)
        picture = cv2.resize(self._canvas, IMAGE_SIZE, interpolation=cv2.INTER_AREA)
        picture = cv2.GaussianBlur(picture, (3, 3), 0.55)
        if self._lighting.lamps:
            picture = self._lit(moment, figures, np.asarray(picture, dtype=np.uint8))
        return np.asarray(picture, dtype=np.uint8), figures

    def figures(self, moment: Moment) -> Figures:
        """What `paint` would draw."""
        return figures_of(moment, self._view, self._lighting)

    def expose(self, picture: Image) -> Image:
        """To planar YUV 4:2:0 with the sensor's noise."""
        return self._sensor.expose(picture)

    def _shadows(self, moment: Moment, figures: Figures) -> None:
        if len(figures) == 0:
            return
        bodies = [ALL_BODIES[moment.body[k]] for k in figures.chosen]
        sizes = np.array([(b.length_m, b.width_m, b.height_m) for b in bodies])
        ground = _footprints(moment, figures.chosen, sizes[:, :2])
        if self._lighting.direct > 0.3:
            fall = -self._lighting.sun[:2] / self._lighting.sun[2]
            cast = np.concatenate([ground, ground + fall * sizes[:, None, 2:] * 0.9], axis=1)
            self._darken(cast, self._backdrop.shadowed)
        narrow = np.array([(1.0, 0.5 if b.filters else 1.06) for b in bodies])
        self._darken(_footprints(moment, figures.chosen, sizes[:, :2] * narrow), self._backdrop.contact)

    def _darken(self, outlines: NDArray[np.float64], darker: Image) -> None:
        """outlines: (N, K, 2) ground metres; their hulls take the picture's darker version."""
        pixels = self._view.on_ground(outlines.reshape(-1, 2)).reshape(outlines.shape)
        points = np.round(pixels * _UNIT).astype(np.int32)
        for outline in points:
            cv2.fillConvexPoly(self._mask, cv2.convexHull(outline), (255,), cv2.LINE_8, _SHIFT)
        low = np.clip(np.floor(pixels.min(axis=(0, 1)) * COARSE) - 2, 0, None).astype(int)
        high = np.ceil(pixels.max(axis=(0, 1)) * COARSE).astype(int) + 2
        area = slice(low[1], max(high[1], 0)), slice(low[0], max(high[0], 0))
        if self._mask[area].size:
            cv2.copyTo(darker[area], self._mask[area], self._canvas[area])
            self._mask[area] = 0

    def _bodies(self, moment: Moment, figures: Figures) -> None:
        points = np.round(figures.corners * _UNIT).astype(np.int32)
        colours = figures.colours.tolist()
        smear = self._smears(moment, figures)
        in_front = sorted(self._hiding(figures), key=lambda o: -o.depth)
        for i in range(len(figures)):
            while in_front and in_front[0].depth > figures.depth[i] + BEFORE_M:
                self._restore(in_front.pop(0))
            for k in range(figures.first[i], figures.first[i + 1]):
                cv2.fillConvexPoly(self._canvas, points[k], colours[k], cv2.LINE_8, _SHIFT)
            if np.hypot(*smear[i]) > BLUR_FROM_PX:
                self._smear(figures.box[i], smear[i])
        for occluder in in_front:
            self._restore(occluder)

    def _hiding(self, figures: Figures) -> list[Occluder]:
        """The still things that overlap a road user farther away than they are."""
        box, depth = figures.box * COARSE, figures.depth
        return [
            o
            for o in self._backdrop.occluders
            if (
                (depth > o.depth)
                & (box[:, 0] < o.box[2])
                & (box[:, 2] > o.box[0])
                & (box[:, 1] < o.box[3])
                & (box[:, 3] > o.box[1])
            ).any()
        ]

    def _restore(self, occluder: Occluder) -> None:
        x1, y1, x2, y2 = occluder.box
        cv2.copyTo(self._backdrop.plain[y1:y2, x1:x2], occluder.mask, self._canvas[y1:y2, x1:x2])

    def _smears(self, moment: Moment, figures: Figures) -> NDArray[np.float64]:
        """(N, 2) pixels at `COARSE` that each moves while the shutter is open."""
        k = figures.chosen
        course = np.stack([np.cos(moment.heading[k]), np.sin(moment.heading[k])], axis=1)
        way = course * (moment.speed[k] * self._lighting.blur_s)[:, None]
        before, after = self._view.on_ground(moment.xy[k]), self._view.on_ground(moment.xy[k] + way)
        return np.asarray((after - before) * COARSE)

    def _smear(self, box: NDArray[np.float64], smear: NDArray[np.float64]) -> None:
        low = np.clip(np.floor(box[:2] * COARSE - 2), 0, None).astype(int)
        high = np.clip(np.ceil(box[2:] * COARSE + 2), 0, self._canvas.shape[1::-1]).astype(int)
        if (high - low < 3).any():
            return
        region = self._canvas[low[1] : high[1], low[0] : high[0]]
        size = int(np.abs(smear).max()) // 2 * 2 + 3
        kernel = np.zeros((size, size), np.float32)
        middle = size // 2
        half = smear / 2
        a, b = (tuple(int(v) for v in np.round(middle + s * half)) for s in (-1, 1))
        cv2.line(kernel, a, b, 1.0, 1)
        region[:] = cv2.filter2D(region, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)

    def _lit(self, moment: Moment, figures: Figures, picture: Image) -> Image:
        k = figures.chosen
        course = np.stack([np.cos(moment.heading[k]), np.sin(moment.heading[k])], axis=1)
        across = np.stack([-course[:, 1], course[:, 0]], axis=1)
        for i, index in enumerate(k):
            body = ALL_BODIES[moment.body[index]]
            if body.name in ("walker", "bicycle"):
                continue
            bumper = moment.xy[index] + course[i] * body.length_m / 2
            reach = BEAM * (1.0, 1.0 if body.width_m > 1 else 0.55)
            self._glow.beam(self._view.on_ground(bumper + reach @ np.stack([course[i], across[i]])), 120.0)
            towards = float((self._view.eye[:2] - bumper) @ course[i]) > 0
            sides = (-0.36, 0.36) if body.width_m > 1 else (0.0,)
            end = bumper if towards else bumper - course[i] * body.length_m
            for side in sides:
                pixel, depth = self._view.project(np.append(end + across[i] * side * body.width_m, 0.8))
                radius = (0.34 if towards else 0.2) * self._view.focal_px / float(depth)
                self._glow.lamp(pixel, radius, (235, 250, 255) if towards else (40, 30, 170))
        return self._glow.shine(picture)


def _footprints(moment: Moment, chosen: NDArray[np.int64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 4, 2) ground metres. size: (N, 2) length and width."""
    c, s = np.cos(moment.heading[chosen]), np.sin(moment.heading[chosen])
    along, across = np.stack([c, s], axis=1)[:, None], np.stack([-s, c], axis=1)[:, None]
    corners = np.array([(0.5, 0.5), (0.5, -0.5), (-0.5, -0.5), (-0.5, 0.5)])
    lengths, widths = size[:, None, :1] * corners[None, :, :1], size[:, None, 1:] * corners[None, :, 1:]
    return np.asarray(moment.xy[chosen][:, None] + along * lengths + across * widths)
