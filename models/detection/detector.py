"""The one interface behind which every detection model stands."""

from concurrent.futures import Future
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections

RgbImage = NDArray[np.uint8]
"""(H, W, 3) uint8, RGB."""


class Detector(Protocol):
    """Finds road users in pictures.

    Pictures may have any size and aspect; boxes come back in the pixels of the picture that was given. Results of
    one detector arrive in the order of submission. Thread-safe.
    """

    name: str
    """What to show people: model and device, `yolo11n INT8, OpenVINO CPU`."""

    @property
    def in_flight(self) -> int:
        """How many pictures are worked on at once; a few more keep the hardware busy, many more only add delay.

        It may change with their size.
        """
        ...

    def submit(self, image: RgbImage) -> Future[Detections]:
        """Start detection. Blocks while more pictures are under way than keep the hardware busy."""
        ...

    def close(self) -> None:
        """Finish what is under way and free the model. Idempotent."""
        ...
