"""A small disk that can be full: a tmpfs, or a limit of file size where no tmpfs may be mounted."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

SIZE_MB = 48
"""Size of the disk in MB: live video and outbox of the cameras, with room to spare. [assumption]"""


class SmallDisk:
    """Folder on a disk of its own. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "simpang-faults", str(folder)]
        self.is_mounted = (
            os.geteuid() == 0
            and shutil.which("mount") is not None
            and subprocess.run(command, check=False, capture_output=True, timeout=10).returncode == 0
        )
        self._limited: list[psutil.Process] = []

    def __enter__(self) -> "SmallDisk":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True, timeout=10)

    def fill(self, processes: Iterable[psutil.Process]) -> None:
        """Leave no space to these processes."""
        if self.is_mounted:
            with suppress(OSError), (self.folder / "ballast").open("wb") as ballast:
                while True:
                    ballast.write(bytes(2**16))
                    ballast.flush()
        else:
            self._limited = list(processes)
            self._limit(0)

    def free(self) -> None:
        """Give the space back."""
        (self.folder / "ballast").unlink(missing_ok=True)
        self._limit(resource.RLIM_INFINITY)
        self._limited = []

    def _limit(self, size: int) -> None:
        for process in self._limited:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
