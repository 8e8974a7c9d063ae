"""Small renditions of live video, made while they are watched (docs/adr/0197-small-video-on-demand.md)."""

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from types import TracebackType
from typing import Self

import structlog

from pipelines.live_video.small_video import TOO_SLOW

log = structlog.get_logger()

SUFFIX = ".small"
"""End of the name of a rendition's folder, after the id of its camera: an id has no dot."""
UNWATCHED_S = 90.0
"""Time (s) after the last request for its playlist in which a rendition is made. A player asks every 2 s, nginx asks
the portal at least every 10 s, and a player that waits for the first segment asks at least every 45 s. [assumption]"""
PAUSE_S = 60.0
"""Time (s) until a rendition that ended by itself is started again: the machine had no time for it. [assumption]"""
CHECK_EVERY_S = 1.0
"""Time (s) between two checks of the processes. [assumption]"""
STOP_WITHIN_S = 5.0
"""Time (s) in which a process ends after it was asked; then it is killed. [assumption]"""


@dataclass(slots=True)
class _Rendition:
    process: subprocess.Popen[bytes]
    wanted_at: float


class SmallVideos:
    """Processes that make small renditions, one for each camera that is watched so. Thread-safe.

    Use as a context manager. folder: with a folder for each camera. most: number of renditions at a time.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._lock = Lock()
        self._made: dict[str, _Rendition] = {}
        self._paused_until: dict[str, float] = {}
        self._stop = Flag()
        self._checks = Thread(target=self._check_often, name="small videos", daemon=True)

    def __enter__(self) -> Self:
        self._checks.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._checks.join()
        with self._lock:
            processes = [rendition.process for rendition in self._made.values()]
            self._made.clear()
        _end(*processes)

    def want(self, camera_id: str) -> bool:
        """Make the rendition of a camera for a while; return False where there is no room or no time for it."""
        now = time.monotonic()
        with self._lock:
            if camera_id in self._made:
                self._made[camera_id].wanted_at = now
                return True
            is_paused = now < self._paused_until.get(camera_id, now)
            if len(self._made) >= self._most or is_paused or self._stop.is_set():
                return False
            self._made[camera_id] = _Rendition(self._start(camera_id), now)
            return True

    def _start(self, camera_id: str) -> "subprocess.Popen[bytes]":
        folders = self._folder / camera_id, self._folder / f"{camera_id}{SUFFIX}"
        command = [sys.executable, "-m", "pipelines.live_video.small_video", *map(str, folders)]
        log.info("small video starts", camera=camera_id)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603 own program

    def _check_often(self) -> None:
        while not self._stop.wait(CHECK_EVERY_S):
            self._check(time.monotonic())

    def _check(self, now: float) -> None:
        """End the renditions that are no longer watched, and take note of those that ended by themselves."""
        with self._lock:
            ended = {
                camera_id: rendition.process
                for camera_id, rendition in self._made.items()
                if rendition.process.poll() is not None or now - rendition.wanted_at >= UNWATCHED_S
            }
            for camera_id, process in ended.items():
                del self._made[camera_id]
                if process.poll() is not None:
                    self._paused_until[camera_id] = now + PAUSE_S
                    _report(camera_id, process.returncode)
        _end(*ended.values())


def _report(camera_id: str, status: int) -> None:
    if status == TOO_SLOW:
        log.warning("this machine has no time for a small video; viewers get pictures", camera=camera_id)
    else:
        log.error("a small video ended", camera=camera_id, status=status)


def _end(*processes: "subprocess.Popen[bytes]") -> None:
    """Ask all processes to end, then wait for them, and kill those that do not."""
    for process in processes:
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
    until = time.monotonic() + STOP_WITHIN_S
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
