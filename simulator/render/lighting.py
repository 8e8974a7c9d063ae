"""Illumination, sky and exposure of each light condition."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from simulator.world.scenario import Light

Bgr = tuple[float, float, float]
"""Blue, green and red."""


@dataclass(frozen=True)
class Lighting:
    """Light of a scene. sun: (3,) unit vector towards the sun.

    ambient, direct: light from the sky and from the sun; 1 is full daylight. tint: factor on all colours, BGR.
    sky: colours above and at the horizon, BGR 0..255. haze_m: distance at which colours have faded by 63 %, metres.
    shadow: share of the light left in a shadow, 0..1. blur_s: exposure time, seconds.
    noise: standard deviation of the sensor noise, grey levels of 255. lamps: street lamps and headlights are lit.
    wet: the road is wet.
    """

    sun: NDArray[np.float64]
    ambient: float
    direct: float
    tint: Bgr
    sky: tuple[Bgr, Bgr]
    haze_m: float
    shadow: float
    blur_s: float
    noise: float
    lamps: bool = False
    wet: bool = False

    def shade(self, normals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Factors (..., 3), BGR, on the colour of surfaces with unit normals (..., 3)."""
        facing = np.clip(normals @ self.sun, 0, None)
        upward = 0.86 + 0.14 * normals[..., 2]
        return np.asarray((self.ambient * upward + self.direct * facing)[..., None] * np.array(self.tint))

    @property
    def haze(self) -> Bgr:
        """Colour of the haze: that of the sky at the horizon."""
        return self.sky[1]


def lighting_of(light: Light, rng: np.random.Generator) -> Lighting:
    """Lighting of a light condition, with a random position of the sun [assumption: values chosen by eye]."""
    azimuth, height = rng.uniform(0, 360), rng.uniform(38, 68)
    match light:
        case Light.DAY:
            tint = (0.97, 1.0, 1.02)
            sky = ((235, 205, 170), (238, 230, 220))
            return Lighting(_sun(azimuth, height), 0.66, 0.72, tint, sky, 420.0, 0.50, 0.012, 2.6)
        case Light.DUSK:
            tint = (0.88, 0.80, 0.86)
            sky = ((120, 95, 85), (120, 140, 190))
            return Lighting(_sun(270, 7), 0.55, 0.2, tint, sky, 320.0, 0.85, 0.03, 4.5, lamps=True)
        case Light.NIGHT:
            tint = (0.78, 0.86, 1.0)
            sky = ((26, 20, 18), (42, 38, 38))
            return Lighting(_sun(azimuth, 60), 0.28, 0.02, tint, sky, 500.0, 0.9, 0.04, 4.4, lamps=True)
        case Light.RAIN:
            tint = (1.0, 0.98, 0.95)
            sky = ((178, 172, 166), (190, 186, 182))
            return Lighting(_sun(azimuth, 80), 0.80, 0.05, tint, sky, 140.0, 0.85, 0.02, 3.2, wet=True)


def _sun(azimuth_deg: float, height_deg: float) -> NDArray[np.float64]:
    azimuth, height = radians(azimuth_deg), radians(height_deg)
    return np.array([sin(azimuth) * cos(height), cos(azimuth) * cos(height), sin(height)])
