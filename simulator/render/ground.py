"""Texture of the ground around a camera, seen from above: asphalt, markings, kerbs, pavements and grass."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.world.camera_model import CameraModel
from simulator.world.sites import LANE_M, MEDIAN_M, PAVEMENT_M, SHOULDER_M, Arm, Site, road_half_width_m
from simulator.world.sumo_network import RoadNetwork

Image = NDArray[np.uint8]
Mask = NDArray[np.uint8]

PX_PER_M = 12.0
"""Resolution of the texture, pixels/m [assumption]."""

AHEAD_M, BEHIND_M, ASIDE_M = 165.0, -3.0, 60.0
"""Area of the texture relative to the camera: ahead, behind (negative) and to each side, metres [assumption]."""

ROAD_LENGTH_M = 260.0
"""Length of the drawn roads, metres; traffic ends earlier, at `ARM_M` [assumption]."""

KERB_M, MARK_M = 0.28, 0.14
"""Widths of the kerb and of a road marking, metres [assumption]."""

DASH_M, DASH_GAP_M = 3.0, 5.0
"""Length of a dash of the lane marking and of the gap behind it, metres [assumption]."""

STOP_LINE_M, ZEBRA_M, WAITING_BOX_M = 0.4, (1.2, 4.2), 6.0
"""Width of the stop line, range of the zebra crossing before it, length of the motorcycle box, metres [assumption]."""

WHITE, WORN_RED = (212, 216, 218), (74, 72, 128)
"""Colours of markings and of the motorcycle box, BGR [assumption]."""

_SHIFT = 4
"""Fractional bits of OpenCV's drawing coordinates [source: OpenCV `shift`]."""


@dataclass(frozen=True)
class GroundTexture:
    """Ground texture. colours: (H, W, 3) BGR. asphalt: (H, W), 255 on the road.

    to_texture: (2, 3) affine map from ground metres to texture pixels. far_road: (4, 2) ground metres of the observed
    road beyond the texture, up to the horizon.
    """

    colours: Image
    asphalt: Mask
    to_texture: NDArray[np.float64]
    far_road: NDArray[np.float64]

    def texels(self, ground: ArrayLike) -> NDArray[np.float64]:
        """Texture pixels (N, 2) of ground positions (N, 2) in metres."""
        positions = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        return np.asarray(positions @ self.to_texture[:, :2].T + self.to_texture[:, 2])


def frame_of(camera: CameraModel) -> NDArray[np.float64]:
    """Affine map (2, 3) from ground metres to texture pixels; the viewing direction points up."""
    ahead = camera.ahead
    right = np.array([ahead[1], -ahead[0]])
    linear = np.stack([right, -ahead]) * PX_PER_M
    middle = np.array([ASIDE_M, AHEAD_M]) * PX_PER_M
    return np.column_stack([linear, middle - linear @ camera.eye[:2]])


class GroundTextureBuilder:
    """Draws the ground texture of a site, layer by layer."""

    def __init__(self, site: Site, network: RoadNetwork, camera: CameraModel, rng: np.random.Generator) -> None:
        self._site, self._network, self._rng = site, network, rng
        self._map = frame_of(camera)
        size = round((AHEAD_M - BEHIND_M) * PX_PER_M), round(2 * ASIDE_M * PX_PER_M)
        self._asphalt = np.zeros(size, np.uint8)
        self._canvas = self._meadow()

    def ground(self) -> GroundTexture:
        """Draw all layers; call once."""
        self._lay_asphalt()
        self._lay_edges()
        self._pave()
        self._mark_as_renderings()
        self._wear()
        return GroundTexture(self._canvas, self._asphalt, self._map, self._far_road())

    def _far_road(self) -> NDArray[np.float64]:
        arm = self._site.observed_arm
        left = road_half_width_m(arm.lanes_out), -road_half_width_m(arm.lanes_in)
        return np.stack([arm.position(a, s) for a, s in zip((150, 1500, 1500, 150), (*left, *left[::-1]), strict=True)])

    def _meadow(self) -> Image:
        shape = self._asphalt.shape
        patches = noise_field(self._rng, shape, (6, 30, 120))
        green, dry = np.array((58, 98, 84)), np.array((92, 128, 138))
        blend = np.clip(patches * 0.5 + 0.35, 0, 1)[..., None]
        blades = self._rng.normal(0, 7, (*shape, 1))
        return np.asarray(np.clip(green * (1 - blend) + dry * blend + blades, 0, 255), dtype=np.uint8)

    def _fill(self, target: NDArray[np.uint8], ground: ArrayLike, colour: float | tuple[float, ...]) -> None:
        positions = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        texels = (positions @ self._map[:, :2].T + self._map[:, 2]) * 2**_SHIFT
        scalar = colour if isinstance(colour, tuple) else (colour,)
        cv2.fillPoly(target, [np.round(texels).astype(np.int32)], scalar, cv2.LINE_AA, _SHIFT)

    def _strip(
        self, target: NDArray[np.uint8], arm: Arm, along: tuple[float, float], left: tuple[float, float], colour: object
    ) -> None:
        corners = [arm.position(a, s) for a, s in zip((*along, *along[::-1]), np.repeat(left, 2), strict=True)]
        self._fill(target, corners, colour)  # type: ignore[arg-type]

    def _lay_asphalt(self) -> None:
        for arm in self._site.arms:
            left = -road_half_width_m(arm.lanes_in), road_half_width_m(arm.lanes_out)
            self._strip(self._asphalt, arm, (0.0, ROAD_LENGTH_M), left, 255)
        if len(self._network.junction) > 3:
            self._fill(self._asphalt, self._network.junction, 255)
            self._asphalt[:] = _grown(self._asphalt, SHOULDER_M * 0.5)
        for arm in self._site.arms:
            begin = self._network.stop_m(f"{arm.id}_in")
            ends = (begin - 0.5 if len(self._site.arms) > 2 else 0.0), ROAD_LENGTH_M
            self._strip(self._asphalt, arm, ends, (-MEDIAN_M / 2, MEDIAN_M / 2), 0)

    def _lay_edges(self) -> None:
        """Draw pavements, black and white kerbs as in Indonesia, and the planted median."""
        road = self._asphalt
        kerb, pavement = _grown(road, KERB_M), _grown(road, PAVEMENT_M)
        tiles = np.array((128, 134, 146)) + noise_field(self._rng, road.shape, (3, 40))[..., None] * 14
        rows, columns = np.indices(road.shape, sparse=True)
        joints = ((rows % 14 == 0) | (columns % 14 == 0))[..., None] * 14
        near = (pavement > 0)[..., None]
        self._canvas = np.where(near, np.clip(tiles - joints, 0, 255), self._canvas).astype(np.uint8)
        planted = np.zeros_like(road)
        for arm in self._site.arms:
            begin = self._network.stop_m(f"{arm.id}_in") + 1.0 if len(self._site.arms) > 2 else 0.0
            self._strip(planted, arm, (begin, ROAD_LENGTH_M), (-MEDIAN_M / 2 + KERB_M, MEDIAN_M / 2 - KERB_M), 255)
        self._canvas[planted > 0] = self._meadow()[planted > 0] // 4 * 3
        stripes = ((rows // round(PX_PER_M) + columns // round(PX_PER_M)) % 2 == 0)[..., None]
        painted = np.where(stripes, np.array((205, 208, 210)), np.array((44, 44, 46)))
        self._canvas = np.where(((kerb > 0) & (road == 0))[..., None], painted, self._canvas).astype(np.uint8)

    def _pave(self) -> None:
        shape = self._asphalt.shape
        grey = 92 + 9 * noise_field(self._rng, shape, (2, 9, 60, 240)) + self._rng.normal(0, 4, shape)
        tone = np.stack([grey * 1.01, grey, grey * 0.985], axis=-1)
        self._canvas = np.where((self._asphalt > 0)[..., None], tone, self._canvas).clip(0, 255).astype(np.uint8)

    def _mark_as_renderings(self) -> None:
        for arm in self._site.arms:
            stop = self._network.stop_m(f"{arm.id}_in")
            junction = len(self._site.arms) > 2
            begin = stop if junction else 0.0
            for lanes, sense in ((arm.lanes_in, -1), (arm.lanes_out, 1)):
                outer, inner = MEDIAN_M / 2 + lanes * LANE_M, MEDIAN_M / 2 + 0.12
                for offset in (outer, inner):
                    edge = sorted((sense * offset, sense * (offset + MARK_M)))
                    self._strip(self._canvas, arm, (begin, ROAD_LENGTH_M), (edge[0], edge[1]), WHITE)
                for lane in range(1, lanes):
                    self._dashes(arm, begin, sense * (MEDIAN_M / 2 + lane * LANE_M), solid=18.0 if sense < 0 else 0.0)
            if junction:
                self._crossing(arm, stop)

    def _dashes(self, arm: Arm, begin: float, left: float, *, solid: float) -> None:
        sides = (left - MARK_M / 2, left + MARK_M / 2)
        if solid and self._site.signal:
            self._strip(self._canvas, arm, (begin, begin + solid), sides, WHITE)
            begin += solid + DASH_GAP_M
        for along in np.arange(begin, ROAD_LENGTH_M, DASH_M + DASH_GAP_M):
            self._strip(self._canvas, arm, (along, along + DASH_M), sides, WHITE)

    def _crossing(self, arm: Arm, stop: float) -> None:
        """Draw zebra crossing, stop line, arrows and the red box in which motorcycles wait."""
        whole = -road_half_width_m(arm.lanes_in) + 0.3, road_half_width_m(arm.lanes_out) - 0.3
        for left in np.arange(*whole, 1.0):
            if abs(left + 0.25) > MEDIAN_M / 2:
                self._strip(self._canvas, arm, (stop - ZEBRA_M[1], stop - ZEBRA_M[0]), (left, left + 0.5), WHITE)
        way_in = -MEDIAN_M / 2 - arm.lanes_in * LANE_M, -MEDIAN_M / 2
        if self._site.signal:
            self._strip(self._canvas, arm, (stop + 0.4, stop + WAITING_BOX_M), way_in, WORN_RED)
            self._strip(self._canvas, arm, (stop + WAITING_BOX_M, stop + WAITING_BOX_M + STOP_LINE_M), way_in, WHITE)
        self._strip(self._canvas, arm, (stop, stop + STOP_LINE_M), way_in, WHITE)
        for lane in range(arm.lanes_in):
            self._arrow(arm, stop + 13.0, -(MEDIAN_M / 2 + (lane + 0.5) * LANE_M))

    def _arrow(self, arm: Arm, along: float, left: float) -> None:
        shaft = [(1.2, 0.08), (4.2, 0.08), (4.2, -0.08), (1.2, -0.08)]
        head = [(0.0, 0.0), (1.3, 0.36), (1.3, -0.36)]
        for outline in (shaft, head):
            self._fill(self._canvas, [arm.position(along + a, left + s) for a, s in outline], WHITE)

    def _wear(self) -> None:
        """Draw wheel tracks, patches, cracks and oil over asphalt and markings."""
        dark = np.zeros_like(self._asphalt)
        for lane in self._network.lanes:
            for aside in (-0.75, 0.75):
                course = lane.centre[-1] - lane.centre[0]
                across = np.array([-course[1], course[0]]) / np.linalg.norm(course)
                ends = (lane.centre[[0, -1]] + across * aside) @ self._map[:, :2].T + self._map[:, 2]
                a, b = (tuple(int(v) for v in np.clip(end, -9000, 9000)) for end in ends)
                cv2.line(dark, a, b, 26, round(0.5 * PX_PER_M))
        dark = np.asarray(cv2.GaussianBlur(dark, (0, 0), 4), np.uint8)
        for _ in range(60):
            self._damage(dark)
        chips = noise_field(self._rng, dark.shape, (2, 5)) > 1.25
        factor = 1 - np.where(self._asphalt > 0, dark / 255.0 + chips * 0.08, 0.0)
        self._canvas = np.clip(self._canvas * factor[..., None], 0, 255).astype(np.uint8)

    def _damage(self, dark: NDArray[np.uint8]) -> None:
        height, width = dark.shape
        x, y = int(self._rng.integers(width)), int(self._rng.integers(height))
        if self._rng.random() < 0.45:
            w, h = (int(v) for v in self._rng.integers(15, 60, 2))
            cv2.rectangle(dark, (x, y), (x + w, y + h), int(self._rng.integers(10, 45)), -1)
        else:
            steps = np.array([x, y]) + np.cumsum(self._rng.normal(0, 9, (18, 2)), axis=0)
            cv2.polylines(dark, [steps.astype(np.int32)], False, 60, 1, cv2.LINE_AA)


def _grown(mask: Mask, metres: float) -> Mask:
    size = 2 * round(metres * PX_PER_M) + 1
    return np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))), dtype=np.uint8)


def noise_field(rng: np.random.Generator, shape: tuple[int, ...], grains_px: tuple[int, ...]) -> NDArray[np.float32]:
    """Smooth noise (H, W) of mean 0 and standard deviation about 1. grains_px: wavelengths that are summed."""
    height, width = shape[:2]
    total = np.zeros((height, width), np.float32)
    for grain in grains_px:
        coarse = rng.normal(0, 1, (height // grain + 2, width // grain + 2)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / np.sqrt(len(grains_px)), dtype=np.float32)
