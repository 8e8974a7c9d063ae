"""Decoders in hardware, through PyAV: which of them decode here, and opening one."""

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
TEST_SIZE = 640, 368
TEST_PICTURES = 10
MEAN_ERROR_ALLOWED = 2.0
"""Grey levels: decoders may differ in rounding, and in nothing else."""


@cache
def decoding_device(kind: str) -> HWAccel | None:
    """The device of that kind (a key of `KINDS`) for `av.open`; None where it does not work, which is logged once.

    What the device cannot decode, the CPU does.
    """
    trouble = self_test(kind)
    if trouble:
        log.warning("decoding on the CPU, for the hardware decoder does not work", decoder=kind, reason=trouble)
        return None
    return HWAccel(kind, allow_software_fallback=True)


def self_test(kind: str) -> str:
    """Decode test pictures on a device of that kind: "" where they come out right, else what is wrong, in one line."""
    if kind not in hwdevices_available():
        return "not part of this build of PyAV"
    packets = _test_packets()
    try:
        decoder = VideoCodecContext.create("h264", "r", HWAccel(kind, allow_software_fallback=False))
        if not decoder.is_hwaccel:
            return "this build of PyAV cannot decode H.264 with it"
        decoded = _last_picture(decoder, packets)
    except (FFmpegError, OSError, RuntimeError, ValueError) as error:
        return f"no such device that works ({getattr(error, 'strerror', None) or type(error).__name__})"
    expected = _last_picture(VideoCodecContext.create("h264", "r"), packets)
    if decoded is None or expected is None or decoded.shape != expected.shape:
        return "test pictures were lost"
    return "" if np.abs(decoded - expected).mean() <= MEAN_ERROR_ALLOWED else "test pictures came out wrong"


def _test_packets() -> list["av.Packet[VideoStream]"]:
    """A bright square that moves over a slope of grey."""
    encoder = VideoCodecContext.create("libx264", "w")
    (encoder.width, encoder.height), encoder.pix_fmt, encoder.time_base = TEST_SIZE, "yuv420p", Fraction(1, 25)
    packets: list[av.Packet[VideoStream]] = []
    for number in range(TEST_PICTURES):
        grey = np.broadcast_to(np.linspace(20, 200, TEST_SIZE[0]), TEST_SIZE[::-1]).astype(np.uint8)
        grey[100:180, 20 * number : 20 * number + 80] = 255
        picture = av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")
        picture.pts = number
        packets += encoder.encode(picture)
    return packets + encoder.encode(None)


def _last_picture(decoder: VideoCodecContext, packets: list["av.Packet[VideoStream]"]) -> NDArray[np.float32] | None:
    """Its grey levels, (H, W); None where not all came out."""
    pictures = [picture for packet in (*packets, None) for picture in decoder.decode(packet)]
    if len(pictures) != len(packets):
        return None
    return pictures[-1].reformat(format="gray").to_ndarray().astype(np.float32)
