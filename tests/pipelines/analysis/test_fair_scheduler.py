"""Shares of simulated cameras, in simulated time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.fair_scheduler import EARLY, CameraShare, RateRequest, pick_next
from pipelines.ingest.rate_limiter import MAX_CREDIT_LEFT

DELIVERED_FPS = 25.0


@dataclass
class Camera:
    """Delivers a frame every 40 ms from `offset_s` on, except while it is offline; each is analysed at most once."""

    share: CameraShare
    offset_s: float
    offline: tuple[float, float] = (math.inf, math.inf)
    last_analysed: int = -1
    analysed_at: list[float] = field(default_factory=list)

    def latest(self, now: float) -> int:
        """Number of the latest frame."""
        delivered_until = min(now, self.offline[0]) if now < self.offline[1] else now
        return math.floor((delivered_until - self.offset_s) * DELIVERED_FPS)

    def has_frame(self, now: float) -> bool:
        return self.latest(now) > max(self.last_analysed, -1)


def cameras_of(requests: Sequence[RateRequest]) -> list[Camera]:
    """Cameras whose frames arrive at different moments."""
    return [
        Camera(CameraShare(request), number * 0.61803 % 1 / DELIVERED_FPS) for number, request in enumerate(requests)
    ]


def analyse(cameras: Sequence[Camera], *, capacity_fps: float, seconds: float) -> None:
    """Analyse one frame at a time, each for 1/`capacity_fps`; without a due frame, 4 ms pass."""
    now = 0.0
    while now < seconds:
        camera = pick_next(((camera.share, camera) for camera in cameras if camera.has_frame(now)), now)
        if camera is None:
            now += 0.004
            continue
        camera.share.spend(now)
        camera.last_analysed = camera.latest(now)
        camera.analysed_at.append(now)
        now += 1 / capacity_fps


def rate(camera: Camera, since: float, until: float) -> float:
    return sum(since <= at < until for at in camera.analysed_at) / (until - since)


def fair_rates(requests: Sequence[RateRequest], capacity_fps: float) -> list[float]:
    """Same share of each request, but none below its floor: found by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        needed = sum(max(request.floor_fps, share * request.fps) for request in requests)
        low, high = (share, high) if needed <= capacity_fps else (low, share)
    return [max(request.floor_fps, low * request.fps) for request in requests]


def test_36_cameras_at_half_their_requests_get_the_same_share_and_never_less_than_their_floors() -> None:
    requests = [RateRequest((1.0, 2.0, 5.0, 5.0, 5.0, 8.0, 10.0)[number % 7], floor_fps=1.0) for number in range(36)]
    capacity_fps = sum(request.fps for request in requests) / 2
    cameras = cameras_of(requests)
    analyse(cameras, capacity_fps=capacity_fps, seconds=65)
    for camera, expected in zip(cameras, fair_rates(requests, capacity_fps), strict=True):
        reached = rate(camera, 5, 65)
        assert reached >= 1.0 - 1 / 60
        assert reached == pytest.approx(expected, rel=0.04)


def test_floors_beyond_the_capacity_are_shared_evenly() -> None:
    requests = [RateRequest(5.0 + number % 3, floor_fps=1.0 + number % 2) for number in range(20)]
    cameras = cameras_of(requests)
    analyse(cameras, capacity_fps=15.0, seconds=65)
    for camera in cameras:
        assert rate(camera, 5, 65) / camera.share.request.floor_fps == pytest.approx(0.5, rel=0.05)


def test_with_enough_capacity_each_camera_reaches_its_request() -> None:
    requests = [RateRequest(fps, floor_fps=1.0) for fps in (1.0, 2.0, 4.7, 5.0, 6.1, 9.3, 10.0)]
    cameras = cameras_of(requests)
    analyse(cameras, capacity_fps=1.3 * sum(request.fps for request in requests), seconds=65)
    for camera in cameras:
        assert rate(camera, 5, 65) == pytest.approx(camera.share.request.fps, rel=0.02)


def test_a_camera_that_was_offline_gets_no_compensation() -> None:
    cameras = cameras_of([RateRequest(5.0, floor_fps=1.0)] * 4)
    cameras[0].offline = (10.0, 40.0)
    analyse(cameras, capacity_fps=10.0, seconds=60)
    assert rate(cameras[0], 11, 40) == 0
    assert rate(cameras[0], 40, 42) <= 2.5 + 0.5
    for other in cameras[1:]:
        assert rate(other, 40, 42) >= 2.5 - 0.5


@settings(max_examples=12, deadline=None)
@given(
    rates=st.lists(st.floats(0.5, 25.0), min_size=2, max_size=12),
    load=st.floats(0.3, 4.0),
    with_floors=st.booleans(),
)
def test_no_camera_starves_whatever_the_others_request(rates: list[float], load: float, with_floors: bool) -> None:
    requests = [RateRequest(fps, floor_fps=min(fps, 1.0) if with_floors else 0.0) for fps in rates]
    capacity_fps = sum(rates) / load
    cameras = cameras_of(requests)
    seconds = 10 + 40 / min(1.0, capacity_fps / len(rates))
    analyse(cameras, capacity_fps=capacity_fps, seconds=seconds)
    longest_frame_s = 1 / capacity_fps + 1 / DELIVERED_FPS
    for camera, expected in zip(cameras, fair_rates(requests, capacity_fps), strict=True):
        # The delay is bounded by one frame of every other camera, and by the wait for the fair share.
        floors_fit = sum(request.floor_fps for request in requests) <= capacity_fps
        fair = expected if floors_fit else capacity_fps / len(requests) / 25
        gaps = [b - a for a, b in zip([0.0, *camera.analysed_at], [*camera.analysed_at, seconds], strict=True)]
        assert max(gaps) <= 2.2 / fair + (len(cameras) + 1) * longest_frame_s


def test_a_short_delay_of_the_machine_loses_no_frame_but_a_long_one_does() -> None:
    for offline_s, expected in ((0.5, 50), (3.0, 50 - 15 + 1 + MAX_CREDIT_LEFT)):
        (camera,) = cameras_of([RateRequest(5.0)])
        camera.offline = (5.0, 5.0 + offline_s)
        analyse([camera], capacity_fps=100.0, seconds=12.0)
        assert sum(2 <= at < 12 for at in camera.analysed_at) == pytest.approx(expected, abs=1)


def test_a_raised_request_takes_effect_before_the_frame_that_was_due_at_the_old_rate() -> None:
    share = CameraShare(RateRequest(1.0))
    for _ in range(1 + int(MAX_CREDIT_LEFT)):
        share.spend(10.0)
    assert share.due_at() == pytest.approx(11.0 - EARLY)
    share.request = RateRequest(5.0)
    assert share.due_at() == pytest.approx(10.2 - EARLY / 5.0)
    assert not share.is_due(10.05)
    assert share.is_due(10.15)


@given(late=st.lists(st.floats(-0.09, 0.09), min_size=50, max_size=50))
def test_frames_that_arrive_at_the_requested_rate_need_not_wait(late: list[float]) -> None:
    share = CameraShare(RateRequest(5.0))
    for _ in range(1 + int(MAX_CREDIT_LEFT)):
        share.spend(0.0)
    for number, late_s in enumerate(late, start=1):
        now = number / 5.0 + late_s
        assert share.is_due(now)
        share.spend(now)


def test_no_camera_is_picked_long_before_it_is_due() -> None:
    share = CameraShare(RateRequest(5.0))
    assert pick_next([(share, "a")], 1.0) == "a"
    for _ in range(1 + int(MAX_CREDIT_LEFT)):
        share.spend(1.0)
    assert pick_next([(share, "a")], 1.09) is None
    assert pick_next([], 1.0) is None


def test_a_rate_below_its_own_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="floor_fps"):
        RateRequest(0.5, floor_fps=1.0)
