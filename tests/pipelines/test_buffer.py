"""Newest frame wins."""

from av.video.frame import VideoFrame

from pipelines.buffer import NewestFrame, TimedFrame


def frame(at: float) -> TimedFrame:
    return TimedFrame(at, VideoFrame(64, 32, "yuv420p"))


def test_the_newest_frame_wins_and_the_others_are_counted() -> None:
    woken: list[bool] = []
    frames = NewestFrame(lambda: woken.append(True))
    for at in (1.0, 2.0, 3.0):
        frames.put(frame(at))
    taken = frames.take()
    assert taken is not None
    assert taken.at == 3.0
    assert taken.image_size == (64, 32)
    assert frames.take() is None
    assert len(woken) == 3
    assert frames.take_dropped() == 2
    assert frames.take_dropped() == 0


def test_a_frame_that_was_taken_is_not_dropped() -> None:
    frames = NewestFrame()
    for at in (1.0, 2.0):
        frames.put(frame(at))
        assert frames
        assert frames.take() is not None
        assert not frames
    assert frames.take_dropped() == 0
