"""From decoded frames to the pictures that the detector sees."""

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from models.detection.detector import RgbImage
from models.gating.roi import RegionOfInterest

PLANAR_LUMA = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
"""Formats whose first plane is one byte of brightness for each pixel."""
_PLANAR_420 = ("yuv420p", "yuvj420p")
_FULL_RANGE = 2
"""AVCOL_RANGE_JPEG"""


class FrameConverter:
    """Scales, cuts and converts frames as a view wants them. Not thread-safe; one for each camera."""

    def __init__(self, view: RegionOfInterest) -> None:
        self._view = view
        self._reformatter = VideoReformatter()

    def to_rgb(self, frame: av.VideoFrame) -> RgbImage:
        width, height = self._view.scaled_size
        if frame.format.name in _PLANAR_420 and (frame.width, frame.height) == (2 * width, 2 * height):
            return _half_size(frame, self._view.window)
        how = "AREA" if width < frame.width else "BICUBIC"
        rgb = self._reformatter.reformat(frame, width, height, format="rgb24", interpolation=how, threads=1)
        return _cut(np.asarray(rgb.to_ndarray(), np.uint8), self._view.window)

    def to_grey(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """(H, W) brightness of what `to_rgb` returns."""
        bright = luma(frame)
        size = self._view.scaled_size
        if (frame.width, frame.height) != size:
            # At half the size this is the mean of four pixels, and fast; area averaging is slow at any other.
            bright = np.asarray(cv2.resize(bright, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        return _cut(bright, self._view.window)


def _cut(picture: NDArray[np.uint8], window: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """A copy."""
    left, top, width, height = window
    return np.array(picture[top : top + height, left : left + width], order="C")


def samples(plane: VideoPlane) -> NDArray[np.uint8]:
    """(H, W) of one byte each, without a copy: valid for as long as the picture is."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def luma(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """(H, W) brightness of a decoded picture, mostly without a copy: valid for as long as the picture is."""
    if picture.format.name not in PLANAR_LUMA:
        return picture.reformat(format="gray").to_ndarray().astype(np.uint8)
    return samples(picture.planes[0])


def luma_thumbnail(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """About 80 x 45 brightness samples of a decoded frame, copied without a conversion of the whole frame."""
    if frame.format.name not in PLANAR_LUMA:
        return frame.reformat(width=80, height=45, format="gray").to_ndarray().astype(np.uint8)
    rows = luma(frame)
    step = max(1, len(rows) // 45)
    return np.array(rows[step // 2 :: step, step // 2 :: step])


def _half_size(frame: av.VideoFrame, window: tuple[int, int, int, int]) -> RgbImage:
    """Most cameras send 720p or 1080p, of which half is looked at; their colour planes are of that size as they come.

    Takes a fifth of the time that swscale needs.
    """
    left, top, width, height = window
    luma, blue, red = map(samples, frame.planes)
    of_window = luma[2 * top : 2 * (top + height), 2 * left : 2 * (left + width)]
    half = cv2.resize(of_window, (width, height), interpolation=cv2.INTER_AREA)
    rows, columns = slice(top, top + height), slice(left, left + width)
    full_range = frame.format.name == "yuvj420p" or frame.color_range == _FULL_RANGE
    to_rgb = _to_rgb(*_LUMA_SHARES.get(int(frame.colorspace), _BT601), full_range=full_range)
    rgb: RgbImage = cv2.transform(cv2.merge([half, blue[rows, columns], red[rows, columns]]), to_rgb)
    return rgb


_BT601 = 0.299, 0.114
_LUMA_SHARES: dict[int, tuple[float, float]] = {int(Colorspace.ITU709): (0.2126, 0.0722)}
"""Of red and blue, by the colour space that the stream announces; most announce none and mean BT.601."""


def _to_rgb(red: float, blue: float, *, full_range: bool) -> NDArray[np.float64]:
    """(3, 4) matrix from (Y, Cb, Cr, 1) to (R, G, B), all 0 to 255 (ITU-R BT.601-7 and BT.709-6, section 3)."""
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if full_range else (255 / 219, 255 / 224)
    matrix = np.array(
        [
            [luma, 0, 2 * (1 - red) * chroma],
            [luma, -2 * (1 - blue) * blue / green * chroma, -2 * (1 - red) * red / green * chroma],
            [luma, 2 * (1 - blue) * chroma, 0],
        ]
    )
    black = np.array([0.0 if full_range else 16.0, 128.0, 128.0])
    return np.column_stack([matrix, -matrix @ black])
