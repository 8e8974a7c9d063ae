"""Workers that share the cameras of a registry: how even the shares are, and what a restart moves.

Three workers with cheap detectors share cameras of two sizes, which cost differently. Two begin without knowing any
cost; the third joins once the costs are measured, so that the cameras are dealt by them.

- cost imbalance: CPU time of the busiest worker's cameras over the mean of the workers, minus 1, in `MEASURED_S`.
- restart moves: cameras that have another worker once one was stopped, as by a service manager, and started again.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.events.registered_camera import RegisteredCamera
from tests.faults.live_camera import LiveCamera, stop_all
from tests.faults.road import road_clip
from tests.support.group_workers import GroupWorker, Reported, group_workers, registered

CAMERAS = 9
"""Cameras, each third of them with a large picture. [assumption]"""
WITHIN_S = 120.0
"""Longest wait (s) for a step. [assumption: a busy machine]"""
COSTS_KNOWN_S = 20.0
"""Time (s) in which the costs of all cameras are measured: four reports of a process. [`pipelines.worker`]"""
MEASURED_S = 20.0
"""Time (s) over which CPU time is compared. [assumption]"""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Measures of a group. Both as the module defines them."""

    cost_imbalance: float
    restart_moves: int


def measure_group(folder: Path, bootstrap: str) -> GroupFigures:
    """Run the group on a broker of its own. Raises TimeoutError where the cameras are not shared in time."""
    folder.mkdir()
    sizes = [road_clip(folder / f"{scale}.mp4", scale=scale) for scale in (1, 2)]
    live = [LiveCamera(f"size-{number}", [clip], time.time()) for number, clip in enumerate(sizes)]
    names = [f"group-{number}" for number in range(CAMERAS)]
    cameras = [camera for number, name in enumerate(names) for camera in registered(live[number % 3 == 0].url, name)]
    try:
        with group_workers(folder, bootstrap, "a", "b", "c") as workers, closing(Reported(bootstrap)) as reported:
            return _measure(bootstrap, cameras, workers, reported)
    finally:
        stop_all(live)


def _measure(
    bootstrap: str, cameras: Sequence[RegisteredCamera], workers: Sequence[GroupWorker], reported: Reported
) -> GroupFigures:
    everything = {camera.id for camera in cameras}
    registry = CameraTopic(bootstrap)
    registry.read()
    registry.put(cameras)
    first, second, third = workers
    for worker in (first, second):
        worker.start()
    _await_analysed(everything, (first, second), reported)
    time.sleep(COSTS_KNOWN_S)
    third.start()
    _await_analysed(everything, workers, reported)
    imbalance = _imbalance(workers)

    before = [worker.cameras() for worker in workers]
    first.terminate()
    first.start()
    _await_analysed(everything, workers, reported)
    after = [worker.cameras() for worker in workers]
    return GroupFigures(imbalance, sum(len(late - early) for early, late in zip(before, after, strict=True)))


def _imbalance(workers: Sequence[GroupWorker]) -> float:
    began = [worker.cpu_s() for worker in workers]
    time.sleep(MEASURED_S)
    used = [worker.cpu_s() - before for worker, before in zip(workers, began, strict=True)]
    return round(max(used) * len(used) / sum(used) - 1, 3)


def _await_analysed(everything: set[str], workers: Sequence[GroupWorker], reported: Reported) -> None:
    """Wait until each camera has one worker, each worker has a camera, and new frames of all are analysed."""

    def is_shared() -> bool:
        shares = [worker.cameras() for worker in workers]
        return all(shares) and sum(map(len, shares)) == len(everything) and set().union(*shares) == everything

    _wait_until(is_shared)
    after = datetime.now(UTC) + timedelta(seconds=6)  # a report of a period that began before comes within 5 s
    _wait_until(lambda: reported.analysed_since(after) >= everything)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the cameras are not shared within {WITHIN_S:.0f} s")
        time.sleep(0.2)
