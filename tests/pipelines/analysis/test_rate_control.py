"""Road users move through simulated pictures; how often does the camera want to be looked at?"""

from collections.abc import Iterable

import numpy as np
import pytest

from analytics.detections import Tracks
from pipelines.analysis.fair_scheduler import RateRequest
from pipelines.analysis.rate_control import FLOOR_PER_S, QUIET_AFTER_S, QUIET_PER_S, AimdHeadroom, RateController

USUAL, MOST = 5.0, 10.0
LOOK_S = 0.2


def tracks(*boxes: tuple[int, float, float], size: tuple[float, float] = (40, 30)) -> Tracks:
    """(track, left, top) of each."""
    xyxy = np.array([[x, y, x + size[0], y + size[1]] for _, x, y in boxes], np.float32).reshape(-1, 4)
    n = len(boxes)
    ids = np.array([track for track, _, _ in boxes], np.int64)
    return Tracks(xyxy, np.full(n, 0.9, np.float32), np.zeros(n, np.int64), ids, np.arange(n, dtype=np.int64))


def roomy() -> AimdHeadroom:
    room = AimdHeadroom(USUAL)
    room.share = 1.0
    return room


@pytest.fixture
def controller() -> RateController:
    return RateController(USUAL, MOST, roomy())


def see(controller: RateController, seen: Iterable[Tracks], since: float = 0.0) -> list[float]:
    """Looks 0.2 s apart; the rate wanted after each."""
    wanted = []
    for number, present in enumerate(seen):
        controller.update(since + number * LOOK_S, present)
        wanted.append(controller.request.per_s)
    return wanted


def driving(boxes_per_s: float, looks: int, track: int = 1) -> list[Tracks]:
    return [tracks((track, 40 * boxes_per_s * LOOK_S * number, 100)) for number in range(looks)]


def test_before_anything_is_known_a_camera_wants_the_usual_rate(controller: RateController) -> None:
    assert controller.request == RateRequest(USUAL, FLOOR_PER_S)


def test_an_empty_road_wants_few_looks_after_a_while(controller: RateController) -> None:
    wanted = see(controller, [tracks()] * 40)
    quiet_from = round(QUIET_AFTER_S / LOOK_S) + 1
    assert set(wanted[:quiet_from]) == {USUAL}
    assert set(wanted[quiet_from:]) == {QUIET_PER_S}
    assert controller.request.floor_per_s == FLOOR_PER_S


def test_whoever_stands_and_sways_a_little_keeps_nobody_busy(controller: RateController) -> None:
    sway = np.random.default_rng(1).normal(0, 1.5, (60, 2))
    wanted = see(controller, [tracks((1, 100 + x, 100 + y), (2, 300 + y, 100 + x)) for x, y in sway])
    assert wanted[-1] == QUIET_PER_S
    assert max(wanted) == USUAL


def test_a_queue_that_creeps_is_traffic(controller: RateController) -> None:
    wanted = see(controller, driving(0.1, looks=100))
    assert set(wanted) == {USUAL}


def test_somebody_new_is_followed_at_the_usual_rate_from_the_first_look_on(controller: RateController) -> None:
    see(controller, [tracks()] * 40)
    assert controller.request.per_s == QUIET_PER_S
    assert see(controller, driving(1.0, looks=1), since=8.0) == [USUAL]


def test_the_usual_rate_outlasts_the_last_road_user_for_a_while(controller: RateController) -> None:
    see(controller, driving(1.0, looks=20))
    wanted = see(controller, [tracks()] * 40, since=4.0)
    assert wanted[int(QUIET_AFTER_S / LOOK_S) - 4] == USUAL
    assert wanted[-1] == QUIET_PER_S


def test_whoever_would_leave_his_box_behind_is_looked_at_more_often(controller: RateController) -> None:
    assert see(controller, driving(4.0, looks=10))[-1] == USUAL
    assert see(controller, driving(7.0, looks=10, track=2), since=2.0)[-1] == pytest.approx(7.0, rel=0.1)
    assert see(controller, driving(30.0, looks=10, track=3), since=4.0)[-1] == MOST
    calmer = see(controller, driving(1.0, looks=60, track=4), since=6.0)
    assert calmer == sorted(calmer, reverse=True), "it falls"
    assert calmer[2] > 8, "but not at once"
    assert calmer[-1] == USUAL


def test_a_mistaken_identity_is_no_speed(controller: RateController) -> None:
    seen = [tracks((1, 100.0 + 4 * number, 100), (2, 500, 100)) for number in range(20)]
    seen[10:] = [tracks((2, 100.0 + 4 * number, 100), (1, 500, 100)) for number in range(10, 20)]
    assert set(see(controller, seen)) == {USUAL}


def test_who_stops_is_looked_at_less_and_less(controller: RateController) -> None:
    way = driving(9.0, looks=10)
    see(controller, way)
    fast = controller.request.per_s
    assert fast > 8
    wanted = see(controller, [way[-1]] * 40, since=2.0)
    assert USUAL < wanted[3] < fast
    assert wanted[-1] == QUIET_PER_S


def test_without_room_nobody_gets_more_than_the_usual_rate() -> None:
    room = roomy()
    controller = RateController(USUAL, MOST, room)
    see(controller, driving(9.0, looks=10))
    assert controller.request.per_s == pytest.approx(9.0, rel=0.1)
    room.share = 0.5
    assert controller.request.per_s == pytest.approx(7.0, rel=0.1)
    room.share = 0.0
    assert controller.request.per_s == USUAL


def test_rates_below_the_floor_and_ceilings_below_the_usual_rate_are_taken_as_they_are_meant() -> None:
    controller = RateController(0.5, MOST, roomy())
    see(controller, [tracks()] * 40)
    assert controller.request == RateRequest(0.5, 0.5)
    controller = RateController(20.0, MOST, roomy())
    see(controller, driving(30.0, looks=10))
    assert controller.request.per_s == 20.0


def test_a_clock_that_was_set_back_makes_no_movement_and_no_lasting_quiet(controller: RateController) -> None:
    see(controller, driving(1.0, looks=20), since=1000.0)
    see(controller, driving(1.0, looks=3), since=10.0)
    assert controller.request.per_s == USUAL
    see(controller, [tracks()] * 40, since=11.0)
    assert controller.request.per_s == QUIET_PER_S


def test_room_is_found_by_trying_and_given_up_at_once() -> None:
    room, now = AimdHeadroom(USUAL), 0.0

    def seconds(n: int, age_s: float) -> None:
        nonlocal now
        for _ in range(n * 20):
            now += 0.05
            room.update(now, age_s)

    assert room.share == 0.0
    seconds(5, age_s=0.1)
    assert 0.1 < room.share < 0.4
    seconds(30, age_s=0.1)
    assert room.share == 1.0
    seconds(2, age_s=0.3)
    assert room.share <= 0.5
    seconds(20, age_s=0.3)
    assert room.share < 0.001
