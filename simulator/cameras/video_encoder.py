"""H.264 encoding of frames, as a byte stream or as an MP4 file."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

FPS = Fraction(25, 2)
"""Frame rate of the simulated cameras, frames/s: one frame per simulation step of 0.08 s."""

KEYFRAME_INTERVAL_S = 2
"""Seconds between keyframes, a common camera setting [assumption]."""

X264_OPTIONS = {"preset": "superfast", "tune": "zerolatency", "bf": "0", "crf": "25", "threads": "1"}
"""Options of x264: fast and without reordering of frames, as camera encoders [assumption]."""

LIVE_X264_OPTIONS = {**X264_OPTIONS, "preset": "ultrafast"}
"""Options of x264 for live streams: 1.6 ms instead of 2.8 ms a frame, for a sixth more bytes (docs/adr/0167)."""


def yuv_frame(yuv: NDArray[np.uint8], number: int, fps: Fraction = FPS) -> av.VideoFrame:
    """Frame for the encoder. yuv: (H * 3 / 2, W), planar 4:2:0. number: of the frame, from 0."""
    frame = av.VideoFrame.from_ndarray(yuv, format="yuv420p")
    frame.pts = number
    frame.time_base = 1 / fps
    return frame


class H264Encoder:
    """Encoder to an H.264 byte stream with start codes and without parameter sets, for a live stream."""

    def __init__(self, image_size: tuple[int, int], fps: Fraction = FPS) -> None:
        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height = image_size
        self._codec.pix_fmt = "yuv420p"
        self._codec.time_base, self._codec.framerate = 1 / fps, fps
        self._codec.gop_size = round(KEYFRAME_INTERVAL_S * fps)
        self._codec.options = LIVE_X264_OPTIONS
        self._codec.flags |= Flags.global_header
        self._codec.open()

    @property
    def parameter_sets(self) -> bytes:
        """SPS and PPS, each after a start code."""
        return bytes(self._codec.extradata or b"")

    def encode(self, frame: av.VideoFrame) -> "Iterator[av.Packet[Any]]":
        """Packets of one frame."""
        yield from self._codec.encode(frame)


class Mp4Writer:
    """Context manager that writes an MP4 file."""

    def __init__(self, path: Path, image_size: tuple[int, int]) -> None:
        self._container = av.open(str(path), "w", format="mp4")
        self._stream = self._container.add_stream("libx264", rate=FPS, options=X264_OPTIONS)
        self._stream.width, self._stream.height = image_size
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = round(KEYFRAME_INTERVAL_S * FPS)
        self._frames = 0

    def __enter__(self) -> Self:
        return self

    def add(self, yuv: NDArray[np.uint8]) -> None:
        """Append a frame. yuv: (H * 3 / 2, W), planar 4:2:0."""
        self._container.mux(self._stream.encode(yuv_frame(yuv, self._frames)))
        self._frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
