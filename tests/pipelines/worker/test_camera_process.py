"""The connection between a worker and a child process: what ends the child, and requests while it starts."""

import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig, Config
from pipelines.worker.camera_cost import CostMeter
from pipelines.worker.camera_process import Ready, Running, SetCameras, Stop, _ParentLink
from pipelines.worker.worker_processes import _CameraProcess
from tests.support.servers import wait_until

RELEASED = "released"
"""File whose appearance ends the start of a process. [test data]"""


def start_late(config: Config, threads: int, parent: Connection) -> None:
    """Body of a process that loads its network until a file appears."""
    while not (config.data_dir / RELEASED).exists():
        time.sleep(0.02)
    parent.send(Ready())
    cameras: tuple[CameraConfig, ...] = config.cameras
    while True:
        parent.send(Running(frozenset(camera.id for camera in cameras)))
        message = parent.recv()
        if isinstance(message, Stop):
            return
        cameras = message.cameras


def cameras(number: int) -> tuple[CameraConfig, ...]:
    url = SecretStr("rtsp://10.0.0.7/" + "x" * 2000)
    return tuple(CameraConfig(id=f"cam-{number}-{n}", name="Simpang", url=url) for n in range(50))


@pytest.mark.slow  # a process
def test_changes_while_a_process_starts_block_nothing_and_the_last_one_counts(tmp_path: Path) -> None:
    stop = Flag()
    process = _CameraProcess(Config(cameras=cameras(0), data_dir=tmp_path), 1, lambda event: None, start_late)
    running = Thread(target=process.run, args=(stop,), daemon=True)
    running.start()
    wait_until(lambda: bool(process.running), "the process to be started")
    changes = Thread(target=lambda: [process.set_cameras(cameras(number)) for number in range(1, 20)], daemon=True)
    try:
        changes.start()
        changes.join(20)
        assert not changes.is_alive()
        assert process.running == {camera.id for camera in cameras(0)}  # no other can be analysed yet
        (tmp_path / RELEASED).touch()
        wait_until(lambda: process.running == {camera.id for camera in cameras(19)}, "the last change")
    finally:
        (tmp_path / RELEASED).touch()
        stop.set()
        running.join(20)
    assert not process.running


def link() -> tuple[Connection, _ParentLink]:
    ours, theirs = multiprocessing.Pipe()
    return ours, _ParentLink(theirs, Flag())


def test_a_fault_while_cameras_change_is_an_error_of_the_process() -> None:
    def fail(cameras: object) -> None:
        raise OSError("the disk cannot be read")

    worker: Any = SimpleNamespace(set_cameras=fail, cameras=())
    parent, child = link()
    parent.send(SetCameras(()))
    with pytest.raises(OSError, match="disk"):
        child.obey(worker, CostMeter())


def test_the_end_of_the_parent_ends_the_process() -> None:
    worker: Any = SimpleNamespace(cameras=())
    parent, child = link()
    parent.close()
    child.obey(worker, CostMeter())
