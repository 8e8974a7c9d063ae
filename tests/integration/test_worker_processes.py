"""Worker processes over real RTSP connections: shared cameras, a killed process, and a killed parent."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from pipelines.config.settings import AnalysisConfig, CameraConfig, Config, StreamConfig
from pipelines.errors import UserError
from pipelines.events.condition import Condition
from pipelines.events.schema import CameraStatus, Event, Health
from pipelines.live_video.hls_playlist import PLAYLIST
from pipelines.worker.supervisor import RestartPolicy
from pipelines.worker.worker_processes import worker_processes
from tests.support.bright_cameras import run_bright_cameras
from tests.support.servers import RtspCameras, wait_until

pytestmark = pytest.mark.integration

CAMERAS = ("north", "south", "east", "west")
PARENT = """
import sys, time
from pipelines.config.settings import Config
from pipelines.worker.worker_processes import worker_processes
from tests.support.bright_cameras import run_bright_cameras
if __name__ == "__main__":
    config = Config.model_validate_json(open(sys.argv[1]).read())
    with worker_processes(config, lambda event: None, run=run_bright_cameras):
        print("ready", flush=True)
        time.sleep(600)
"""
"""A parent that a test kills."""


def city(folder: Path, cameras: RtspCameras) -> Config:
    return Config(
        cameras=tuple(CameraConfig(id=c, name=c, url=SecretStr(cameras.url("road.mp4"))) for c in CAMERAS),
        data_dir=folder / "data",
        analysis=AnalysisConfig(analysis_fps=10, processes=2),
        stream=StreamConfig(segment_s=0.5, stall_s=5),
    )


class Reports:
    """Health reports of all cameras so far, oldest first."""

    def __init__(self) -> None:
        self.all: list[Health] = []

    def put(self, event: Event) -> None:
        if isinstance(event.data, Health):
            self.all.append(event.data)

    def last(self, camera_id: str) -> Health | None:
        return next((report for report in reversed(self.all) if report.camera_id == camera_id), None)

    def are(self, status: CameraStatus, *cameras: str) -> bool:
        return all((report := self.last(camera)) is not None and report.status == status for camera in cameras)


@contextmanager
def running(config: Config) -> Iterator[Reports]:
    reports, policy = Reports(), RestartPolicy(first_s=0.5, longest_s=0.5)
    with worker_processes(config, reports.put, run=run_bright_cameras, restart_policy=policy):
        yield reports


def children_of(pid: int) -> list[psutil.Process]:
    """The worker processes of a parent, in the order of their start."""
    with_times = [(child.create_time(), child) for child in psutil.Process(pid).children()]
    return [c for _, c in sorted(with_times, key=lambda each: each[0]) if "spawn_main" in " ".join(c.cmdline())]


def test_a_killed_process_takes_its_own_cameras_offline_until_it_runs_again(
    rtsp_cameras: RtspCameras, tmp_path: Path
) -> None:
    with running(city(tmp_path, rtsp_cameras)) as reports:
        wait_until(lambda: reports.are(CameraStatus.ONLINE, *CAMERAS), "all cameras to be online")
        playlist = tmp_path / "data" / "hls" / "north" / PLAYLIST
        wait_until(playlist.exists, "live video")
        first, second = children_of(os.getpid())
        before = len(reports.all)

        first.send_signal(signal.SIGKILL)  # of north and east

        wait_until(lambda: reports.are(CameraStatus.OFFLINE, "north", "east"), "its cameras to be offline")
        stopped = next(r for r in reports.all[before:] if r.camera_id == "north" and r.status == CameraStatus.OFFLINE)
        assert stopped.condition == Condition.WORKER_STOPPED
        wait_until(lambda: reports.are(CameraStatus.ONLINE, *CAMERAS), "its cameras to be online again")
        others = [r.status for r in reports.all[before:] if r.camera_id in ("south", "west")]
        assert others and CameraStatus.OFFLINE not in others
        assert second.is_running() and first.pid not in [child.pid for child in children_of(os.getpid())]


def test_at_the_end_all_cameras_are_offline_and_no_process_is_left(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    with running(city(tmp_path, rtsp_cameras)) as reports:
        wait_until(lambda: reports.are(CameraStatus.ONLINE, *CAMERAS), "all cameras to be online")
        processes = children_of(os.getpid())
        assert len(processes) == 2
    assert reports.are(CameraStatus.OFFLINE, *CAMERAS)
    assert not any(process.is_running() for process in processes)
    assert not list((tmp_path / "data" / "hls").glob("*/*.m3u8"))


def test_processes_end_with_a_killed_parent(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    program, settings = tmp_path / "parent.py", tmp_path / "city.json"
    program.write_text(PARENT)
    config = city(tmp_path, rtsp_cameras)
    urls = {camera.id: camera.url.get_secret_value() for camera in config.cameras}
    plain = config.model_dump(mode="json", exclude_none=True, exclude={"cameras"})
    settings.write_text(json.dumps(plain | {"cameras": [{"id": c, "name": c, "url": url} for c, url in urls.items()]}))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(program), str(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
        wait_until(lambda: len(children_of(parent.pid)) == 2, "both processes")
        processes = children_of(parent.pid)
        parent.kill()
    wait_until(lambda: not any(process.is_running() for process in processes), "the processes to end")


def test_an_unusable_geometry_file_is_one_clear_error_before_any_process_starts(
    tmp_path: Path, rtsp_cameras: RtspCameras
) -> None:
    config = city(tmp_path, rtsp_cameras)
    (broken := tmp_path / "west.json").write_text("{")
    west = config.cameras[3].model_copy(update={"geometry": broken})
    config = config.model_copy(update={"cameras": (*config.cameras[:3], west)})
    with (
        pytest.raises(UserError, match=r"west\.json"),
        worker_processes(config, lambda event: None, run=run_bright_cameras),
    ):
        pass


def test_unusable_weights_are_one_clear_error(tmp_path: Path, rtsp_cameras: RtspCameras) -> None:
    config = city(tmp_path, rtsp_cameras).model_copy(update={"weights": str(tmp_path / "missing.pt")})
    with pytest.raises(UserError, match=r"missing\.pt") as refused, worker_processes(config, lambda event: None):
        pass
    assert "\n" not in str(refused.value)
    assert not children_of(os.getpid())
