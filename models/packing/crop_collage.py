"""Collage of the regions of one frame that the detector must see, as one image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from models.detection.detector import ImageParts, RgbImage
from models.detection.letterbox import PADDING_GREY
from models.packing.shelf_layout import Offset, Size, arrange_crops

Rectangle = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels of the image."""


@dataclass(frozen=True, slots=True)
class CropCollage:
    """Arrangement of regions of an image.

    regions: rectangles in the image. offsets: left and top of each region in the collage. size: (width, height) of the
    collage.
    """

    regions: tuple[Rectangle, ...]
    offsets: tuple[Offset, ...]
    size: Size

    @property
    def parts(self) -> ImageParts:
        """Rectangle of each region in the collage."""
        return tuple(
            (u, v, u + right - left, v + bottom - top)
            for (left, top, right, bottom), (u, v) in zip(self.regions, self.offsets, strict=True)
        )

    def compose(self, image: RgbImage) -> RgbImage:
        """Collage of the image's regions, grey beside smaller regions."""
        return self.compose_from(lambda region: image[region[1] : region[3], region[0] : region[2]])

    def compose_from(self, cut: Callable[[Rectangle], RgbImage]) -> RgbImage:
        """The same from a function that returns the image of a region."""
        if len(self.regions) == 1:
            return np.ascontiguousarray(cut(self.regions[0]))
        collage = np.full((self.size[1], self.size[0], 3), PADDING_GREY, np.uint8)
        for (left, top, right, bottom), (u, v) in zip(self.regions, self.offsets, strict=True):
            collage[v : v + bottom - top, u : u + right - left] = cut((left, top, right, bottom))
        return collage

    def paste(self, source: NDArray[np.uint8], target: NDArray[np.uint8], per: int = 1) -> None:
        """Copy the regions of one plane of the image into that of the collage. per: pixels of the image to a sample."""
        for region, offset in zip(self.regions, self.offsets, strict=True):
            left, top, right, bottom = (side // per for side in region)
            u, v = (side // per for side in offset)
            target[v : v + bottom - top, u : u + right - left] = source[top:bottom, left:right]

    def split(self, detections: Detections) -> list[Detections]:
        """Detections in the collage's pixels, split by region and moved to the pixels of each region."""
        sizes = [(right - left, bottom - top) for left, top, right, bottom in self.regions]
        return [crop_detections(detections, *offset, size) for offset, size in zip(self.offsets, sizes, strict=True)]


def make_collage(regions: Sequence[Rectangle]) -> CropCollage:
    """Collage with the lowest detection cost (`models.packing.shelf_layout.arrange_crops`). At least one region."""
    offsets, size = arrange_crops([(right - left, bottom - top) for left, top, right, bottom in regions])
    return CropCollage(tuple(regions), offsets, size)


def crop_detections(detections: Detections, left: int, top: int, size: Size) -> Detections:
    """Detections whose centres lie in a crop of the image, in the crop's pixels and clipped to it."""
    width, height = size
    boxes = detections.xyxy - np.array([left, top, left, top], np.float32)
    u, v = boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    inside = (u >= 0) & (u < 2 * width) & (v >= 0) & (v < 2 * height)
    clipped = np.minimum(np.maximum(boxes[inside], 0), np.array([width, height, width, height], np.float32))
    return Detections(clipped, detections.confidence[inside], detections.class_id[inside])
