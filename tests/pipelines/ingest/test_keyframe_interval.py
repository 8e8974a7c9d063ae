"""Advice on rare keyframes, by the arrival of packets."""

from fractions import Fraction

import av
import numpy as np
import pytest

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.keyframe_interval import KeyframeMonitor


def reports(keyframe_s: float, *, fps: float = 5, seconds: float = 60) -> list[CameraCondition | None]:
    """Conditions that are reported while packets arrive, with a keyframe every `keyframe_s` seconds."""
    now = [0.0]
    reported: list[CameraCondition | None] = []
    monitor = KeyframeMonitor(reported.append, lambda: now[0])
    for number in range(round(seconds * fps)):
        now[0] = number / fps
        packet = av.Packet(b"x")
        packet.time_base = Fraction(1, 1000)
        packet.is_keyframe = number % round(keyframe_s * fps) == 0
        monitor.put(packet)  # type: ignore[arg-type]
    return reported


def encoded(options: str) -> list[av.Packet]:
    """Twelve seconds of a small moving picture, five frames a second."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 64, "yuv420p", Fraction(1, 5)
    encoder.options = {"preset": "ultrafast", "x264-params": f"keyint=5:min-keyint=5:bframes=0:{options}"}
    packets = []
    for number in range(60):
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 4 * number, np.uint8), format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    return [*packets, *encoder.encode(None)]


@pytest.mark.parametrize(("options", "is_rare"), [("intra-refresh=1", True), ("intra-refresh=0", False)])
def test_a_frame_that_is_renewed_in_parts_is_no_keyframe(options: str, is_rare: bool) -> None:
    now = [0.0]
    reported: list[CameraCondition | None] = []
    monitor = KeyframeMonitor(reported.append, lambda: now[0], codec="h264")
    for number, packet in enumerate(encoded(options)):
        now[0] = number / 5
        packet.is_keyframe = number % 5 == 0  # as the demuxer marks keyframes and recovery points
        monitor.put(packet)  # type: ignore[arg-type]
    assert any(condition is not None for condition in reported) == is_rare


@pytest.mark.parametrize("keyframe_s", [1, 2, 4])
def test_frequent_keyframes_need_no_advice(keyframe_s: float) -> None:
    assert reports(keyframe_s) == []


def test_rare_keyframes_are_reported_once_they_are_late_and_with_their_interval() -> None:
    reported = reports(20)
    assert all(condition is not None and condition.code is Condition.RARE_KEYFRAMES for condition in reported)
    waits = [condition.details.keyframe_s for condition in reported if condition is not None]
    assert waits[0] == pytest.approx(4.6, abs=0.3)
    assert waits[-1] == pytest.approx(20, abs=1.1)
    assert len(waits) < 20


def test_a_stream_without_a_second_keyframe_is_reported() -> None:
    (*_, last) = reports(1000)
    assert last is not None
    assert last.details.keyframe_s == pytest.approx(60, abs=1.2)


def test_the_advice_ends_with_frequent_keyframes_and_with_the_connection() -> None:
    now = [0.0]
    reported: list[CameraCondition | None] = []
    with KeyframeMonitor(reported.append, lambda: now[0]) as monitor:
        for now[0] in (0.0, 10.0, 12.0):
            packet = av.Packet(b"x")
            packet.is_keyframe = True
            monitor.put(packet)  # type: ignore[arg-type]
        assert [condition and condition.code for condition in reported] == [Condition.RARE_KEYFRAMES, None]
    assert reported[-1] is None
