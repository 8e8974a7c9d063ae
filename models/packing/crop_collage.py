"""Parts of one picture beside and above one another, so that the detector sees them all at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.detections import Detections
from models.detection.detector import RgbImage
from models.detection.letterbox import GREY
from models.packing.packing_detector import arranged, cut_out

Part = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """corners: the left and top of each part in the mosaic. size: its own (width, height)."""

    parts: tuple[Part, ...]
    corners: tuple[tuple[int, int], ...]
    size: tuple[int, int]

    def cut(self, picture: RgbImage) -> RgbImage:
        """What lies beside a smaller part is grey."""
        if len(self.parts) == 1:
            left, top, right, bottom = self.parts[0]
            return np.ascontiguousarray(picture[top:bottom, left:right])
        mosaic = np.full((self.size[1], self.size[0], 3), GREY, np.uint8)
        for (left, top, right, bottom), (u, v) in zip(self.parts, self.corners, strict=True):
            mosaic[v : v + bottom - top, u : u + right - left] = picture[top:bottom, left:right]
        return mosaic

    def split(self, found: Detections) -> list[Detections]:
        """What was found in each part, in pixels of that part. found: in the mosaic's pixels."""
        sizes = [(right - left, bottom - top) for left, top, right, bottom in self.parts]
        return [cut_out(found, *corner, size) for corner, size in zip(self.corners, sizes, strict=True)]


def mosaic_of(parts: Sequence[Part]) -> Mosaic:
    """The arrangement with the fewest pixels (`models.packing.packing_detector.arranged`). At least one part."""
    corners, size = arranged([(right - left, bottom - top) for left, top, right, bottom in parts])
    return Mosaic(tuple(parts), corners, size)
