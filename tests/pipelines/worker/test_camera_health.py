"""How a camera's state is told."""

import pytest

from pipelines.analysis.loop import AnalysedFrame
from pipelines.analysis.view_gate import ViewQuality
from pipelines.events.schema import CameraStatus, Drops, Health
from pipelines.ingest.frame_buffer import DroppedFrames
from pipelines.worker.camera_health import CameraHealth

LOOKS_PER_S = 5.0
SIZE = (1280, 720)


class Now:
    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def five_seconds(health: CameraHealth, now: Now, *, received: int, analysed: int, looked: int = 0) -> Health:
    """The report after five seconds in which so many frames came and were analysed, of 25 that were wanted.

    looked: how many were seen, but not analysed.
    """
    missed = max(0, min(25, received) - analysed - looked)
    for _ in range(received):
        health.received(SIZE)
    for _ in range(analysed):
        health.frame_analysed(AnalysedFrame(now.seconds - 0.2, inferred=True, waited_s=None))
    now.seconds += 5
    return health.report(DroppedFrames(superseded=received - analysed - looked - missed, no_capacity=missed))


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
        held_fps=0,
        wanted_fps=5,
        reached=1,
        dropped=100,
        drops=Drops(superseded=100),
        age_s=report.age_s,
        age_p95_s=report.age_p95_s,
        image_size=SIZE,
    )
    assert report.at.timestamp() == now.seconds
    assert report.age_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("received", "analysed", "expected"),
    [
        (125, 10, (CameraStatus.DEGRADED, 0.4, "less than half as often")),
        (125, 15, (CameraStatus.ONLINE, 0.6, "less often")),
        (125, 24, (CameraStatus.ONLINE, 0.96, "")),
        (10, 10, (CameraStatus.ONLINE, 1.0, "")),  # a camera of two frames a second is analysed in full
        (0, 0, (CameraStatus.ONLINE, None, "")),  # nothing to be late with
    ],
)
def test_overload_is_told_with_what_to_do_and_degraded_below_half(
    health: CameraHealth, now: Now, received: int, analysed: int, expected: tuple[CameraStatus, float | None, str]
) -> None:
    health.connected()
    health.received(SIZE)
    report = five_seconds(health, now, received=received, analysed=analysed)
    status, reached, told = expected
    assert (report.status, report.reached) == (status, reached)
    assert told in report.reason
    assert ("sub-stream" in report.reason) == (told != "")
    report = five_seconds(health, now, received=125, analysed=25)
    assert (report.status, report.reason) == (CameraStatus.ONLINE, "")


def test_each_picture_that_was_not_analysed_has_a_reason(health: CameraHealth, now: Now) -> None:
    health.connected()
    for _ in range(3):
        health.view_assessed(ViewQuality(usable=False))
    report = five_seconds(health, now, received=125, analysed=20, looked=3)
    assert report.drops == Drops(superseded=100, no_capacity=2, withheld=3)
    assert report.dropped == 105
    health.analysis_failed("out of memory")
    report = five_seconds(health, now, received=125, analysed=0, looked=1)
    assert report.drops == Drops(superseded=100, failed=25), "nobody tries for a while"
    assert report.reached is None
    assert report.status == CameraStatus.OFFLINE
    assert five_seconds(health, now, received=125, analysed=25).drops == Drops(superseded=100)


def test_looks_that_held_and_what_is_wanted_are_told(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.received(SIZE)
    for _ in range(10):
        health.frame_analysed(AnalysedFrame(now.seconds, inferred=False, waited_s=None))
    health.set_requested_rate(2.0)
    report = five_seconds(health, now, received=125, analysed=5)
    assert (report.analysed_fps, report.held_fps, report.wanted_fps) == (3, 2, 2)


def test_ages_are_told_so_that_one_in_twenty_is_older(health: CameraHealth, now: Now) -> None:
    for age_ms in range(1, 101):
        health.frame_analysed(AnalysedFrame(now.seconds - age_ms / 1000, inferred=True, waited_s=age_ms / 2000))
    report = five_seconds(health, now, received=125, analysed=0)
    assert report.age_s == pytest.approx(0.1)
    assert report.age_p95_s == pytest.approx(0.095)
    assert report.frame_to_event_p95_ms == pytest.approx(47.5)
    report = five_seconds(health, now, received=125, analysed=0)
    assert (report.age_p95_s, report.frame_to_event_p95_ms) == (None, None), "since the last report"


def test_a_lost_camera_is_offline_until_frames_come_again(health: CameraHealth, now: Now) -> None:
    health.connected()
    five_seconds(health, now, received=125, analysed=25)
    health.disconnected("rtsp://10.0.0.7/live: sends nothing")
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
            health.view_assessed(ViewQuality(usable=False, status=status, reason=reason))
        report = five_seconds(health, now, received=125, analysed=0, looked=25)
        assert (report.status, report.reason) == (status, reason)
    health.view_assessed(ViewQuality(usable=True))
    assert health.status() == CameraStatus.ONLINE
    assert five_seconds(health, now, received=125, analysed=25).status == CameraStatus.ONLINE


def test_looks_that_were_doubted_are_not_looks_that_were_missed(health: CameraHealth, now: Now) -> None:
    health.connected()
    for _ in range(20):
        health.view_assessed(ViewQuality(usable=False))
    report = five_seconds(health, now, received=125, analysed=5, looked=20)
    assert (report.status, report.analysed_fps) == (CameraStatus.ONLINE, 1)


def test_a_camera_that_cannot_be_analysed_is_offline_and_says_why(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.analysis_failed("gate north is outside the picture")
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
