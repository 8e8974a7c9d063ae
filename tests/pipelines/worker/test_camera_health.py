"""Health reports: status, conditions by priority, rates and drops."""

from threading import Thread

import pytest

from analytics.camera import OutsideFrame
from pipelines.analysis.loop import FrameMeasurement
from pipelines.analysis.view_gate import ViewQuality
from pipelines.events.condition import CameraCondition, Condition, ConditionDetails
from pipelines.events.condition_status import STATUS_OF
from pipelines.events.schema import CameraStatus, Drops, Health
from pipelines.ingest.frame_buffer import DroppedFrames
from pipelines.ingest.stream_times import ClockState, ClockVerdict
from pipelines.worker.camera_health import DROPPED_FOR_S, CameraHealth

ANALYSIS_FPS = 5.0
"""Requested rate, frames/s. [test data]"""
SIZE = (1280, 720)
"""Width and height of the frames, px. [test data]"""
SILENT = CameraCondition.of(Condition.SILENT, address="rtsp://10.0.0.7/live")
"""Condition of a stream that sends nothing. [test data]"""


class Now:
    """A clock that the test sets. seconds: Unix time."""

    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def five_seconds(health: CameraHealth, now: Now, *, received: int, analysed: int, withheld: int = 0) -> Health:
    """Return the report after five seconds with frames received and analysed, of 25 requested.

    withheld: frames whose view was assessed and is not usable.
    """
    missed = max(0, min(25, received) - analysed - withheld)
    for _ in range(received):
        health.received(SIZE)
    for _ in range(analysed):
        health.frame_analysed(FrameMeasurement(now.seconds - 0.2, inferred=True, waited_s=None))
    now.seconds += 5
    return health.report(DroppedFrames(superseded=received - analysed - withheld - missed, no_capacity=missed))


def state(report: Health) -> tuple[CameraStatus, Condition | None]:
    return report.status, report.condition


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def health(now: Now) -> CameraHealth:
    return CameraHealth("camera", ANALYSIS_FPS, now)


def test_a_camera_analysed_at_the_requested_rate_is_online(health: CameraHealth, now: Now) -> None:
    assert health.status() == CameraStatus.CONNECTING
    health.connected()
    report = five_seconds(health, now, received=125, analysed=25)
    assert report.at.timestamp() == now.seconds == 1_000_005
    assert report.age_s == pytest.approx(0.2)
    assert report.last_frame_at is not None
    assert report.last_frame_at.timestamp() == now.seconds - 5
    assert report.model_dump(exclude={"at", "age_s", "last_frame_at"}) == {
        "kind": "health",
        "camera_id": "camera",
        "status": "online",
        "condition": "ok",
        "details": {},
        "reason": "",
        "received_fps": 25,
        "analysed_fps": 5,
        "held_fps": 0,
        "wanted_fps": 5,
        "reached": 1,
        "picture_scale": 1,
        "dropped": 100,
        "drops": {"superseded": 100, "no_capacity": 0, "withheld": 0, "failed": 0},
        "reconnects": 0,
        "age_p95_s": 0.2,
        "frame_to_event_p95_ms": None,
        "image_size": SIZE,
    }


@pytest.mark.parametrize(
    ("frames", "reached", "condition"),
    [
        ((125, 10), 0.4, Condition.BEHIND),
        ((125, 15), 0.6, Condition.OVERLOADED),
        ((125, 24), 0.96, Condition.OK),
        ((10, 10), 1.0, Condition.OK),  # a camera of two frames a second is analysed in full
        ((0, 0), None, Condition.OK),  # no frame was due
    ],
)
def test_overload_is_a_condition_and_degraded_below_half(
    health: CameraHealth, now: Now, frames: tuple[int, int], reached: float | None, condition: Condition
) -> None:
    """frames: received and analysed in five seconds."""
    received, analysed = frames
    health.connected()
    health.received(SIZE)
    report = five_seconds(health, now, received=received, analysed=analysed)
    assert (report.reached, report.condition) == (reached, condition)
    assert (report.status == CameraStatus.DEGRADED) == (condition is Condition.BEHIND)
    assert ("sub-stream" in report.reason) == (condition is not Condition.OK), "the text says what to do"
    report = five_seconds(health, now, received=125, analysed=25)
    assert state(report) == (CameraStatus.ONLINE, Condition.OK)


def test_each_frame_that_was_not_analysed_has_a_cause(health: CameraHealth, now: Now) -> None:
    health.connected()
    for _ in range(3):
        health.view_assessed(ViewQuality(usable=False))
    report = five_seconds(health, now, received=125, analysed=20, withheld=3)
    assert report.drops == Drops(superseded=100, no_capacity=2, withheld=3)
    assert report.dropped == 105
    health.analysis_failed("out of memory")
    report = five_seconds(health, now, received=125, analysed=0, withheld=1)
    assert report.drops == Drops(superseded=100, failed=25), "the analysis is not retried for a while"
    assert report.reached is None
    assert report.status == CameraStatus.OFFLINE
    assert five_seconds(health, now, received=125, analysed=25).drops == Drops(superseded=100)


def test_frames_without_the_detector_and_the_requested_rate_are_reported(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.received(SIZE)
    for _ in range(10):
        health.frame_analysed(FrameMeasurement(now.seconds, inferred=False, waited_s=None))
    health.set_requested_rate(2.0)
    report = five_seconds(health, now, received=125, analysed=5)
    assert (report.analysed_fps, report.held_fps, report.wanted_fps) == (3, 2, 2)


def test_pictures_that_overload_made_smaller_are_reported(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.received(SIZE)
    assert health.report(DroppedFrames()).picture_scale is None, "no frame was analysed"
    for scale in (1.0, 0.5):
        health.frame_analysed(FrameMeasurement(now.seconds, inferred=True, waited_s=None, max_scale=scale))
    assert health.report(DroppedFrames()).picture_scale == 0.75
    assert health.report(DroppedFrames()).picture_scale is None


def test_ages_are_reported_as_95th_percentiles_of_the_period(health: CameraHealth, now: Now) -> None:
    for age_ms in range(1, 101):
        health.frame_analysed(FrameMeasurement(now.seconds - age_ms / 1000, inferred=True, waited_s=age_ms / 2000))
    report = five_seconds(health, now, received=125, analysed=0)
    assert report.age_s == pytest.approx(0.1)
    assert report.age_p95_s == pytest.approx(0.095)
    assert report.frame_to_event_p95_ms == pytest.approx(47.5)
    report = five_seconds(health, now, received=125, analysed=0)
    assert (report.age_p95_s, report.frame_to_event_p95_ms) == (None, None), "since the last report"


def test_a_disconnected_camera_is_offline_until_frames_arrive(health: CameraHealth, now: Now) -> None:
    health.connected()
    five_seconds(health, now, received=125, analysed=25)
    health.disconnected(SILENT)
    report = five_seconds(health, now, received=0, analysed=0)
    assert state(report) == (CameraStatus.OFFLINE, Condition.SILENT)
    assert report.details == ConditionDetails(address="rtsp://10.0.0.7/live")
    assert report.reason == "rtsp://10.0.0.7/live: sends nothing; check the camera's power and network"
    assert (report.received_fps, report.age_s, report.reconnects) == (0, None, 0)
    health.connected()
    assert health.status() == CameraStatus.OFFLINE
    report = five_seconds(health, now, received=125, analysed=25)
    assert (report.status, report.reason, report.reconnects) == (CameraStatus.ONLINE, "", 1)


def test_a_fault_of_the_view_is_reported_until_it_ends(health: CameraHealth, now: Now) -> None:
    health.connected()
    five_seconds(health, now, received=125, analysed=25)
    moved = CameraCondition.of(Condition.MOVED, shift_share=0.04, rotation_deg=2.0)
    for condition, status in ((CameraCondition(Condition.FROZEN), "frozen"), (moved, "unusable")):
        for _ in range(25):
            health.view_assessed(ViewQuality(usable=False, condition=condition))
        report = five_seconds(health, now, received=125, analysed=0, withheld=25)
        assert (report.status, report.condition, report.details) == (status, condition.code, condition.details)
    health.view_assessed(ViewQuality(usable=True))
    assert health.status() == CameraStatus.ONLINE
    assert five_seconds(health, now, received=125, analysed=25).status == CameraStatus.ONLINE


def test_frames_of_a_doubtful_view_do_not_count_as_missed(health: CameraHealth, now: Now) -> None:
    health.connected()
    for _ in range(20):
        health.view_assessed(ViewQuality(usable=False))
    report = five_seconds(health, now, received=125, analysed=5, withheld=20)
    assert (report.status, report.analysed_fps) == (CameraStatus.ONLINE, 1)


def test_a_point_outside_the_frame_is_named(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.geometry_mismatch(OutsideFrame("camera", "gate", "north", (500, 0), (320, 240)))
    report = five_seconds(health, now, received=125, analysed=0)
    assert state(report) == (CameraStatus.OFFLINE, Condition.GEOMETRY_OUTSIDE_FRAME)
    assert report.details == ConditionDetails(shape="gate", shape_id="north", pixel=(500, 0), image_size=(320, 240))
    assert report.reason.startswith("gate north: point (500, 0) is outside the 320x240 frame")


def test_an_analysis_that_fails_is_reported_without_credentials(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.analysis_failed("cannot read rtsp://admin:s3cret@10.0.0.7/live")
    report = five_seconds(health, now, received=125, analysed=0)
    assert state(report) == (CameraStatus.OFFLINE, Condition.ANALYSIS_FAILED)
    assert "s3cret" not in report.model_dump_json()
    assert "10.0.0.7" in report.reason


def test_a_failure_of_the_stream_for_viewers_alone_is_degraded(health: CameraHealth, now: Now) -> None:
    health.connected()
    health.set_live_video(SILENT)
    report = five_seconds(health, now, received=125, analysed=25)
    assert state(report) == (CameraStatus.DEGRADED, Condition.LIVE_VIDEO_FAILED)
    assert report.details == ConditionDetails(cause=Condition.SILENT, address="rtsp://10.0.0.7/live")
    health.set_live_video(None)
    assert health.status() == CameraStatus.ONLINE


def test_live_video_that_is_not_stored_is_reported_while_previews_are_stored_again(
    health: CameraHealth, now: Now
) -> None:
    health.connected()
    five_seconds(health, now, received=125, analysed=25)
    full = CameraCondition(Condition.DISK_FULL)
    health.set_live_storage(full)
    health.set_preview_storage(full)
    health.set_preview_storage(None)
    assert health.status() == CameraStatus.DEGRADED
    health.set_live_storage(None)
    assert health.status() == CameraStatus.ONLINE


def test_a_codec_that_browsers_lack_leaves_a_camera_online(health: CameraHealth, now: Now) -> None:
    health.connected(CameraCondition.of(Condition.UNPLAYABLE_CODEC, codec="hevc"))
    report = five_seconds(health, now, received=125, analysed=25)
    assert state(report) == (CameraStatus.ONLINE, Condition.UNPLAYABLE_CODEC)
    assert "H.265" in report.reason


def test_of_several_conditions_the_gravest_is_reported(health: CameraHealth, now: Now) -> None:
    health.connected(CameraCondition.of(Condition.UNPLAYABLE_CODEC, codec="hevc"))
    reported = [five_seconds(health, now, received=125, analysed=25).condition]
    reported.append(five_seconds(health, now, received=125, analysed=15).condition)
    health.set_sub_stream(SILENT)
    reported.append(health.report(DroppedFrames()).condition)
    health.set_live_video(SILENT)
    reported.append(health.report(DroppedFrames()).condition)
    health.view_assessed(ViewQuality(usable=False, condition=CameraCondition(Condition.DARK)))
    reported.append(health.report(DroppedFrames()).condition)
    health.analysis_failed("out of memory")
    reported.append(health.report(DroppedFrames()).condition)
    health.disconnected(SILENT)
    reported.append(health.report(DroppedFrames()).condition)
    assert reported == [
        "unplayable_codec",
        "overloaded",
        "sub_stream_failed",
        "live_video_failed",
        "dark",
        "analysis_failed",
        "silent",
    ]
    priorities = [list(STATUS_OF).index(Condition(condition)) for condition in reported if condition]
    assert priorities == sorted(priorities, reverse=True)


def test_an_observer_receives_single_measurements(now: Now) -> None:
    class Recorder:
        def __init__(self) -> None:
            self.measurements: list[object] = []

        def frames_received(self, camera_id: str, frames: int) -> None:
            self.measurements.append((camera_id, frames))

        def frame_analysed(self, camera_id: str, frame: FrameMeasurement) -> None:
            self.measurements.append((camera_id, frame))

    recorder = Recorder()
    health = CameraHealth("camera", ANALYSIS_FPS, now, observer=recorder)
    frame = FrameMeasurement(now.seconds, inferred=True, waited_s=0.1)
    health.received(SIZE, 3)
    health.frame_analysed(frame)
    assert recorder.measurements == [("camera", 3), ("camera", frame)]


def test_every_condition_has_a_status() -> None:
    assert set(STATUS_OF) == set(Condition)


def test_threads_lose_no_measurement(health: CameraHealth, now: Now) -> None:
    def measure() -> None:
        for _ in range(2000):
            health.received(SIZE)
            health.set_requested_rate(3.0)
            health.view_assessed(ViewQuality(usable=False))

    threads = [Thread(target=measure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now.seconds += 1
    report = health.report(DroppedFrames())
    assert (report.received_fps, report.wanted_fps) == (8000, 3)
    assert report.drops == Drops(withheld=8000)


def test_gates_that_cannot_count_are_the_condition_of_a_camera_that_works(now: Now) -> None:
    health = CameraHealth("camera", ANALYSIS_FPS, now)
    health.received((640, 360))
    health.set_gates(CameraCondition.of(Condition.GATE_AT_EDGE, shape="gate", shape_id="north"))
    report = health.report(DroppedFrames())
    assert state(report) == (CameraStatus.ONLINE, Condition.GATE_AT_EDGE)
    assert "gate north is so close to the edge" in report.reason
    health.set_gates(None)
    assert state(health.report(DroppedFrames())) == (CameraStatus.ONLINE, Condition.OK)


def test_a_dropped_fact_is_reported_for_some_minutes(now: Now) -> None:
    health = CameraHealth("camera", ANALYSIS_FPS, now)
    health.received((640, 360))
    health.fact_dropped("zone interval of z: queue_m: must be finite")
    report = health.report(DroppedFrames())
    assert state(report) == (CameraStatus.ONLINE, Condition.FACT_DROPPED)
    assert "queue_m" in report.reason
    now.seconds += DROPPED_FOR_S + 1
    assert state(health.report(DroppedFrames())) == (CameraStatus.ONLINE, Condition.OK)


@pytest.mark.parametrize(
    ("verdict", "status", "condition", "reason"),
    [
        (ClockVerdict(ClockState.OFF, 1 / 1.42), CameraStatus.ONLINE, Condition.CLOCK_OFF, "70% of the right speed"),
        (ClockVerdict(ClockState.UNUSABLE), CameraStatus.DEGRADED, Condition.CLOCK_UNUSABLE, "no usable times"),
        (ClockVerdict(ClockState.ABSENT), CameraStatus.ONLINE, Condition.OK, ""),
        (ClockVerdict(), CameraStatus.ONLINE, Condition.OK, ""),
    ],
)
def test_a_wrong_clock_of_the_stream_is_reported(
    now: Now, verdict: ClockVerdict, status: CameraStatus, condition: Condition, reason: str
) -> None:
    health = CameraHealth("kuda", 5.0, now)
    health.received((320, 240))
    health.set_clock(verdict)
    report = health.report(DroppedFrames())
    assert (report.status, report.condition) == (status, condition)
    assert reason in report.reason
    health.set_clock(ClockVerdict())
    assert health.report(DroppedFrames()).condition is Condition.OK


def test_a_camera_that_is_gone_keeps_the_time_of_its_last_frame(health: CameraHealth, now: Now) -> None:
    assert health.report(DroppedFrames()).last_frame_at is None
    health.received(SIZE)
    last = now.seconds
    now.seconds += 60
    health.disconnected(SILENT)
    report = health.report(DroppedFrames())
    assert report.last_frame_at is not None
    assert report.last_frame_at.timestamp() == last
