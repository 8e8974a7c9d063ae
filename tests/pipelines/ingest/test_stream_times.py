"""Times of a stream whose clock is wrong, with the delays of a network."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from pipelines.ingest.stream_times import ClockState, ClockVerdict, StreamTimes

FPS = 25
"""Frames a second. [test data]"""


def placed(
    stream: Callable[[int, float], float | None],
    *,
    seconds: float = 60.0,
    delay: Callable[[float], float] = lambda t: 0.0,
    verdict: ClockVerdict | None = None,
    has_own_times: bool = True,
) -> tuple[list[tuple[float, float]], StreamTimes]:
    """Capture time and placed time of each frame. stream: number and time of capture (s) -> time in the stream."""
    times = StreamTimes(verdict or ClockVerdict(), has_own_times=has_own_times)
    arrived, frames = 0.0, []
    for number in range(round(seconds * FPS)):
        captured = number / FPS
        arrived = max(arrived + 1e-4, 1000.0 + captured + delay(captured))
        frames.append((captured, times.place(stream(number, captured), arrived)))
    return frames, times


def speeds(frames: list[tuple[float, float]], *, from_s: float, over_s: float = 1.0) -> list[float]:
    """Placed seconds per second of capture, over spans of `over_s`."""
    after = [frame for frame in frames if frame[0] >= from_s]
    step = round(over_s * FPS)
    return [(late[1] - early[1]) / (late[0] - early[0]) for early, late in zip(after, after[step:], strict=False)]


def jitter(seed: int, longest_s: float) -> Callable[[float], float]:
    draw = random.Random(seed)
    return lambda t: draw.random() ** 4 * longest_s


@pytest.mark.parametrize("rate", [1 / 1.42, 1.42, 0.5, 2.0, 0.95, 1.05])
def test_a_wrong_rate_is_corrected_to_a_few_percent(rate: float) -> None:
    frames, times = placed(lambda number, t: t * rate, delay=jitter(1, 0.3))
    assert times.verdict.state is ClockState.OFF
    assert times.verdict.rate == pytest.approx(rate, rel=0.02)
    after = speeds(frames, from_s=30.0)
    assert min(after) > 0.97
    assert max(after) < 1.03


@pytest.mark.parametrize("rate", [1 / 1.42, 1.42])
def test_a_grossly_wrong_rate_is_corrected_within_seconds_and_at_once_on_the_next_connection(rate: float) -> None:
    frames, times = placed(lambda number, t: t * rate, delay=jitter(2, 0.1))
    assert min(speeds(frames, from_s=8.0)) > 0.95
    assert max(speeds(frames, from_s=8.0)) < 1.05
    again, _ = placed(lambda number, t: t * rate, verdict=times.verdict)
    assert min(speeds(again, from_s=0.0)) > 0.97
    assert max(speeds(again, from_s=0.0)) < 1.03


def burst(t: float) -> float:
    """Delay after a stop of the network of 4 s."""
    return max(0.0, 24.0 - t) if 20.0 <= t < 24.0 else 0.0


def backlog(t: float) -> float:
    """Delay where a connection starts with the frames of the last 3 s at once."""
    return max(0.0, 3.0 - t)


def congestion(t: float) -> float:
    """Delay that grows while the line is too narrow, until the camera drops frames."""
    return min(1.0, max(0.0, t - 20.0) * 0.25)


def late_congestion(t: float) -> float:
    """Delay that grows by 2 s within 4 s, and stays."""
    return min(2.0, max(0.0, t - 40.0) * 0.5)


@pytest.mark.parametrize("delay", [jitter(3, 0.5), burst, backlog, congestion, late_congestion, lambda t: 0.0001 * t])
def test_a_right_clock_is_left_alone(delay: Callable[[float], float]) -> None:
    frames, times = placed(lambda number, t: t, delay=delay)
    assert times.verdict == ClockVerdict()
    assert all(time == pytest.approx(captured, abs=1e-6) for captured, time in frames)


@pytest.mark.parametrize(
    "stream",
    [
        lambda number, t: 0.0,
        lambda number, t: t / 90,
        lambda number, t: (number * 7919 % 1000) * 1.0,
        lambda number, t: None if number else 0.0,
        lambda number, t: t * 90,
        lambda number, t: t * 10,
        lambda number, t: float(t // 1),
        lambda number, t: number // 2 * 2 / FPS,
        lambda number, t: t + 0.06 * (number % 2),
        lambda number, t: -t,
    ],
    ids=[
        "constant",
        "in milliseconds",
        "random",
        "none",
        "in ticks",
        "ten times",
        "whole seconds",
        "in pairs",
        "out of order",
        "backwards",
    ],
)
def test_a_stream_without_usable_times_is_placed_by_arrival(stream: Callable[[int, float], float | None]) -> None:
    frames, times = placed(stream, delay=jitter(4, 0.1))
    assert times.verdict.state is ClockState.UNUSABLE
    after = speeds(frames, from_s=10.0)
    assert min(after) > 0.93
    assert max(after) < 1.07


def test_a_format_without_times_is_placed_by_arrival_from_the_first_frame() -> None:
    frames, _ = placed(lambda number, t: number / 5, has_own_times=False, seconds=10)
    assert min(speeds(frames, from_s=1.0)) > 0.97
    assert max(speeds(frames, from_s=1.0)) < 1.03


@pytest.mark.parametrize("jump_s", [-30.0, 3600.0, -(2.0**32) / 90000, 1e9])
def test_a_jump_becomes_the_step_of_arrival(jump_s: float) -> None:
    frames, times = placed(lambda number, t: t + (jump_s if t >= 20 else 0.0))
    assert times.verdict == ClockVerdict()
    assert all(time == pytest.approx(captured, abs=0.05) for captured, time in frames)


@pytest.mark.parametrize("step_s", [0.3, 1.0, 1.9, -0.3])
@pytest.mark.parametrize("every_s", [2, 5, 30])
def test_a_clock_that_is_set_again_and_again_leaves_the_rate_alone(step_s: float, every_s: int) -> None:
    frames, times = placed(lambda number, t: t + step_s * (t // every_s), delay=jitter(5, 0.05))
    assert times.verdict == ClockVerdict()
    after = speeds(frames, from_s=2.0)
    assert min(after) > 0.93
    assert max(after) < 1.07


@pytest.mark.parametrize("stray_s", [0.5, 1.5, 50.0, -20.0])
def test_many_strays_leave_the_rate_alone(stray_s: float) -> None:
    frames, times = placed(lambda number, t: t + stray_s * (number % 25 == 20), delay=jitter(6, 0.05))
    assert times.verdict == ClockVerdict()
    assert frames[-1][1] == pytest.approx(frames[-1][0], abs=0.2)


@pytest.mark.parametrize(("before", "after"), [(1.0, 1.42), (1.0, 1 / 1.42), (1.42, 1.0), (1 / 1.42, 1.0), (1.0, 0.5)])
def test_a_rate_that_changes_is_corrected_within_fifteen_seconds(before: float, after: float) -> None:
    frames, times = placed(
        lambda number, t: t * before if t < 60 else 60 * before + (t - 60) * after, seconds=120, delay=jitter(7, 0.1)
    )
    assert times.verdict.rate == pytest.approx(after, rel=0.02)
    settled = speeds(frames, from_s=75.0)
    assert min(settled) > 0.93
    assert max(settled) < 1.07


def stops(t: float) -> float:
    """Delay where each ten seconds the network stops for 3 s, and then delivers all at once."""
    return max(0.0, 3.0 - t % 10) if t > 10 else 0.0


@pytest.mark.parametrize("has_own_times", [True, False])
def test_frames_after_a_stop_of_the_network_keep_their_distance(has_own_times: bool) -> None:
    frames, _ = placed(lambda number, t: t, delay=stops, has_own_times=has_own_times)
    after = speeds(frames, from_s=5.0)
    assert min(after) > 0.85
    assert max(after) < 1.15


def test_frames_lost_in_a_stop_of_the_network_are_a_gap_without_own_times() -> None:
    times = StreamTimes(ClockVerdict(), has_own_times=False)
    arrivals = [second + number / 25 for second in range(30) if second not in (10, 11, 12) for number in range(25)]
    placed_s = [times.place(None, arrived) for arrived in arrivals]
    assert placed_s[-1] == pytest.approx(arrivals[-1], abs=0.2)


def test_one_stray_time_moves_one_frame_only() -> None:
    frames, times = placed(lambda number, t: 112_835.0 if number == 500 else t)
    assert times.verdict == ClockVerdict()
    assert all(time == pytest.approx(captured, abs=0.05) for captured, time in frames)


def test_a_clock_that_is_right_again_is_used_again() -> None:
    verdict = ClockVerdict(ClockState.OFF, 1.42)
    frames, times = placed(lambda number, t: t, verdict=verdict)
    assert times.verdict == ClockVerdict()
    assert max(speeds(frames, from_s=20.0)) == pytest.approx(1.0)


def test_times_rise_strictly() -> None:
    for stream in (lambda number, t: 0.0, lambda number, t: -t, lambda number, t: t * 1.42):
        frames, _ = placed(stream, seconds=20)
        assert all(after[1] > before[1] for before, after in pairwise(frames))


def test_frames_read_to_open_a_slow_stream_keep_their_times() -> None:
    times = StreamTimes(ClockVerdict())
    placed = [times.place(stream_s, arrived) for stream_s, arrived in ((0.0, 100.0), (3.0, 100.0), (6.0, 103.0))]
    assert placed == pytest.approx([0.0, 3.0, 6.0])


def test_a_frame_without_a_time_adds_nothing_to_the_next_step() -> None:
    times = StreamTimes(ClockVerdict())
    frames = ((0.0, 100.0), (1.0, 101.0), (None, 102.2), (3.0, 103.0), (4.0, 104.0))
    placed = [times.place(stream_s, arrived) for stream_s, arrived in frames]
    assert placed == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize("stall_s", [1.0, 2.5, 4.5, 30.0])
def test_a_stall_is_no_jump_where_the_frame_before_it_comes_with_the_one_after_it(stall_s: float) -> None:
    """A parser returns a frame when the next one begins, so that the last one before a stall comes after it."""
    times, frames = StreamTimes(ClockVerdict()), []
    captured = [n / 10 for n in range(100)] + [10 + stall_s + n / 10 for n in range(100)]
    for at, following in pairwise(captured):
        frames.append((at, times.place(at, 1000.0 + following)))
    assert [place - at for at, place in frames] == pytest.approx([0.0] * len(frames), abs=1e-6)
