"""Rate of the frames that a camera sends."""

import pytest

from pipelines.events.condition import CameraCondition, Condition
from pipelines.worker.received_rate import MEASURED_S, ReceivedRate


def last_condition(
    rate: ReceivedRate, *, every_s: float, frames: int = 1, seconds: float = 60
) -> CameraCondition | None:
    found = None
    for number in range(round(seconds / every_s) + 1):
        found = rate.update(1000 + number * every_s, frames)
    return found


def test_one_frame_in_four_seconds_is_too_few() -> None:
    found = last_condition(ReceivedRate(2.5), every_s=4)
    assert found is not None
    assert (found.code, found.details.received_fps) == (Condition.LOW_FRAME_RATE, pytest.approx(0.25))


@pytest.mark.parametrize(("every_s", "frames"), [(0.04, 1), (0.5, 12), (0.3, 1)])
def test_enough_frames_need_no_advice_also_where_few_are_analysed(every_s: float, frames: int) -> None:
    assert last_condition(ReceivedRate(2.5), every_s=every_s, frames=frames) is None


def test_a_new_connection_and_a_clock_that_was_set_start_the_measurement_again() -> None:
    rate = ReceivedRate(2.5)
    assert last_condition(rate, every_s=4) is not None
    rate.restart()
    assert rate.update(2000.0, 1) is None
    assert rate.update(2000.0 + MEASURED_S - 1, 1) is None
    assert rate.update(2000.0 + MEASURED_S + 1, 1) is not None
    assert rate.update(50.0, 1) is None
