"""Comparison of two pictures of one camera: nearly the same pictures teach the network nothing new."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tracking.association import pairwise_iou
from pipelines.learning.anonymise import BgrImage

THUMBNAIL_SIZE = (16, 9)
"""(width, height) of a thumbnail, in pixels: shows the light, but no single road user. [assumption]"""

SAME_GREY_LEVELS = 12.0
"""Mean difference of two thumbnails, grey levels 0..255, up to which the light is the same. [assumption]"""

SAME_IOU = 0.5
"""Intersection over union of two boxes from which they are the same road user at the same place. [assumption]"""

SAME_SHARE = 0.8
"""Share of the boxes of both pictures, 0..1, from which the traffic is the same, such as parked cars. [assumption]"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Light and road users of a picture. thumbnail: grey levels, row by row. boxes: (N, 4) pixels of the picture."""

    thumbnail: NDArray[np.float64]
    boxes: NDArray[np.float64]

    def is_nearly(self, other: "Scene") -> bool:
        """Return whether both show the same light and the same road users at the same places."""
        if self.thumbnail.shape != other.thumbnail.shape:
            return False
        if float(np.abs(self.thumbnail - other.thumbnail).mean()) > SAME_GREY_LEVELS:
            return False
        most = max(len(self.boxes), len(other.boxes))
        if not len(self.boxes) or not len(other.boxes):
            return most == 0
        found = pairwise_iou(self.boxes, other.boxes) >= SAME_IOU
        matched = min(int(found.any(axis=0).sum()), int(found.any(axis=1).sum()))
        return matched >= SAME_SHARE * most


def thumbnail(image: BgrImage) -> tuple[int, ...]:
    """Return the grey levels of `image`, reduced to `THUMBNAIL_SIZE`, row by row."""
    small = cv2.cvtColor(cv2.resize(image, THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return tuple(int(level) for level in small.ravel())
