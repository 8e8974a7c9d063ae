"""Live streams of the RTSP server: NAL units, and what a slow client receives."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("aio_rtsp_toolkit", reason="needs the RTSP server, which the extra `demo` installs")

from simulator.cameras.rtsp_server import CLIENT_QUEUE_FRAMES, LiveStream, nal_units
from simulator.cameras.video_encoder import FPS, KEYFRAME_INTERVAL_S, H264Encoder, yuv_frame

KEYFRAME_INTERVAL = int(KEYFRAME_INTERVAL_S * FPS)
"""Frames from one keyframe to the next."""
SIZE = (64, 48)
"""Width and height of the test frames, pixels."""


def encoded_frames(encoder: H264Encoder, number: int) -> Iterator[bytes]:
    """Frames of a static image, so that there are no keyframes but those of the interval."""
    yuv = np.random.default_rng(1).integers(50, 150, (SIZE[1] * 3 // 2, SIZE[0]), dtype=np.uint8)
    for k in range(number):
        yield b"".join(bytes(packet) for packet in encoder.encode(yuv_frame(yuv, k)))


@pytest.fixture
def encoder() -> H264Encoder:
    return H264Encoder(SIZE)


@pytest.fixture
def stream(encoder: H264Encoder) -> LiveStream:
    return LiveStream("main", encoder.parameter_sets, 12.5)


def test_a_stream_announces_the_parameter_sets_of_its_encoder(encoder: H264Encoder, stream: LiveStream) -> None:
    assert nal_units(encoder.parameter_sets)[:2] == [stream.sps, stream.pps]
    assert stream.description().tracks[0].parameter_sets == {"sps": stream.sps, "pps": stream.pps}


def test_a_client_starts_with_the_next_keyframe(encoder: H264Encoder, stream: LiveStream) -> None:
    late = None
    for k, data in enumerate(encoded_frames(encoder, 2 * KEYFRAME_INTERVAL)):
        if k == 3:
            late = stream.add_client()
        stream.publish(k / 12.5, data)
    assert late is not None
    first = late.frames.get_nowait()
    assert first.is_keyframe
    assert first.t == KEYFRAME_INTERVAL / 12.5


def test_a_slow_client_loses_frames_up_to_a_keyframe(encoder: H264Encoder, stream: LiveStream) -> None:
    client, received = stream.add_client(), []
    for k, data in enumerate(encoded_frames(encoder, CLIENT_QUEUE_FRAMES + 3 * KEYFRAME_INTERVAL)):
        stream.publish(float(k), data)
        if k == CLIENT_QUEUE_FRAMES + 5:
            received += [client.frames.get_nowait() for _ in range(CLIENT_QUEUE_FRAMES)]
    received += [client.frames.get_nowait() for _ in range(client.frames.qsize())]
    gaps = [after for before, after in pairwise(received) if after.t != before.t + 1]
    assert len(gaps) == 1
    assert gaps[0].is_keyframe


def test_a_removed_client_receives_nothing(encoder: H264Encoder, stream: LiveStream) -> None:
    client = stream.add_client()
    stream.remove_client(client)
    for data in encoded_frames(encoder, 1):
        stream.publish(0.0, data)
    assert client.frames.empty()
