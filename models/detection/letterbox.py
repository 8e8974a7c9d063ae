"""Fitting a picture to what a network takes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detection.detector import RgbImage

PADDING_GREY = 114
"""Of all three colours, where a network's input has no picture: what YOLO networks are trained with."""


@dataclass(frozen=True, slots=True)
class Letterboxed:
    """A picture in the network's size; ``network pixel = scale * picture pixel`` (it sits in the top left corner)."""

    image: RgbImage
    scale: float
    image_size: tuple[int, int]

    def to_image(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes in network pixels to the picture's, clipped to it."""
        width, height = self.image_size
        corners = np.array([width, height, width, height], dtype=np.float32)
        return np.asarray(np.clip(xyxy / self.scale, 0, corners), dtype=np.float32)


def pad_to_stride(image: RgbImage, stride: int) -> Letterboxed:
    """For a network that takes any size: sides become multiples of `stride`, nothing is scaled."""
    height, width = image.shape[:2]
    return Letterboxed(
        _padded(image, -(-width // stride) * stride, -(-height // stride) * stride), 1.0, (width, height)
    )


def letterbox(image: RgbImage, size: tuple[int, int]) -> Letterboxed:
    """For a network of one fixed size (width, height): scaled to fit, aspect kept, the rest grey."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    scaled_size = max(1, round(width * scale)), max(1, round(height * scale))
    scaled = image
    if scaled_size != (width, height):
        shrinking = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(image, scaled_size, interpolation=shrinking), dtype=np.uint8)
    return Letterboxed(_padded(scaled, *size), scale, (width, height))


def _padded(image: RgbImage, width: int, height: int) -> RgbImage:
    below, right = height - image.shape[0], width - image.shape[1]
    if below == 0 and right == 0:
        return np.ascontiguousarray(image)
    return np.asarray(
        cv2.copyMakeBorder(
            image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(PADDING_GREY, PADDING_GREY, PADDING_GREY)
        ),
        dtype=np.uint8,
    )
