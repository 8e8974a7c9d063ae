"""Decoders in hardware. Whether this machine has one or not, what is said of it must be true."""

import pytest
from av.codec.hwaccel import hwdevices_available
from av.video.codeccontext import VideoCodecContext

from pipelines.ingest import hw_decode as hardware


def test_the_cpu_decodes_the_test_pictures() -> None:
    packets = hardware._test_packets()
    picture = hardware._last_picture(VideoCodecContext.create("h264", "r"), packets)
    assert picture is not None
    assert picture.shape == hardware.TEST_SIZE[::-1]
    square = picture[110:170, 20 * 9 + 10 : 20 * 9 + 70]
    assert square.mean() > 230


@pytest.mark.parametrize("kind", hardware.KINDS)
def test_a_device_either_decodes_or_is_said_not_to(kind: str) -> None:
    trouble = hardware.self_test(kind)
    assert "\n" not in trouble
    assert trouble or kind in hwdevices_available()
    assert (hardware.decoding_device(kind) is None) == bool(trouble)
