"""How a camera's state is told."""

import pytest

from pipelines.events import CameraStatus, Health
from pipelines.health import CameraHealth
from pipelines.viewing import Fitness

LOOKS_PER_S = 5.0
SIZE = (1280, 720)


class Now:
    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def five_seconds(health: CameraHealth, now: Now, *, received: int, analysed: int) -> Health:
    """The report after five seconds in which so many frames came and were analysed."""
    for _ in range(received):
        health.received(SIZE)
    for _ in range(analysed):
        health.analysed(now.seconds - 0.2)
    now.seconds += 5
    return health.report(dropped=received - analysed)


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def health(now: Now) -> CameraHealth:
    return CameraHealth("camera", LOOKS_PER_S, now)


def test_a_camera_that_is_analysed_as_often_as_asked_is_online(health: CameraHealth, now: Now) -> None:
    assert health.status() == CameraStatus.CONNECTING
    health.connected()
    report = five_seconds(health, now, received=125, analysed=25)
    assert report == Health(
        camera_id="camera",
        at=report.at,
        status=CameraStatus.ONLINE,
        received_fps=25,
        analysed_fps=5,
        dropped=100,
        age_s=report.age_s,
        image_size=SIZE,
    )
    assert report.at.timestamp() == now.seconds
    assert report.age_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("received", "analysed", "expected"),
    [
        (125, 10, CameraStatus.DEGRADED),  # less than half of the 25 looks asked for
        (125, 15, CameraStatus.ONLINE),
        (10, 10, CameraStatus.ONLINE),  # a camera of two frames a second is analysed in full
    ],
)
def test_falling_behind_is_degraded(
    health: CameraHealth, now: Now, received: int, analysed: int, expected: CameraStatus
) -> None:
    health.connected()
    assert five_seconds(health, now, received=received, analysed=analysed).status == expected
    assert five_seconds(health, now, received=125, analysed=25).status == CameraStatus.ONLINE


def test_a_lost_camera_is_offline_until_frames_come_again(health: CameraHealth, now: Now) -> None:
    health.connected()
    five_seconds(health, now, received=125, analysed=25)
    health.lost("rtsp://10.0.0.7/live: sends nothing")
    report = five_seconds(health, now, received=0, analysed=0)
    assert (report.status, report.reason) == (CameraStatus.OFFLINE, "rtsp://10.0.0.7/live: sends nothing")
    assert (report.received_fps, report.age_s, report.reconnects) == (0, None, 0)
    health.connected()
    assert health.status() == CameraStatus.OFFLINE
    report = five_seconds(health, now, received=125, analysed=25)
    assert (report.status, report.reason, report.reconnects) == (CameraStatus.ONLINE, "", 1)


def test_what_is_wrong_with_the_picture_is_told_until_it_is_over(health: CameraHealth, now: Now) -> None:
    health.connected()
    five_seconds(health, now, received=125, analysed=25)
    for status, reason in ((CameraStatus.FROZEN, "it hangs"), (CameraStatus.UNUSABLE, "the view has shifted")):
        for _ in range(25):
            health.seen(Fitness(usable=False, status=status, reason=reason))
        report = five_seconds(health, now, received=125, analysed=0)
        assert (report.status, report.reason) == (status, reason)
    health.seen(Fitness(usable=True))
    assert health.status() == CameraStatus.ONLINE
    assert five_seconds(health, now, received=125, analysed=25).status == CameraStatus.ONLINE


def test_looks_that_were_doubted_are_not_looks_that_were_missed(health: CameraHealth, now: Now) -> None:
    health.connected()
    for _ in range(20):
        health.seen(Fitness(usable=False))
    report = five_seconds(health, now, received=125, analysed=5)
    assert (report.status, report.analysed_fps) == (CameraStatus.ONLINE, 1)


def test_a_camera_that_cannot_be_analysed_is_offline_and_says_why(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.failed("gate north is outside the picture")
    report = five_seconds(health, now, received=125, analysed=0)
    assert (report.status, report.reason) == (CameraStatus.OFFLINE, "gate north is outside the picture")


def test_trouble_with_the_viewers_stream_alone_is_degraded(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.live_video("rtsp://10.0.0.7/main: connection refused")
    report = five_seconds(health, now, received=125, analysed=25)
    assert (report.status, report.reason) == (
        CameraStatus.DEGRADED,
        "live video: rtsp://10.0.0.7/main: connection refused",
    )
    health.live_video("")
    assert health.status() == CameraStatus.ONLINE


def test_a_remark_does_not_make_a_camera_less_online(health: CameraHealth, now: Now) -> None:
    health.connected("sends H.265")
    report = five_seconds(health, now, received=125, analysed=25)
    assert (report.status, report.reason) == (CameraStatus.ONLINE, "sends H.265")
