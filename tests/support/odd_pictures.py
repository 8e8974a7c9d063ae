"""Videos whose coded pictures differ from what a player shows: turned, with oblong pixels, interlaced, cropped."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from tests.support.servers import CLIP_FPS

Image = NDArray[np.uint8]
"""RGB image (H, W, 3)."""

UNIT = 1 << 16
"""1 in a display matrix. [source: ISO/IEC 14496-12, 8.3.2]"""

TURNS: dict[tuple[int, int, int, int], Callable[[Image], Image]] = {
    (1, 0, 0, 1): lambda image: image,
    (-1, 0, 0, 1): np.fliplr,
    (1, 0, 0, -1): np.flipud,
    (-1, 0, 0, -1): lambda image: np.rot90(image, 2),
    (0, 1, -1, 0): lambda image: np.rot90(image, 1),
    (0, -1, 1, 0): lambda image: np.rot90(image, -1),
    (0, 1, 1, 0): lambda image: image.transpose(1, 0, 2),
    (0, -1, -1, 0): lambda image: np.rot90(image, 2).transpose(1, 0, 2),
}
"""Signs (a, b, c, d) of a display matrix -> what turns a shown image into the coded one."""


def road(number: int, size: tuple[int, int] = (320, 180)) -> Image:
    """Return a road, darker on the left, with a white vehicle that drives to the right. size: (width, height)."""
    width, height = size
    image = np.repeat(np.linspace(30, 110, width)[None, :], height, axis=0)
    image[: height // 4] += 60
    left, top = 20 + (number * 4) % (width - 80), height // 2
    image[top : top + height // 6, left : left + width // 6] = 250
    return np.repeat(image[..., None], 3, axis=2).astype(np.uint8)


def matrix_of(signs: tuple[int, int, int, int]) -> list[int]:
    """Return a display matrix: [a, b, u, c, d, v, x, y, w]."""
    a, b, c, d = (sign * UNIT for sign in signs)
    return [a, b, 0, c, d, 0, 0, 0, 1 << 30]


def write_pictures(
    path: Path,
    images: Sequence[Image],
    *,
    matrix: Sequence[int] | None = None,
    pixel_aspect: Fraction | None = None,
    interlaced: bool = False,
    cover: Image | None = None,
    cover_is_marked: bool = True,
    tracks: int = 1,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    bitstream_filter: str | None = None,
    sound: bool = False,
) -> Path:
    """Write coded images as a video, each image a frame.

    matrix: display matrix. interlaced: two images are the fields of one frame. cover: a picture track before the video,
    which states that it is one if it is marked. tracks: number of equal video tracks, of which the last is the default.
    bitstream_filter: changes the packets. sound: a track of sound before the video.
    """
    height, width = images[0].shape[:2]
    with av.open(str(path), "w") as container:
        still = (
            None
            if cover is None
            else _cover_track(container, cover, Disposition.attached_pic if cover_is_marked else Disposition(0))
        )
        if sound:
            container.add_stream("aac", rate=8000)
        streams = [container.add_stream(codec, rate=CLIP_FPS) for _ in range(tracks)]
        for number, stream in enumerate(streams):
            stream.width, stream.height, stream.gop_size = width, height, CLIP_FPS
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.options = {**({"preset": "ultrafast", "bf": "0"} if codec == "libx264" else {}), **(options or {})}
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
            if interlaced:
                stream.options |= {"flags": "+ildct+ilme", "x264-params": "tff=1"}
            if matrix is not None:
                stream.set_display_matrix(list(matrix))
            if tracks > 1 or not cover_is_marked:
                stream.disposition = Disposition.default if number == tracks - 1 and cover_is_marked else Disposition(0)
        if still is not None and cover is not None:
            container.mux(still.encode(_frame(cover, "yuvj420p")))
            container.mux(still.encode(None))
        change = None if bitstream_filter is None else BitStreamFilterContext(bitstream_filter, streams[0])
        for image in [*(weave(images) if interlaced else images), None]:
            for number, stream in enumerate(streams):
                shown = image if image is None or number == tracks - 1 else np.full_like(image, 128)
                for packet in stream.encode(None if shown is None else _frame(shown, stream.pix_fmt)):
                    container.mux([packet] if change is None else change.filter(packet))
    return path


def weave(images: Sequence[Image]) -> Iterator[Image]:
    """Yield frames whose even rows are of one image, and whose odd rows are of the next."""
    for first, second in zip(images[::2], images[1::2], strict=True):
        woven = first.copy()
        woven[1::2] = second[1::2]
        yield woven


def _cover_track(container: Any, cover: Image, disposition: Disposition) -> Any:
    still = container.add_stream("mjpeg", rate=1)
    still.width, still.height, still.pix_fmt = cover.shape[1], cover.shape[0], "yuvj420p"
    still.disposition = disposition
    return still


def _frame(image: Image, pix_fmt: str) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(format=pix_fmt)


def difference(shown: av.VideoFrame, expected: Image) -> float:
    """Return the mean absolute difference in grey levels; infinite for another size."""
    image = shown.to_ndarray(format="rgb24")
    if image.shape != expected.shape:
        return float("inf")
    return float(np.abs(image.astype(np.float32) - expected).mean())


def stretched(image: Image, size: tuple[int, int]) -> Image:
    """Return the image in another (width, height)."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def write_resolutions(path: Path, sizes: Sequence[tuple[int, int]], *, frames: int) -> Path:
    """Write a `.ts` video of one track whose resolution changes, as a camera's does. frames: number of each size."""
    parts = [[road(number, size) for number in range(frames)] for size in sizes]
    return write_parts(path, parts, [Fraction(1)] * len(parts))


def write_parts(
    path: Path, parts: Sequence[Sequence[Image]], pixel_aspects: Sequence[Fraction], codec: str = "libx264"
) -> Path:
    """Write a `.ts` video of one track whose coded size and pixels change from part to part."""
    with av.open(str(path), "w") as container:
        stream = None
        written = 0
        for images, pixel_aspect in zip(parts, pixel_aspects, strict=True):
            encoder = cast(VideoCodecContext, av.CodecContext.create(codec, "w"))
            encoder.height, encoder.width = images[0].shape[:2]
            encoder.pix_fmt, encoder.gop_size, encoder.time_base = "yuv420p", CLIP_FPS, Fraction(1, CLIP_FPS)
            encoder.sample_aspect_ratio = pixel_aspect
            encoder.options = {"preset": "ultrafast", **({"bf": "0"} if codec == "libx264" else {})}
            packets = []
            for image in (*images, None):
                frame = None if image is None else _frame(image, "yuv420p")
                if frame is not None:
                    frame.pts, frame.time_base = written, encoder.time_base
                    written += 1
                packets += encoder.encode(frame)
            if stream is None:
                stream = container.add_stream(codec, rate=CLIP_FPS)
                stream.width, stream.height, stream.pix_fmt = encoder.width, encoder.height, "yuv420p"
            for packet in packets:
                packet.stream = stream
                container.mux(packet)
    return path
