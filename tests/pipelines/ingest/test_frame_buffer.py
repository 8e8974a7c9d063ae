"""Newest frame wins."""

from av.video.frame import VideoFrame

from pipelines.ingest.frame_buffer import DroppedFrames, LatestFrameSlot, TimedFrame


def frame(at: float, **more: int) -> TimedFrame:
    return TimedFrame(at, VideoFrame(64, 32, "yuv420p"), **more)


def test_the_newest_frame_wins_and_the_others_are_counted_by_why_nobody_took_them() -> None:
    woken: list[bool] = []
    frames = LatestFrameSlot(lambda: woken.append(True))
    frames.put(frame(1.0))
    frames.put(frame(2.0, passed_over=4))
    frames.put(frame(3.0, passed_over=5, missed=2))
    taken = frames.pop()
    assert taken is not None
    assert taken.at == 3.0
    assert taken.image_size == (64, 32)
    assert frames.pop() is None
    assert len(woken) == 3
    assert frames.pop_dropped() == DroppedFrames(superseded=4 + 5 - 2, no_capacity=2 + 2)
    assert frames.pop_dropped() == DroppedFrames()


def test_a_frame_that_was_taken_is_not_dropped() -> None:
    frames = LatestFrameSlot()
    for at in (1.0, 2.0):
        frames.put(frame(at))
        assert frames
        assert frames.pop() is not None
        assert not frames
    assert frames.pop_dropped() == DroppedFrames()
