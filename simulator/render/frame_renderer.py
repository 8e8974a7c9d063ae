"""Rendering of one frame: static background, shadows, road users, lamps and sensor."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.ground import Image
from simulator.render.lighting import Lighting
from simulator.render.projection import ProjectedRoadUsers, project_road_users
from simulator.render.rasterizer import COARSE
from simulator.render.sensor_model import LampGlow, SensorModel
from simulator.render.static_background import Occluder, StaticBackground
from simulator.world.camera_model import IMAGE_SIZE, CameraModel
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPES

_SHIFT = 3
"""Fractional bits of OpenCV's drawing coordinates [source: OpenCV `shift`]."""

_FIXED_POINT_SCALE = COARSE * 2**_SHIFT
"""Factor from pixels of the frame to drawing coordinates."""

MIN_BLUR_PX = 1.6
"""Motion blur shorter than this is omitted; pixels at the scale `COARSE` [assumption: invisible]."""

OCCLUSION_MARGIN_M = 3.0
"""An object hides a road user only where it is nearer by this distance, metres.

The depth of an object is that of its centre [assumption].
"""

Area = tuple[slice, slice]
"""Rows and columns of the canvas."""

BEAM_OUTLINE_M = np.array([(0.0, 0.7), (0.0, -0.7), (15.0, -2.6), (15.0, 2.6)])
"""Outline (4, 2) of the headlight beam on the road: metres ahead of the bumper and to the left [assumption]."""


class FrameRenderer:
    """Renders the frames of one camera under one light. Not thread-safe."""

    def __init__(
        self, camera: CameraModel, lighting: Lighting, background: StaticBackground, rng: np.random.Generator
    ) -> None:
        self._camera, self._lighting, self._background = camera, lighting, background
        self._canvas = background.plain.copy()
        self._empty_road = _reduced(background.plain)
        self._drawn: Area = (slice(0, 0), slice(0, 0))
        self._mask = np.zeros(background.plain.shape[:2], np.uint8)
        self._sensor = SensorModel(lighting, rng)
        self._glow = LampGlow()

    @property
    def occluders(self) -> tuple[Occluder, ...]:
        """Static objects that can hide road users."""
        return self._background.occluders

    def render(self, state: TrafficState) -> tuple[Image, ProjectedRoadUsers]:
        """Frame (H, W, 3), BGR without sensor noise, and the road users drawn on it.

        Only the area that road users and shadows were drawn on is restored and reduced.
        """
        projected = self.project(state)
        self._canvas[self._drawn] = self._background.plain[self._drawn]
        outlines = self._shadows(state, projected)
        self._bodies(state, projected)
        self._drawn = _area(*outlines, projected.box.reshape(-1, 2))
        image = self._empty_road.copy()
        _reduce_into(image, self._canvas, self._drawn)
        if self._lighting.lamps:
            image = self._lit(state, projected, image)
        return image, projected

    def project(self, state: TrafficState) -> ProjectedRoadUsers:
        """Road users that `render` would draw."""
        return project_road_users(state, self._camera, self._lighting)

    def expose(self, image: Image) -> Image:
        """Frame as planar YUV 4:2:0 with sensor noise; see `SensorModel.expose`."""
        return self._sensor.expose(image)

    def _shadows(self, state: TrafficState, projected: ProjectedRoadUsers) -> list[NDArray[np.float64]]:
        """Draw the shadows; return the pixels of their outlines."""
        if len(projected) == 0:
            return []
        vehicle_types = [VEHICLE_TYPES[state.type_index[k]] for k in projected.chosen]
        sizes = np.array([(b.length_m, b.width_m, b.height_m) for b in vehicle_types])
        ground = _footprints(state, projected.chosen, sizes[:, :2])
        outlines = []
        if self._lighting.direct > 0.3:
            fall = -self._lighting.sun[:2] / self._lighting.sun[2]
            cast = np.concatenate([ground, ground + fall * sizes[:, None, 2:] * 0.9], axis=1)
            outlines.append(self._darken(cast, self._background.shadowed))
        narrow = np.array([(1.0, 0.5 if b.splits_lanes else 1.06) for b in vehicle_types])
        outlines.append(
            self._darken(_footprints(state, projected.chosen, sizes[:, :2] * narrow), self._background.contact)
        )
        return outlines

    def _darken(self, outlines: NDArray[np.float64], darker: Image) -> NDArray[np.float64]:
        """Copy the darker image inside the convex hull of each outline. outlines: (N, K, 2) ground metres.

        Returns the corners of all outlines in pixels (N * K, 2).
        """
        pixels = self._camera.project_ground(outlines.reshape(-1, 2))
        points = np.round(pixels.reshape(outlines.shape) * _FIXED_POINT_SCALE).astype(np.int32)
        for outline in points:
            cv2.fillConvexPoly(self._mask, cv2.convexHull(outline), (255,), cv2.LINE_8, _SHIFT)
        area = _area(pixels)
        if self._mask[area].size:
            cv2.copyTo(darker[area], self._mask[area], self._canvas[area])
            self._mask[area] = 0
        return pixels

    def _bodies(self, state: TrafficState, projected: ProjectedRoadUsers) -> None:
        points = np.round(projected.corners * _FIXED_POINT_SCALE).astype(np.int32)
        colours = projected.colours.tolist()
        smear = self._smears(state, projected)
        in_front = sorted(self._hiding(projected), key=lambda o: -o.depth)
        for i in range(len(projected)):
            while in_front and in_front[0].depth > projected.depth[i] + OCCLUSION_MARGIN_M:
                self._restore(in_front.pop(0))
            for k in range(projected.first[i], projected.first[i + 1]):
                cv2.fillConvexPoly(self._canvas, points[k], colours[k], cv2.LINE_8, _SHIFT)
            if np.hypot(*smear[i]) > MIN_BLUR_PX:
                self._smear(projected.box[i], smear[i])
        for occluder in in_front:
            self._restore(occluder)

    def _hiding(self, projected: ProjectedRoadUsers) -> list[Occluder]:
        """Static objects whose box overlaps a road user farther away."""
        box, depth = projected.box * COARSE, projected.depth
        return [
            o
            for o in self._background.occluders
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
        cv2.copyTo(self._background.plain[y1:y2, x1:x2], occluder.mask, self._canvas[y1:y2, x1:x2])

    def _smears(self, state: TrafficState, projected: ProjectedRoadUsers) -> NDArray[np.float64]:
        """Motion (N, 2) of each road user during the exposure, pixels at `COARSE`."""
        k = projected.chosen
        course = np.stack([np.cos(state.heading[k]), np.sin(state.heading[k])], axis=1)
        way = course * (state.speed[k] * self._lighting.blur_s)[:, None]
        before, after = self._camera.project_ground(state.xy[k]), self._camera.project_ground(state.xy[k] + way)
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

    def _lit(self, state: TrafficState, projected: ProjectedRoadUsers, image: Image) -> Image:
        k = projected.chosen
        course = np.stack([np.cos(state.heading[k]), np.sin(state.heading[k])], axis=1)
        across = np.stack([-course[:, 1], course[:, 0]], axis=1)
        for i, index in enumerate(k):
            vehicle_type = VEHICLE_TYPES[state.type_index[index]]
            if vehicle_type.name in ("pedestrian", "bicycle"):
                continue
            bumper = state.xy[index] + course[i] * vehicle_type.length_m / 2
            reach = BEAM_OUTLINE_M * (1.0, 1.0 if vehicle_type.width_m > 1 else 0.55)
            self._glow.beam(self._camera.project_ground(bumper + reach @ np.stack([course[i], across[i]])), 120.0)
            towards = float((self._camera.eye[:2] - bumper) @ course[i]) > 0
            sides = (-0.36, 0.36) if vehicle_type.width_m > 1 else (0.0,)
            end = bumper if towards else bumper - course[i] * vehicle_type.length_m
            for side in sides:
                pixel, depth = self._camera.project(np.append(end + across[i] * side * vehicle_type.width_m, 0.8))
                radius = (0.34 if towards else 0.2) * self._camera.focal_px / float(depth)
                self._glow.lamp(pixel, radius, (235, 250, 255) if towards else (40, 30, 170))
        return self._glow.shine(image)


def _area(*pixels: NDArray[np.float64]) -> Area:
    """Area of the canvas that contains all pixels (N, 2), with a margin; its ends are multiples of `COARSE`."""
    found = np.concatenate([np.empty((0, 2)), *pixels])
    if len(found) == 0:
        return slice(0, 0), slice(0, 0)
    low = np.clip(np.floor(found.min(axis=0)) - 1, 0, IMAGE_SIZE).astype(int) * COARSE
    high = np.clip(np.ceil(found.max(axis=0)) + 1, 0, IMAGE_SIZE).astype(int) * COARSE
    return slice(low[1], high[1]), slice(low[0], high[0])


def _reduced(canvas: Image) -> Image:
    """Image at scale 1 of a canvas, or of a part of one, at `COARSE`; slightly blurred, as by a lens."""
    size = canvas.shape[1] // COARSE, canvas.shape[0] // COARSE
    image = cv2.GaussianBlur(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), (3, 3), 0.55)
    return np.asarray(image, dtype=np.uint8)


def _reduce_into(image: Image, canvas: Image, area: Area) -> None:
    """Replace the part of the image that depends on `area` of the canvas: one pixel more on each side, for the blur."""
    rows, columns = (slice(max(0, part.start // COARSE - 1), part.stop // COARSE + 1) for part in area)
    # The blur needs one pixel beyond that part.
    top, left = max(0, rows.start - 1), max(0, columns.start - 1)
    part = _reduced(canvas[top * COARSE : (rows.stop + 1) * COARSE, left * COARSE : (columns.stop + 1) * COARSE])
    target = image[rows, columns]
    target[:] = part[rows.start - top :, columns.start - left :][: target.shape[0], : target.shape[1]]


def _footprints(state: TrafficState, chosen: NDArray[np.int64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Footprints (N, 4, 2) in ground metres. size: (N, 2) length and width."""
    c, s = np.cos(state.heading[chosen]), np.sin(state.heading[chosen])
    along, across = np.stack([c, s], axis=1)[:, None], np.stack([-s, c], axis=1)[:, None]
    corners = np.array([(0.5, 0.5), (0.5, -0.5), (-0.5, -0.5), (-0.5, 0.5)])
    lengths, widths = size[:, None, :1] * corners[None, :, :1], size[:, None, 1:] * corners[None, :, 1:]
    return np.asarray(state.xy[chosen][:, None] + along * lengths + across * widths)
