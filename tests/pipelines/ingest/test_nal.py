"""Roles of pictures that real encoders wrote."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from pipelines.ingest.nal import FrameRole, classify_access_unit


def encoded(codec: str, **options: str) -> list[av.Packet]:
    """24 noisy pictures with a keyframe in every 8."""
    noise = np.random.default_rng(3)
    encoder = VideoCodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, 25), 8
    encoder.options = options
    packets = []
    for number in range(24):
        picture = av.VideoFrame.from_ndarray(noise.integers(0, 255, (64, 64, 3), np.uint8), "rgb24")
        picture = picture.reformat(format=encoder.pix_fmt)
        picture.pts = number
        packets += encoder.encode(picture)
    return packets + encoder.encode(None)


@pytest.mark.parametrize(
    ("codec", "encoder", "options"),
    [
        ("h264", "libx264", {"bf": "0", "x264-params": "scenecut=0"}),
        ("hevc", "libx265", {"x265-params": "bframes=0:scenecut=0:open-gop=0:log-level=none"}),
    ],
)
def test_every_keyframe_is_a_fresh_start_and_all_others_are_needed(
    codec: str, encoder: str, options: dict[str, str]
) -> None:
    packets = encoded(encoder, **options)
    roles = [classify_access_unit(codec, bytes(packet)) for packet in packets]
    assert [role is FrameRole.RANDOM_ACCESS for role in roles] == [packet.is_keyframe for packet in packets]
    assert FrameRole.DISPOSABLE not in roles


def test_pictures_that_no_other_one_needs_can_be_left_out_without_damage() -> None:
    packets = encoded("libx264", bf="2", **{"x264-params": "b-adapt=0:b-pyramid=none:scenecut=0"})
    roles = [classify_access_unit("h264", bytes(packet)) for packet in packets]
    assert roles.count(FrameRole.DISPOSABLE) >= 8
    whole = decoded(packets)
    rest = decoded([packet for packet, role in zip(packets, roles, strict=True) if role is not FrameRole.DISPOSABLE])
    assert len(rest) == len(packets) - roles.count(FrameRole.DISPOSABLE)
    for pts, picture in rest.items():
        assert np.array_equal(picture, whole[pts])


def decoded(packets: list[av.Packet]) -> dict[int, np.ndarray]:
    decoder = VideoCodecContext.create("h264", "r")
    pictures = [picture for packet in (*packets, None) for picture in decoder.decode(packet)]
    return {picture.pts: picture.to_ndarray() for picture in pictures}


def test_parameter_sets_alone_are_headers() -> None:
    first = bytes(encoded("libx264", bf="0")[0])
    slice_at = first.index(b"\x00\x00\x01\x65")
    assert classify_access_unit("h264", first[:slice_at]) is FrameRole.HEADERS
    assert classify_access_unit("h264", first) is FrameRole.RANDOM_ACCESS


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x01", b"\x00\x00", b"no start code"])
def test_what_is_not_understood_is_needed(data: bytes) -> None:
    assert classify_access_unit("h264", data) is FrameRole.NEEDED
    assert classify_access_unit("vp9", data) is FrameRole.NEEDED


def test_every_picture_of_motion_jpeg_stands_by_itself() -> None:
    assert classify_access_unit("mjpeg", b"\xff\xd8\xff") is FrameRole.RANDOM_ACCESS
