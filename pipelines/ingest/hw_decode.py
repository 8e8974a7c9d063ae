"""Hardware decoders through PyAV: a self-test, and the device for a connection."""

from fractions import Fraction
from functools import cache

import av
import numpy as np
import structlog
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

log = structlog.get_logger()

KINDS = {
    "cuda": "NVIDIA NVDEC",
    "qsv": "Intel Quick Sync",
    "vaapi": "VA-API",
}
"""FFmpeg's name of a device type -> product name. [source: libavutil/hwcontext.h]"""

DeviceOptions = dict[str, object]
"""Options of FFmpeg for the opening of a device."""

OPTIONS: dict[str, tuple[DeviceOptions, ...]] = {"cuda": ({"primary_ctx": "1"}, {})}
"""Options to try by kind of device, the best first; none for other kinds. PyAV opens the device once for each camera.
With `primary_ctx`, all cameras and the detector share one CUDA context; without it, each camera makes one of its own,
with its own memory on the device. FFmpeg refuses to share a context with other flags than its own. [source: PyAV 18,
libavutil/hwcontext_cuda.c; measured by: make bench-gpu]"""

TEST_SIZE = 640, 368
"""(width, height) of the self-test's frames in pixels; a multiple of 16, as some decoders require. [assumption]"""

TEST_FRAMES = 10
"""Number of the self-test's frames. [assumption]"""

MAX_MEAN_ERROR = 2.0
"""Mean absolute difference (grey levels) from the CPU's frame; decoders differ by rounding only. [assumption]"""


@cache
def decoding_device(kind: str) -> HWAccel | None:
    """Return the device for `av.open`; None where the self-test fails, which is logged once.

    kind: a key of `KINDS`. Streams that the device cannot decode are decoded by the CPU.
    """
    problem = ""
    for options in OPTIONS.get(kind, ({},)):
        problem = self_test(kind, options)
        if not problem:
            return HWAccel(kind, allow_software_fallback=True, options=options)
    log.warning("decoding on the CPU, for the hardware decoder does not work", decoder=kind, reason=problem)
    return None


def self_test(kind: str, options: DeviceOptions | None = None) -> str:
    """Decode generated frames on the device; return "" where they are right, else the problem in one line."""
    if kind not in hwdevices_available():
        return "not part of this build of PyAV"
    packets = _encode_test_frames()
    try:
        decoder = VideoCodecContext.create("h264", "r", HWAccel(kind, allow_software_fallback=False, options=options))
        if not decoder.is_hwaccel:
            return "this build of PyAV cannot decode H.264 with it"
        decoded = _decode_last_frame(decoder, packets)
    except (FFmpegError, OSError, RuntimeError, ValueError) as error:
        return f"no such device that works ({getattr(error, 'strerror', None) or type(error).__name__})"
    expected = _decode_last_frame(VideoCodecContext.create("h264", "r"), packets)
    if decoded is None or expected is None or decoded.shape != expected.shape:
        return "test frames were lost"
    return "" if np.abs(decoded - expected).mean() <= MAX_MEAN_ERROR else "test frames were decoded wrongly"


def _encode_test_frames() -> list["av.Packet[VideoStream]"]:
    """Return packets of a bright square that moves over a grey gradient."""
    encoder = VideoCodecContext.create("libx264", "w")
    (encoder.width, encoder.height), encoder.pix_fmt, encoder.time_base = TEST_SIZE, "yuv420p", Fraction(1, 25)
    packets: list[av.Packet[VideoStream]] = []
    for number in range(TEST_FRAMES):
        grey = np.broadcast_to(np.linspace(20, 200, TEST_SIZE[0]), TEST_SIZE[::-1]).astype(np.uint8)
        grey[100:180, 20 * number : 20 * number + 80] = 255
        frame = av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)


def _decode_last_frame(
    decoder: VideoCodecContext, packets: list["av.Packet[VideoStream]"]
) -> NDArray[np.float32] | None:
    """Return the grey levels (H, W) of the last frame; None where frames are missing."""
    frames = [frame for packet in (*packets, None) for frame in decoder.decode(packet)]
    if len(frames) != len(packets):
        return None
    return frames[-1].reformat(format="gray").to_ndarray().astype(np.float32)
