"""Decoded frames to the detector's RGB input, to grey images and to thumbnails."""

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from models.detection.detector import RgbImage
from models.detection.letterbox import PADDING_GREY
from models.gating.roi import RegionOfInterest
from models.packing.crop_collage import CropCollage, Rectangle

PLANAR_LUMA = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")
"""Pixel formats whose first plane holds one byte of luma per pixel. [source: libavutil/pixfmt.h]"""

PLANAR_420 = ("yuv420p", "yuvj420p")
"""Pixel formats with chroma planes of half the width and height. [source: libavutil/pixfmt.h]"""

PADDING_YUV = PADDING_GREY, 128, 128
"""`PADDING_GREY` in luma and chroma; the luma is the same in 16..235 as in 0..255. [source: ITU-R BT.601-7]"""

THUMBNAIL_SIZE = 80, 45
"""(width, height) of a thumbnail in pixels; approximate where the luma plane is subsampled. [assumption]"""

BT601 = 0.299, 0.114
"""Luma coefficients of red and blue for streams that announce no colour space. [source: ITU-R BT.601-7]"""

LUMA_COEFFICIENTS: dict[int, tuple[float, float]] = {int(Colorspace.ITU709): (0.2126, 0.0722)}
"""Luma coefficients of red and blue by the stream's colour space. [source: ITU-R BT.709-6]"""


class FrameConverter:
    """Scale, crop and convert the frames of one camera to the region of interest. Not thread-safe."""

    def __init__(self, roi: RegionOfInterest) -> None:
        self._roi = roi
        self._reformatter = VideoReformatter()

    def to_rgb(self, frame: av.VideoFrame) -> RgbImage:
        """Return the RGB image (H, W, 3) of the region of interest."""
        if self._is_twice_as_large(frame):
            return _half_size(frame, self._roi.window)
        return np.ascontiguousarray(_crop(self._reformatted(frame, *self._roi.scaled_size), self._roi.window))

    def to_collage(self, frame: av.VideoFrame, collage: CropCollage) -> RgbImage:
        """Return the collage of regions of the image that `to_rgb` returns.

        Of 4:2:0 frames that are not scaled, or to half their size, no other pixels are converted: docs/adr/0161.
        """
        left, top, width, height = self._roi.window
        if self._is_twice_as_large(frame):
            return collage.compose_from(lambda region: _half_size(frame, _moved(region, left, top)))
        is_part = collage.size[0] * collage.size[1] < width * height
        if is_part and self._is_as_large(frame) and left % 2 == top % 2 == 0:
            cut = _collage_frame(frame, collage, left, top)
            return np.ascontiguousarray(self._reformatted(cut, *collage.size))
        return collage.compose(self.to_rgb(frame))

    def _is_twice_as_large(self, frame: av.VideoFrame) -> bool:
        """Whether the frame has twice the size of the image, as have its chroma planes then."""
        width, height = self._roi.scaled_size
        return frame.format.name in PLANAR_420 and (frame.width, frame.height) == (2 * width, 2 * height)

    def _is_as_large(self, frame: av.VideoFrame) -> bool:
        return frame.format.name in PLANAR_420 and (frame.width, frame.height) == self._roi.scaled_size

    def _reformatted(self, frame: av.VideoFrame, width: int, height: int) -> RgbImage:
        how = "AREA" if width < frame.width else "BICUBIC"
        rgb = self._reformatter.reformat(frame, width, height, format="rgb24", interpolation=how, threads=1)
        return np.asarray(rgb.to_ndarray(), np.uint8)

    def to_grey(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """Return the luma (H, W) of the image that `to_rgb` returns; of a frame that is not scaled, without a copy."""
        grey = luma(frame)
        size = self._roi.scaled_size
        if (frame.width, frame.height) != size:
            # At half the size, bilinear is the mean of four pixels, and fast; at other ratios area averaging is slow.
            grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        return _crop(grey, self._roi.window)


def _crop(image: NDArray[np.uint8], window: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return (left, top, width, height) of an image, without a copy."""
    left, top, width, height = window
    return image[top : top + height, left : left + width]


def _moved(region: Rectangle, by_u: int, by_v: int) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) of a region after a shift."""
    left, top, right, bottom = region
    return left + by_u, top + by_v, right - left, bottom - top


def samples(plane: VideoPlane) -> NDArray[np.uint8]:
    """Return the bytes (H, W) of a plane, without a copy: valid while the frame exists."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return the luma (H, W) of a frame, without a copy for `PLANAR_LUMA`: then valid while the frame exists."""
    if frame.format.name not in PLANAR_LUMA:
        return frame.reformat(format="gray").to_ndarray().astype(np.uint8)
    return samples(frame.planes[0])


def luma_thumbnail(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return about `THUMBNAIL_SIZE` luma samples of a frame, copied without a conversion of the whole frame."""
    width, height = THUMBNAIL_SIZE
    if frame.format.name not in PLANAR_LUMA:
        return frame.reformat(width=width, height=height, format="gray").to_ndarray().astype(np.uint8)
    rows = luma(frame)
    step = max(1, len(rows) // height)
    return np.array(rows[step // 2 :: step, step // 2 :: step])


def _collage_frame(frame: av.VideoFrame, collage: CropCollage, left: int, top: int) -> av.VideoFrame:
    """Return a 4:2:0 frame with the collage of regions of a window whose corner is (left, top), even numbers."""
    cut = av.VideoFrame(*collage.size, frame.format.name)
    cut.colorspace, cut.color_range = frame.colorspace, frame.color_range
    for source, target, per, padding in zip(frame.planes, cut.planes, (1, 2, 2), PADDING_YUV, strict=True):
        of_window, of_collage = samples(source)[top // per :, left // per :], samples(target)
        if len(collage.regions) > 1:
            of_collage[:] = padding
        collage.paste(of_window, of_collage, per)
    return cut


def _half_size(frame: av.VideoFrame, window: tuple[int, int, int, int]) -> RgbImage:
    """Return the RGB image of a 4:2:0 frame at half its size, (left, top, width, height) of it.

    The chroma planes have that size already, so only luma is scaled (`docs/adr/0046`).
    """
    left, top, width, height = window
    luma_plane, blue, red = map(samples, frame.planes)
    of_window = luma_plane[2 * top : 2 * (top + height), 2 * left : 2 * (left + width)]
    half = cv2.resize(of_window, (width, height), interpolation=cv2.INTER_AREA)
    rows, columns = slice(top, top + height), slice(left, left + width)
    full_range = frame.format.name == "yuvj420p" or frame.color_range == ColorRange.JPEG
    to_rgb = _to_rgb(*LUMA_COEFFICIENTS.get(int(frame.colorspace), BT601), full_range=full_range)
    return np.asarray(cv2.transform(cv2.merge([half, blue[rows, columns], red[rows, columns]]), to_rgb), np.uint8)


def _to_rgb(red: float, blue: float, *, full_range: bool) -> NDArray[np.float64]:
    """Return the matrix (3, 4) from (Y, Cb, Cr, 1) to (R, G, B), all 0 to 255 [ITU-R BT.601-7, BT.709-6].

    red, blue: luma coefficients. full_range: luma 0..255 instead of 16..235.
    """
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
