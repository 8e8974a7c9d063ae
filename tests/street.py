"""A street to look at: buildings and markings that stand, and a sensor's grain that never repeats."""

from functools import cache

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

SIZE = (320, 180)


@cache
def _town() -> NDArray[np.uint8]:
    blocks = np.random.default_rng(7).integers(50, 150, (26, 50)).astype(np.uint8)
    return cv2.resize(blocks, (400, 208), interpolation=cv2.INTER_NEAREST)


def street(number: int, *, shift: int = 0, covered: bool = False) -> NDArray[np.uint8]:
    """(180, 320) brightness. number: of the picture, for its grain. shift: pixels that the camera was turned."""
    grain = np.random.default_rng(number).normal(0, 3, (SIZE[1], SIZE[0]))
    seen = np.full((SIZE[1], SIZE[0]), 90) if covered else _town()[14:194, 40 + shift : 360 + shift]
    return (seen + grain).clip(0, 255).astype(np.uint8)


def street_frame(number: int, *, shift: int = 0, covered: bool = False) -> VideoFrame:
    return VideoFrame.from_ndarray(street(number, shift=shift, covered=covered), format="gray")
