"""Measured cost of cameras, and progress of a worker, by simulated time."""

from datetime import UTC, datetime

import pytest

from pipelines.analysis.loop import FrameMeasurement
from pipelines.events.schema import CameraStatus, Drops, Health
from pipelines.worker.camera_cost import CostMeter
from pipelines.worker.progress import IDLE_S, Progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.cpu = 7.0

    def read(self) -> float:
        return self.now

    def read_cpu(self) -> float:
        return self.cpu


def test_the_cpu_time_of_a_process_is_apportioned_to_its_cameras() -> None:
    clock = Clock()
    meter = CostMeter(cpu_s=clock.read_cpu, now=clock.read)
    for _ in range(10):
        meter.frame_analysed("busy", FrameMeasurement(0, True, None, pixels=300_000, cpu_s=0.1))
        meter.frame_analysed("calm", FrameMeasurement(0, True, None, pixels=100_000, cpu_s=0.1))
    clock.now, clock.cpu = 110.0, 17.0  # 10 s in which 10 CPU seconds were used, 2 of them by the analysis thread
    costs = meter.costs()
    assert costs == {"busy": pytest.approx(0.1 + 0.6), "calm": pytest.approx(0.1 + 0.2)}
    assert sum(costs.values()) == pytest.approx(1.0)
    clock.now += 10
    assert meter.costs() == {}


def test_a_camera_whose_frames_are_only_decoded_has_a_cost() -> None:
    clock = Clock()
    meter = CostMeter(cpu_s=clock.read_cpu, now=clock.read)
    meter.frames_received("north", 250)
    clock.now, clock.cpu = 110.0, 8.0
    assert meter.costs() == {"north": pytest.approx(0.1)}


def report(received_fps: float, analysed_fps: float, *, camera: str = "north", withheld: int = 0) -> Health:
    drops = Drops(superseded=0, no_capacity=0, withheld=withheld, failed=0)
    return Health(
        camera_id=camera,
        at=datetime(2026, 11, 22, tzinfo=UTC),
        status=CameraStatus.ONLINE,
        received_fps=received_fps,
        analysed_fps=analysed_fps,
        drops=drops,
    )


def test_a_worker_is_idle_where_frames_arrive_and_none_is_analysed() -> None:
    clock = Clock()
    progress = Progress(clock.read)
    clock.now += 1000
    assert progress.idle_s() == 0  # without cameras
    progress.observe(report(0, 0))
    clock.now += 1000
    assert progress.idle_s() == 0  # the camera is away
    progress.observe(report(10, 0))
    assert progress.idle_s() == 0
    clock.now += IDLE_S  # no further report: the process hangs
    assert progress.idle_s() == IDLE_S


@pytest.mark.parametrize("working", [report(10, 5, camera="south"), report(10, 0, camera="south", withheld=3)])
def test_a_worker_of_which_one_camera_is_analysed_or_unusable_is_not_idle(working: Health) -> None:
    clock = Clock()
    progress = Progress(clock.read)
    for _ in range(10):
        progress.observe(report(10, 0))
        progress.observe(working)
        clock.now += 5
        assert progress.idle_s() <= 5


@pytest.mark.parametrize("status", [CameraStatus.ONLINE, CameraStatus.OFFLINE])
def test_a_camera_that_was_stopped_or_cannot_be_analysed_makes_no_worker_idle(status: CameraStatus) -> None:
    """Both may state frames: those before the stop, and those that the geometry does not fit."""
    clock = Clock()
    progress = Progress(clock.read)
    progress.observe(report(10.0, 0.0))
    progress.observe(report(10.0, 0.0).model_copy(update={"status": status}))
    clock.now += IDLE_S + 1
    assert (progress.idle_s() > IDLE_S) == (status is CameraStatus.ONLINE)
