"""Turns among simulated cameras, in simulated time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.fair_scheduler import EARLY, MOST_LEFT_OWING, CameraShare, RateLimiter, RateRequest, pick_next

PICTURES_PER_S = 25.0


@dataclass
class Camera:
    """Brings a picture every 40 ms, from `offset_s` on, except while it is away; each is taken once."""

    share: CameraShare
    offset_s: float
    away: tuple[float, float] = (math.inf, math.inf)
    taken: int = -1
    looks: list[float] = field(default_factory=list)

    def newest(self, now: float) -> int:
        shown = min(now, self.away[0]) if now < self.away[1] else now
        return math.floor((shown - self.offset_s) * PICTURES_PER_S)

    def has_picture(self, now: float) -> bool:
        return self.newest(now) > max(self.taken, -1)


def cameras_of(wishes: Sequence[RateRequest]) -> list[Camera]:
    """Their pictures come at different moments."""
    return [Camera(CameraShare(wish), number * 0.61803 % 1 / PICTURES_PER_S) for number, wish in enumerate(wishes)]


def serve(cameras: Sequence[Camera], *, turns_per_s: float, seconds: float) -> None:
    """One turn at a time, each of which takes its time; while nobody is due, a little time passes."""
    now = 0.0
    while now < seconds:
        turn = pick_next(((camera.share, camera) for camera in cameras if camera.has_picture(now)), now)
        if turn is None:
            now += 0.004
            continue
        turn.share.take(now)
        turn.taken = turn.newest(now)
        turn.looks.append(now)
        now += 1 / turns_per_s


def rate(camera: Camera, since: float, until: float) -> float:
    return sum(since <= at < until for at in camera.looks) / (until - since)


def fair_rates(wishes: Sequence[RateRequest], turns_per_s: float) -> list[float]:
    """Each the same share of its wish, but none less than its floor: found by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        needed = sum(max(wish.floor_per_s, share * wish.per_s) for wish in wishes)
        low, high = (share, high) if needed <= turns_per_s else (low, share)
    return [max(wish.floor_per_s, low * wish.per_s) for wish in wishes]


def test_36_cameras_at_half_the_capacity_they_want_get_the_same_share_and_never_less_than_their_floors() -> None:
    wishes = [RateRequest((1.0, 2.0, 5.0, 5.0, 5.0, 8.0, 10.0)[number % 7], floor_per_s=1.0) for number in range(36)]
    turns_per_s = sum(wish.per_s for wish in wishes) / 2
    cameras = cameras_of(wishes)
    serve(cameras, turns_per_s=turns_per_s, seconds=65)
    for camera, expected in zip(cameras, fair_rates(wishes, turns_per_s), strict=True):
        reached = rate(camera, 5, 65)
        assert reached >= 1.0 - 1 / 60
        assert reached == pytest.approx(expected, rel=0.04)


def test_where_not_even_the_floors_fit_these_are_shared_evenly() -> None:
    wishes = [RateRequest(5.0 + number % 3, floor_per_s=1.0 + number % 2) for number in range(20)]
    cameras = cameras_of(wishes)
    serve(cameras, turns_per_s=15.0, seconds=65)
    for camera in cameras:
        assert rate(camera, 5, 65) / camera.share.request.floor_per_s == pytest.approx(0.5, rel=0.05)


def test_a_machine_with_room_gives_each_what_it_wants_though_pictures_come_when_they_like() -> None:
    wishes = [RateRequest(per_s, floor_per_s=1.0) for per_s in (1.0, 2.0, 4.7, 5.0, 6.1, 9.3, 10.0)]
    cameras = cameras_of(wishes)
    serve(cameras, turns_per_s=1.3 * sum(wish.per_s for wish in wishes), seconds=65)
    for camera in cameras:
        assert rate(camera, 5, 65) == pytest.approx(camera.share.request.per_s, rel=0.02)


def test_a_camera_that_was_away_takes_no_turns_from_the_others_when_it_is_back() -> None:
    cameras = cameras_of([RateRequest(5.0, floor_per_s=1.0)] * 4)
    cameras[0].away = (10.0, 40.0)
    serve(cameras, turns_per_s=10.0, seconds=60)
    assert rate(cameras[0], 11, 40) == 0
    assert rate(cameras[0], 40, 42) <= 2.5 + 0.5
    for other in cameras[1:]:
        assert rate(other, 40, 42) >= 2.5 - 0.5


@settings(max_examples=12, deadline=None)
@given(
    wanted=st.lists(st.floats(0.5, 25.0), min_size=2, max_size=12),
    load=st.floats(0.3, 4.0),
    with_floors=st.booleans(),
)
def test_nobody_is_starved_whatever_the_others_want(wanted: list[float], load: float, with_floors: bool) -> None:
    wishes = [RateRequest(per_s, floor_per_s=min(per_s, 1.0) if with_floors else 0.0) for per_s in wanted]
    turns_per_s = sum(wanted) / load
    cameras = cameras_of(wishes)
    seconds = 10 + 40 / min(1.0, turns_per_s / len(wanted))
    serve(cameras, turns_per_s=turns_per_s, seconds=seconds)
    longest_turn_s = 1 / turns_per_s + 1 / PICTURES_PER_S
    for camera, expected in zip(cameras, fair_rates(wishes, turns_per_s), strict=True):
        # A camera is late by no more than every other one's turn, and by what it is made to wait for its fair share.
        floors_fit = sum(wish.floor_per_s for wish in wishes) <= turns_per_s
        fair = expected if floors_fit else turns_per_s / len(wishes) / 25
        gaps = [b - a for a, b in zip([0.0, *camera.looks], [*camera.looks, seconds], strict=True)]
        assert max(gaps) <= 2.2 / fair + (len(cameras) + 1) * longest_turn_s


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0.001, 3.0), st.floats(0.2, 20.0)), min_size=1, max_size=60),
)
def test_no_more_turns_than_wanted_whatever_the_rate_does(steps: list[tuple[float, float]]) -> None:
    limiter, now, wanted, taken = RateLimiter(), 0.0, 0.0, 0
    for step, per_s in steps:
        now += step
        wanted += step * per_s
        while limiter.credit(per_s, now) >= 1:
            limiter.take(per_s, now)
            taken += 1
            assert limiter.credit(per_s, now) <= MOST_LEFT_OWING + 1e-9
    # A turn that was owed at one rate is worth more at a higher one.
    assert taken <= wanted + 1 + MOST_LEFT_OWING * (1 + len(steps))


def test_a_moment_without_time_costs_no_turn_but_a_long_one_does() -> None:
    for away_s, expected in ((0.5, 50), (3.0, 50 - 15 + 1 + MOST_LEFT_OWING)):
        (camera,) = cameras_of([RateRequest(5.0)])
        camera.away = (5.0, 5.0 + away_s)
        serve([camera], turns_per_s=100.0, seconds=12.0)
        assert sum(2 <= at < 12 for at in camera.looks) == pytest.approx(expected, abs=1)


def test_a_camera_that_wants_more_from_now_on_need_not_wait_for_the_turn_it_would_have_had() -> None:
    share = CameraShare(RateRequest(1.0))
    for _ in range(1 + int(MOST_LEFT_OWING)):
        share.take(10.0)
    assert share.due_at() == pytest.approx(11.0 - EARLY)
    share.request = RateRequest(5.0)
    assert share.due_at() == pytest.approx(10.2 - EARLY / 5.0)
    assert not share.is_due(10.05)
    assert share.is_due(10.15)


@given(late=st.lists(st.floats(-0.09, 0.09), min_size=50, max_size=50))
def test_pictures_that_come_at_the_rate_of_turns_need_not_wait_for_them(late: list[float]) -> None:
    share = CameraShare(RateRequest(5.0))
    for _ in range(1 + int(MOST_LEFT_OWING)):
        share.take(0.0)
    for number, late_s in enumerate(late, start=1):
        now = number / 5.0 + late_s
        assert share.is_due(now)
        share.take(now)


def test_nobody_has_a_turn_long_before_it_is_due() -> None:
    share = CameraShare(RateRequest(5.0))
    assert pick_next([(share, "a")], 1.0) == "a"
    for _ in range(1 + int(MOST_LEFT_OWING)):
        share.take(1.0)
    assert pick_next([(share, "a")], 1.09) is None
    assert pick_next([], 1.0) is None


def test_a_wish_below_its_own_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="floor_per_s"):
        RateRequest(0.5, floor_per_s=1.0)
