"""Stream timestamps to Unix seconds."""

import pytest

from pipelines.ingest.clock import StreamClock


class Now:
    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        # (seconds since the first arrival, timestamp) of each frame -> its time, in seconds since the first arrival
        pytest.param([(0, 50), (1, 51), (2, 52)], [0, 1, 2], id="frames in time keep the stream's distances"),
        pytest.param([(0, 50), (1.3, 51), (2.1, 52)], [0, 1, 2], id="a late frame was captured in time"),
        pytest.param(
            [(0, 50), (0.1, 51), (1.1, 52)], [0, 0.1, 1.1], id="after a late first frame the clock is set again"
        ),
        pytest.param([(0, 50), (1, 51), (2, 9000)], [0, 1, 2], id="a jump forward does not lead into the future"),
        pytest.param([(0, 50), (1, 51), (2, 0)], [0, 1, 2], id="a jump back does not lead into the past"),
        pytest.param([(0, 50), (1, 51), (60, 52)], [0, 1, 60], id="after a long gap the clock is set again"),
    ],
)
def test_frames_have_the_time_of_their_capture(arrivals: list[tuple[float, float]], expected: list[float]) -> None:
    now = Now()
    clock, start, walls = StreamClock(now), now.seconds, []
    for after_s, stream_s in arrivals:
        now.seconds = start + after_s
        walls.append(clock.wall(stream_s) - start)
    assert walls == pytest.approx(expected)


def test_drift_of_a_camera_never_leads_into_the_future_nor_far_into_the_past() -> None:
    now = Now()
    clock, start = StreamClock(now), now.seconds
    for second in range(0, 40_000, 10):
        now.seconds = start + second
        for rate in (0.999, 1.001):
            behind = now.seconds - clock.wall(50 + second * rate)
            assert 0 <= behind <= 5
