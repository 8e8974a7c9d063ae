"""Interface of every detector."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections

RgbImage = NDArray[np.uint8]
"""(H, W, 3) uint8, RGB."""

ImageParts = Sequence[tuple[int, int, int, int]]
"""Rectangles, (left, top, right, bottom) in pixels, that do not overlap."""

DEFAULT_CONFIDENCE = 0.25
"""Least confidence, 0..1, of a reported detection [measured: bench/robustness/low_light.py]."""


class Detector(Protocol):
    """Detection of road users in images.

    Images may have any size and aspect; boxes are in the pixels of the given image. Results of one detector arrive in
    the order of submission. Thread-safe.
    """

    name: str
    """Model and device for display, such as `yolo11n INT8, OpenVINO CPU`."""

    @property
    def in_flight(self) -> int:
        """Number of images processed at once; it may change with their size.

        A few more keep the hardware busy, many more only add delay.
        """
        ...

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        """Start detection. Blocks while more images are in progress than keep the hardware busy.

        parts: where the image shows something, such as the regions of a collage; without any, everywhere. A detector
        may leave out the rest.
        """
        ...

    def close(self) -> None:
        """Finish the images in progress and free the model. Idempotent."""
        ...
