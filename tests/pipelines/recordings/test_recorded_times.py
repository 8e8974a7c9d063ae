"""Times of frames where the recorder's clock was wrong."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recordings.recorded_times import RecordedTimes

FRAME_S = 0.04
"""Usual step between two frames, s. [test data]"""


def placed(stated: list[float | None]) -> list[float]:
    times = RecordedTimes(FRAME_S)
    return [times.place(at, after) for at, after in zip(stated, [*stated[1:], None], strict=True)]


def even(frames: int = 100) -> list[float | None]:
    return [number * FRAME_S for number in range(frames)]


@pytest.mark.parametrize("place", [1, 50, 98, 99])
@pytest.mark.parametrize("stray", [112_835.0, 20.0, -5.0, -1e9])
def test_one_stray_time_moves_nothing(place: int, stray: float) -> None:
    stated = even()
    stated[place] = stray
    assert placed(stated) == pytest.approx(even(), abs=0.001)


def test_a_stray_first_time_moves_nothing() -> None:
    assert placed([112_835.0, *even()[1:]]) == pytest.approx(even(), abs=0.001)


def test_two_stray_times_in_a_row_move_nothing() -> None:
    stated = even()
    stated[50:52] = [112_835.0, 112_835.04]
    assert placed(stated) == pytest.approx(even(), abs=0.001)


@pytest.mark.parametrize("step", [-1.0, -0.2, -1e6, 4000.0, 1e9])
def test_a_clock_that_was_set_goes_on_without_a_gap(step: float) -> None:
    stated = [at if number < 50 else at + step for number, at in enumerate(even())]
    assert placed(stated) == pytest.approx(even(), abs=0.001)


@pytest.mark.parametrize("pause", [1.0, 60.0, 1800.0])
def test_a_pause_of_the_recorder_stays_a_pause(pause: float) -> None:
    stated = [at if number < 50 else at + pause for number, at in enumerate(even())]
    assert placed(stated) == pytest.approx(stated, abs=0.001)


def test_missing_and_repeated_times_become_even_steps() -> None:
    assert placed([None] * 100) == pytest.approx(even(), abs=0.001)
    assert placed([7.0] * 100) == pytest.approx(even(), abs=0.001)
    assert placed([number // 2 * 2 * FRAME_S for number in range(100)]) == pytest.approx(even(), abs=0.001)


def test_a_recording_of_variable_rate_is_taken_as_it_is() -> None:
    stated = [0.0, 0.04, 0.9, 1.0, 4.5, 4.54]
    assert placed(list(stated)) == pytest.approx(stated)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_times_start_at_0_and_rise_strictly(stated: list[float | None]) -> None:
    times = placed(stated)
    assert times[0] == 0.0
    assert all(after > before for before, after in pairwise(times))
