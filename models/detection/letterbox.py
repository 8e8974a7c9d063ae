"""Fitting of images to the input size of a network."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detection.detector import RgbImage

PADDING_GREY = 114
"""Value of all three channels, 0..255, where an input shows no image [source: training of YOLO networks]."""


@dataclass(frozen=True, slots=True)
class Letterboxed:
    """Image in the network's size, in its top left corner: ``network pixel = scale * image pixel``."""

    image: RgbImage
    scale: float
    image_size: tuple[int, int]

    def to_image(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (N, 4) from network pixels to pixels of the original image, clipped to it."""
        width, height = self.image_size
        corners = np.array([width, height, width, height], dtype=np.float32)
        return np.asarray(np.clip(xyxy / self.scale, 0, corners), dtype=np.float32)


def pad_to_stride(image: RgbImage, stride: int) -> Letterboxed:
    """Input of a network with a dynamic size: sides become multiples of `stride`, nothing is scaled."""
    height, width = image.shape[:2]
    padded = _padded(image, -(-width // stride) * stride, -(-height // stride) * stride)
    return Letterboxed(padded, 1.0, (width, height))


def letterbox(image: RgbImage, size: tuple[int, int]) -> Letterboxed:
    """Input of a network with a fixed size (width, height): scaled to fit with its aspect, the rest grey."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    scaled_size = max(1, round(width * scale)), max(1, round(height * scale))
    scaled = image
    if scaled_size != (width, height):
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(image, scaled_size, interpolation=interpolation), dtype=np.uint8)
    return Letterboxed(_padded(scaled, *size), scale, (width, height))


def _padded(image: RgbImage, width: int, height: int) -> RgbImage:
    below, right = height - image.shape[0], width - image.shape[1]
    if below == 0 and right == 0:
        return np.ascontiguousarray(image)
    grey = (PADDING_GREY, PADDING_GREY, PADDING_GREY)
    return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=grey), dtype=np.uint8)
