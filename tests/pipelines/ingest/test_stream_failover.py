"""Choice between the two streams of a camera."""

import pytest
from av.video.frame import VideoFrame

from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import CameraStatus
from pipelines.ingest.frame_buffer import DroppedFrames, TimedFrame
from pipelines.ingest.stream_failover import STEADY_S, StreamFailover
from pipelines.worker.camera_health import CameraHealth

SILENT = CameraCondition.of(Condition.SILENT, address="rtsp://10.0.0.7/sub")
"""Condition of a sub-stream that sends nothing. [test data]"""
NOT_FOUND = CameraCondition.of(Condition.STREAM_NOT_FOUND, address="rtsp://10.0.0.7/main")
"""Condition of a main stream that does not exist. [test data]"""
SMALL, LARGE = (640, 360), (1920, 1080)


class Camera:
    """Both streams of a camera, and the sizes of the analysed frames."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.analysed: list[tuple[int, int]] = []
        self.health = CameraHealth("kuda", 5, now=lambda: self.now)
        self.streams = StreamFailover("kuda", self.health, self._on_frame, lambda: 5.0, now=lambda: self.now)

    def _on_frame(self, frame: TimedFrame) -> None:
        self.health.received(frame.image_size)
        self.analysed.append(frame.image_size)

    def send(self) -> None:
        """Send a frame of each stream that is open and requested."""
        self.analysed.clear()
        self.streams.on_sub_frame(TimedFrame(self.now, VideoFrame(*SMALL, "yuv420p")))
        self.send_main()

    def send_main(self) -> None:
        if self.streams.main_requested_fps() > 0:
            self.streams.on_main_frame(TimedFrame(self.now, VideoFrame(*LARGE, "yuv420p")))

    def state(self) -> tuple[CameraStatus, Condition | None, Condition | None]:
        """Status, condition, and the condition of the stream that failed."""
        report = self.health.report(DroppedFrames())
        return report.status, report.condition, report.details.cause if report.details else None


@pytest.fixture
def camera() -> Camera:
    camera = Camera()
    camera.streams.main_connected()
    camera.streams.sub_connected()
    camera.send()
    return camera


def test_the_main_stream_is_not_decoded_while_the_sub_stream_is_analysed(camera: Camera) -> None:
    assert camera.analysed == [SMALL]
    assert camera.streams.main_requested_fps() == 0
    assert camera.state() == (CameraStatus.ONLINE, Condition.OK, None)


def test_the_main_stream_is_analysed_while_the_sub_stream_is_down_and_the_cause_is_reported(camera: Camera) -> None:
    camera.streams.sub_failed(SILENT)
    camera.analysed.clear()
    camera.send_main()
    assert camera.analysed == [LARGE]
    assert camera.state() == (CameraStatus.DEGRADED, Condition.SUB_STREAM_FAILED, Condition.SILENT)


def test_a_sub_stream_that_is_back_is_analysed_once_it_is_steady(camera: Camera) -> None:
    camera.streams.sub_failed(SILENT)
    camera.streams.sub_connected()
    camera.now += STEADY_S - 1
    camera.send()
    assert camera.analysed == [LARGE]
    camera.now += 1
    camera.send()
    assert camera.analysed == [SMALL]
    assert camera.state()[1] is not Condition.SUB_STREAM_FAILED


def test_without_either_stream_there_is_no_data(camera: Camera) -> None:
    camera.streams.main_failed(NOT_FOUND)
    assert camera.state() == (CameraStatus.DEGRADED, Condition.LIVE_VIDEO_FAILED, Condition.STREAM_NOT_FOUND)
    camera.streams.sub_failed(SILENT)
    assert camera.state() == (CameraStatus.OFFLINE, Condition.SILENT, None)


def test_without_a_main_stream_an_unsteady_sub_stream_is_analysed(camera: Camera) -> None:
    camera.streams.sub_failed(SILENT)
    camera.streams.main_failed(NOT_FOUND)
    camera.streams.sub_connected()
    camera.send()
    assert camera.analysed == [SMALL]
