"""Images of a street with static buildings and markings, and sensor noise that never repeats."""

from functools import cache
from pathlib import Path

import av
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
    """Return an image (180, 320) of grey values. number: noise seed. shift: turn of the camera in pixels."""
    grain = np.random.default_rng(number).normal(0, 3, (SIZE[1], SIZE[0]))
    seen = np.full((SIZE[1], SIZE[0]), 90) if covered else _town()[14:194, 40 + shift : 360 + shift]
    return (seen + grain).clip(0, 255).astype(np.uint8)


def street_frame(number: int, *, shift: int = 0, covered: bool = False) -> VideoFrame:
    return VideoFrame.from_ndarray(street(number, shift=shift, covered=covered), format="gray")


def write_street(path: Path, *, shift: int = 0, covered: bool = False) -> Path:
    """Write four seconds of the street at 10 frames a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.gop_size = 10
        stream.options = {"preset": "ultrafast", "bf": "0"}
        for number in range(40):
            container.mux(stream.encode(street_frame(number, shift=shift, covered=covered)))
        container.mux(stream.encode(None))
    return path
