"""Requested analysis rate of a camera whose simulated road users move."""

from collections.abc import Iterable

import numpy as np
import pytest

from analytics.detections import Tracks
from pipelines.analysis.fair_scheduler import RateRequest
from pipelines.analysis.rate_control import (
    FLOOR_FPS,
    IDLE_AFTER_S,
    IDLE_FPS,
    AimdHeadroom,
    AnalysisRates,
    RateController,
)

USUAL, MAX = 5.0, 10.0
RATES = AnalysisRates(USUAL, MAX)
FRAME_S = 0.2
"""Time (s) between two analysed frames."""


def tracks(*boxes: tuple[int, float, float], size: tuple[float, float] = (40, 30)) -> Tracks:
    """Tracks from (track id, left, top) of each."""
    xyxy = np.array([[x, y, x + size[0], y + size[1]] for _, x, y in boxes], np.float32).reshape(-1, 4)
    n = len(boxes)
    ids = np.array([track for track, _, _ in boxes], np.int64)
    return Tracks(xyxy, np.full(n, 0.9, np.float32), np.zeros(n, np.int64), ids, np.arange(n, dtype=np.int64))


def full_headroom() -> AimdHeadroom:
    headroom = AimdHeadroom(max_delay_s=1 / USUAL)
    headroom.share = 1.0
    return headroom


@pytest.fixture
def controller() -> RateController:
    return RateController(RATES, full_headroom())


def requested(controller: RateController, frames: Iterable[Tracks], since: float = 0.0) -> list[float]:
    """Update with frames `FRAME_S` apart, and return the requested rate after each."""
    rates = []
    for number, present in enumerate(frames):
        controller.update(since + number * FRAME_S, present)
        rates.append(controller.request.fps)
    return rates


def driving(boxes_per_s: float, frames: int, track: int = 1) -> list[Tracks]:
    return [tracks((track, 40 * boxes_per_s * FRAME_S * number, 100)) for number in range(frames)]


def test_a_camera_requests_the_usual_rate_before_its_first_frame(controller: RateController) -> None:
    assert controller.request == RateRequest(USUAL, FLOOR_FPS)


def test_an_empty_road_requests_the_idle_rate_after_a_while(controller: RateController) -> None:
    rates = requested(controller, [tracks()] * 40)
    idle_from = round(IDLE_AFTER_S / FRAME_S) + 1
    assert set(rates[:idle_from]) == {USUAL}
    assert set(rates[idle_from:]) == {IDLE_FPS}
    assert controller.request.floor_fps == FLOOR_FPS


def test_stationary_vehicles_whose_boxes_sway_request_the_idle_rate(controller: RateController) -> None:
    sway = np.random.default_rng(1).normal(0, 1.5, (60, 2))
    rates = requested(controller, [tracks((1, 100 + x, 100 + y), (2, 300 + y, 100 + x)) for x, y in sway])
    assert rates[-1] == IDLE_FPS
    assert max(rates) == USUAL


def test_a_creeping_queue_requests_the_usual_rate(controller: RateController) -> None:
    assert set(requested(controller, driving(0.1, frames=100))) == {USUAL}


def test_a_new_vehicle_requests_the_usual_rate_from_its_first_frame(controller: RateController) -> None:
    requested(controller, [tracks()] * 40)
    assert controller.request.fps == IDLE_FPS
    assert requested(controller, driving(1.0, frames=1), since=8.0) == [USUAL]


def test_the_usual_rate_outlasts_the_last_vehicle_for_a_while(controller: RateController) -> None:
    requested(controller, driving(1.0, frames=20))
    rates = requested(controller, [tracks()] * 40, since=4.0)
    assert rates[int(IDLE_AFTER_S / FRAME_S) - 4] == USUAL
    assert rates[-1] == IDLE_FPS


def test_a_vehicle_that_leaves_its_own_box_between_two_frames_requests_more(controller: RateController) -> None:
    assert requested(controller, driving(4.0, frames=10))[-1] == USUAL
    assert requested(controller, driving(7.0, frames=10, track=2), since=2.0)[-1] == pytest.approx(7.0, rel=0.1)
    assert requested(controller, driving(30.0, frames=10, track=3), since=4.0)[-1] == MAX
    calmer = requested(controller, driving(1.0, frames=60, track=4), since=6.0)
    assert calmer == sorted(calmer, reverse=True), "it falls"
    assert calmer[2] > 8, "but not at once"
    assert calmer[-1] == USUAL


def test_an_id_switch_is_no_speed(controller: RateController) -> None:
    frames = [tracks((1, 100.0 + 4 * number, 100), (2, 500, 100)) for number in range(20)]
    frames[10:] = [tracks((2, 100.0 + 4 * number, 100), (1, 500, 100)) for number in range(10, 20)]
    assert set(requested(controller, frames)) == {USUAL}


def test_a_vehicle_that_stops_requests_less_and_less(controller: RateController) -> None:
    drive = driving(9.0, frames=10)
    requested(controller, drive)
    fast = controller.request.fps
    assert fast > 8
    rates = requested(controller, [drive[-1]] * 40, since=2.0)
    assert USUAL < rates[3] < fast
    assert rates[-1] == IDLE_FPS


def test_the_rate_above_the_usual_one_is_scaled_by_the_headroom() -> None:
    headroom = full_headroom()
    controller = RateController(RATES, headroom)
    requested(controller, driving(9.0, frames=10))
    assert controller.request.fps == pytest.approx(9.0, rel=0.1)
    headroom.share = 0.5
    assert controller.request.fps == pytest.approx(7.0, rel=0.1)
    headroom.share = 0.0
    assert controller.request.fps == USUAL


def test_a_usual_rate_below_the_floor_or_above_the_maximum_is_respected() -> None:
    controller = RateController(AnalysisRates(0.5, MAX), full_headroom())
    requested(controller, [tracks()] * 40)
    assert controller.request == RateRequest(0.5, 0.5)
    controller = RateController(AnalysisRates(20.0, MAX), full_headroom())
    requested(controller, driving(30.0, frames=10))
    assert controller.request.fps == 20.0


def test_a_clock_set_back_is_no_movement_and_no_lasting_idleness(controller: RateController) -> None:
    requested(controller, driving(1.0, frames=20), since=1000.0)
    requested(controller, driving(1.0, frames=3), since=10.0)
    assert controller.request.fps == USUAL
    requested(controller, [tracks()] * 40, since=11.0)
    assert controller.request.fps == IDLE_FPS


def test_headroom_rises_slowly_and_falls_at_once() -> None:
    headroom, now = AimdHeadroom(max_delay_s=1 / USUAL), 0.0

    def seconds(n: int, delay_s: float) -> None:
        nonlocal now
        for _ in range(n * 20):
            now += 0.05
            headroom.update(now, delay_s)

    assert headroom.share == 0.0
    seconds(5, delay_s=0.1)
    assert 0.1 < headroom.share < 0.4
    seconds(30, delay_s=0.1)
    assert headroom.share == 1.0
    seconds(2, delay_s=0.3)
    assert headroom.share <= 0.5
    seconds(20, delay_s=0.3)
    assert headroom.share < 0.001
