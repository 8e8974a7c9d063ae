"""Sensor noise, rain and lamp glow in the image."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.ground import Image
from simulator.render.lighting import Lighting
from simulator.world.camera_model import IMAGE_SIZE

_NOISE_MARGIN_PX = 64
"""Pixels by which the noise exceeds the image in each direction; each frame uses another part of it [assumption]."""

RAIN_STREAKS, RAIN_SHEETS = 260, 4
"""Streaks on a layer of rain, and number of layers that are chosen from at random [assumption]."""

GLOW_SCALE = 4
"""Factor by which the glow is computed smaller than the image, for speed [assumption]."""


class SensorModel:
    """Sensor of a camera under one light: noise, and streaks of rain."""

    def __init__(self, lighting: Lighting, rng: np.random.Generator) -> None:
        width, height = IMAGE_SIZE
        grain = rng.normal(0, lighting.noise, (height + _NOISE_MARGIN_PX, width + _NOISE_MARGIN_PX)).astype(np.float32)
        grain = 0.65 * grain + 0.9 * cv2.GaussianBlur(grain, (0, 0), 0.8)
        self._noise = np.round(grain).astype(np.int16)
        self._rain = [_rain_sheet(rng) for _ in range(RAIN_SHEETS)] if lighting.wet else []
        self._rng = rng

    def expose(self, image: Image) -> Image:
        """Planar YUV 4:2:0 (H * 3 / 2, W) of a BGR image (H, W, 3), with noise and rain on the luma."""
        yuv = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        height, width = image.shape[:2]
        x, y = (int(v) for v in self._rng.integers(0, _NOISE_MARGIN_PX, 2))
        noise = self._noise[y : y + height, x : x + width]
        luma = yuv[:height]
        cv2.add(luma, noise, dst=luma, dtype=cv2.CV_8U)
        if self._rain:
            sheet = self._rain[int(self._rng.integers(len(self._rain)))]
            cv2.add(luma, sheet[y : y + height, x : x + width], dst=luma)
        return yuv


def _rain_sheet(rng: np.random.Generator) -> Image:
    sheet = np.zeros((IMAGE_SIZE[1] + _NOISE_MARGIN_PX, IMAGE_SIZE[0] + _NOISE_MARGIN_PX), np.uint8)
    for _ in range(RAIN_STREAKS):
        x, y = (int(rng.integers(size)) for size in sheet.shape[::-1])
        length = int(rng.integers(6, 26))
        cv2.line(sheet, (x, y), (x - length // 6, y + length), int(rng.integers(14, 44)), 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(sheet, (0, 0), 0.7), dtype=np.uint8)


class LampGlow:
    """Headlight beams and glow of lamps, collected at a reduced size and added to the image."""

    def __init__(self) -> None:
        self._shape = IMAGE_SIZE[1] // GLOW_SCALE, IMAGE_SIZE[0] // GLOW_SCALE, 3
        self._light = np.zeros(self._shape, np.uint8)

    def beam(self, ground: NDArray[np.float64], strength: float) -> None:
        """Add a beam. ground: (N, 2) pixels, outline of the lit part of the road. strength: grey levels."""
        points = np.round(np.clip(ground, -2000, 3000) / GLOW_SCALE).astype(np.int32)
        cv2.fillConvexPoly(self._light, points, (strength * 0.8, strength * 0.95, strength), cv2.LINE_AA)

    def lamp(self, pixel: NDArray[np.float64], radius: float, colour: tuple[float, float, float]) -> None:
        """Add a lamp. radius: pixels. colour: BGR 0..255."""
        at = tuple(int(v) for v in np.clip(pixel / GLOW_SCALE, -500, 900))
        cv2.circle(self._light, at, max(1, round(radius / GLOW_SCALE)), colour, -1, cv2.LINE_AA)

    def shine(self, image: Image) -> Image:
        """Image with all beams and lamps added; removes them from the glow."""
        soft = cv2.GaussianBlur(self._light, (0, 0), 1.8)
        self._light[:] = 0
        full = cv2.resize(soft, IMAGE_SIZE, interpolation=cv2.INTER_LINEAR)
        lit = cv2.multiply(image, full, scale=1 / 90)
        return np.asarray(cv2.add(cv2.add(image, lit), cv2.convertScaleAbs(full, alpha=0.22)), dtype=np.uint8)
