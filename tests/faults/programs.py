"""Programs of the city, each restarted when it ends, as a service manager does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

RESTART_S = 0.5
"""Delay (s) before a program that ended is started again. [assumption: as a service manager's RestartSec]"""
POLL_S = 0.1
"""Interval (s) between two checks whether a program runs. [assumption]"""
STOP_S = 15.0
"""Longest time (s) from SIGTERM to the end of a program. [assumption]"""


class ManagedProgram:
    """Program that runs until `stop`. log: file of its output, of all its runs."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name = name
        self.starts = 0
        self._command = [sys.executable, "-m", *arguments]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = True
        self._thread = threading.Thread(target=self._keep_running, name=name, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def send(self, number: int) -> None:
        """Send a signal to the program."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(number)

    def children(self) -> list[psutil.Process]:
        """Return the processes of the cameras, oldest first."""
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.pid).children() if self.pid else []
            return sorted(_of_cameras(found), key=lambda child: child.create_time())
        return []

    def stop(self) -> None:
        """End the program by SIGTERM."""
        self._wanted = False
        self.send(signal.SIGTERM)
        self._thread.join(STOP_S)
        if self._thread.is_alive():
            self.send(signal.SIGKILL)
            self._thread.join(STOP_S)

    def _keep_running(self) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with self._log.open("ab") as log:
            while self._wanted:
                self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=environment)
                self.starts += 1
                while self._process.poll() is None:
                    time.sleep(POLL_S)
                if self._wanted:
                    time.sleep(RESTART_S)


def _of_cameras(processes: list[psutil.Process]) -> Iterator[psutil.Process]:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if any("spawn_main" in argument for argument in process.cmdline()):
                yield process


def connected_ports(process: psutil.Process) -> set[int]:
    """Return the ports to which a process has connections."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return {each.raddr.port for each in process.net_connections("tcp") if each.raddr}
    return set()
