"""Slot for the latest frame between decoder and analysis."""

from av.video.frame import VideoFrame

from pipelines.ingest.frame_buffer import DroppedFrames, LatestFrameSlot, TimedFrame


def frame(at: float, **more: int) -> TimedFrame:
    return TimedFrame(at, VideoFrame(64, 32, "yuv420p"), **more)


def test_the_latest_frame_replaces_others_which_count_by_the_cause_of_their_drop() -> None:
    woken: list[bool] = []
    frames = LatestFrameSlot(lambda: woken.append(True))
    frames.put(frame(1.0))
    frames.put(frame(2.0, passed_over=4))
    frames.put(frame(3.0, passed_over=5, missed=2))
    popped = frames.pop()
    assert popped is not None
    assert popped.at == 3.0
    assert popped.image_size == (64, 32)
    assert frames.pop() is None
    assert len(woken) == 3
    assert frames.pop_dropped() == DroppedFrames(superseded=4 + 5 - 2, no_capacity=2 + 2)
    assert frames.pop_dropped() == DroppedFrames()


def test_a_popped_frame_does_not_count_as_dropped() -> None:
    frames = LatestFrameSlot()
    for at in (1.0, 2.0):
        frames.put(frame(at))
        assert frames
        assert frames.pop() is not None
        assert not frames
    assert frames.pop_dropped() == DroppedFrames()
