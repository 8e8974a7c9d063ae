"""Roles of frames from real encoders, and of arbitrary bytes."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.ingest.nal import FrameRole, HeaderUnits, classify_access_unit, header_units

START_CODE = b"\x00\x00\x01"


def encoded(codec: str, **options: str) -> list[av.Packet]:
    """24 noisy frames with a keyframe in every 8."""
    noise = np.random.default_rng(3)
    encoder = VideoCodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, 25), 8
    encoder.options = options
    packets = []
    for number in range(24):
        frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (64, 64, 3), np.uint8), "rgb24")
        frame = frame.reformat(format=encoder.pix_fmt)
        frame.pts = number
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)


@pytest.mark.parametrize(
    ("codec", "encoder", "options"),
    [
        ("h264", "libx264", {"bf": "0", "x264-params": "scenecut=0"}),
        ("hevc", "libx265", {"x265-params": "bframes=0:scenecut=0:open-gop=0:log-level=none"}),
    ],
)
def test_each_keyframe_is_a_random_access_point_and_all_others_are_needed(
    codec: str, encoder: str, options: dict[str, str]
) -> None:
    packets = encoded(encoder, **options)
    roles = [classify_access_unit(codec, bytes(packet)) for packet in packets]
    assert [role is FrameRole.RANDOM_ACCESS for role in roles] == [packet.is_keyframe for packet in packets]
    assert FrameRole.DISPOSABLE not in roles


def test_disposable_frames_can_be_left_out_without_damage() -> None:
    packets = encoded("libx264", bf="2", **{"x264-params": "b-adapt=0:b-pyramid=none:scenecut=0"})
    roles = [classify_access_unit("h264", bytes(packet)) for packet in packets]
    assert roles.count(FrameRole.DISPOSABLE) >= 8
    whole = decoded(packets)
    rest = decoded([packet for packet, role in zip(packets, roles, strict=True) if role is not FrameRole.DISPOSABLE])
    assert len(rest) == len(packets) - roles.count(FrameRole.DISPOSABLE)
    for pts, frame in rest.items():
        assert np.array_equal(frame, whole[pts])


def decoded(packets: list[av.Packet]) -> dict[int, np.ndarray]:
    decoder = VideoCodecContext.create("h264", "r")
    frames = [frame for packet in (*packets, None) for frame in decoder.decode(packet)]
    return {frame.pts: frame.to_ndarray() for frame in frames}


def test_parameter_sets_alone_are_headers() -> None:
    first = bytes(encoded("libx264", bf="0")[0])
    slice_at = first.index(b"\x00\x00\x01\x65")
    assert classify_access_unit("h264", first[:slice_at]) is FrameRole.HEADERS
    assert classify_access_unit("h264", first) is FrameRole.RANDOM_ACCESS


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x01", b"\x00\x00", b"no start code"])
def test_data_that_is_not_understood_is_needed(data: bytes) -> None:
    assert classify_access_unit("h264", data) is FrameRole.NEEDED
    assert classify_access_unit("vp9", data) is FrameRole.NEEDED


def test_each_frame_of_motion_jpeg_is_a_random_access_point() -> None:
    assert classify_access_unit("mjpeg", b"\xff\xd8\xff") is FrameRole.RANDOM_ACCESS


@given(codec=st.sampled_from(["h264", "hevc"]), data=st.binary(max_size=200))
@example(codec="h264", data=START_CODE * 60)
@example(codec="hevc", data=START_CODE + b"\x00" * 5000 + START_CODE)
def test_arbitrary_bytes_have_a_role_and_are_headers_only_with_a_start_code(codec: str, data: bytes) -> None:
    role = classify_access_unit(codec, data)
    assert role is FrameRole.NEEDED or START_CODE in data


@given(
    units=st.lists(
        st.tuples(st.sampled_from([6, 7, 8, 9]), st.binary(max_size=300).filter(lambda body: b"\x00\x00" not in body)),
        max_size=8,
    ),
    reference=st.integers(0, 3),
    slice_type=st.sampled_from([1, 2, 5]),
)
def test_the_first_slice_decides_whatever_parameter_sets_and_messages_precede_it(
    units: list[tuple[int, bytes]], reference: int, slice_type: int
) -> None:
    before = b"".join(START_CODE + bytes([kind]) + body + b"\x80" for kind, body in units)
    role = classify_access_unit("h264", before + START_CODE + bytes([reference << 5 | slice_type]) + b"\x88")
    if slice_type == 5:
        assert role is FrameRole.RANDOM_ACCESS
    else:
        assert role is (FrameRole.NEEDED if reference else FrameRole.DISPOSABLE)


def test_parameter_sets_are_found_before_the_slice() -> None:
    sequence, picture, idr = b"\0\0\1\x67\x42", b"\0\0\1\x68\x01", b"\0\0\1\x65\x88"
    found = header_units("h264", b"\0" + sequence + b"\0" + picture + b"\0" + idr)
    assert found == HeaderUnits(sequence, sequence + picture)
    assert header_units("h264", idr) == HeaderUnits()
    video, sequence, slices = b"\0\0\1\x40\x01", b"\0\0\1\x42\x01", b"\0\0\1\x26\x01"
    assert header_units("hevc", video + sequence + slices) == HeaderUnits(sequence, video + sequence)
    assert header_units("mjpeg", b"\xff\xd8") == HeaderUnits()


@pytest.mark.parametrize(("codec", "header"), [("h264", b"\x06"), ("hevc", b"\x4e\x01")])
def test_a_message_that_turns_the_frames_is_found_behind_others(codec: str, header: bytes) -> None:
    other, turn, end = b"\x05\xff\x01" + bytes(256).replace(b"\0", b"\7"), b"\x2f\x03\x28\x00\x05", b"\x80"
    turning, plain = b"\0\0\1" + header + other + turn + end, b"\0\0\1" + header + other + end
    assert header_units(codec, plain + turning).orientation == turning
    assert header_units(codec, plain).orientation == b""
