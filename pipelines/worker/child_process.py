"""Child processes: they end with the block that started them, and with their parent process."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import UserError

STOP_TIMEOUT_S = 10.0
"""Time (s) from SIGTERM to SIGKILL. [assumption]"""
START_POLL_S = 0.1
"""Interval (s) between two attempts to connect to a starting server. [assumption]"""
CONNECT_TIMEOUT_S = 1.0
"""Longest wait (s) for a connection on the loopback address. [assumption]"""
PARENT_CHECK_S = 1.0
"""Period (s) of the check whether the parent still runs. [assumption]"""


def free_port() -> int:
    """Return a TCP port of the loopback address on which no server listens at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_process(
    command: list[str], *, log: Path | None = None, stop_within_s: float = STOP_TIMEOUT_S
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` during the block, and stop it at the end. log: file of its output; None for that of this process.

    The child is in its own session, so that Ctrl-C in the terminal does not reach it. stop_within_s: time from SIGTERM
    to SIGKILL.
    """
    output = log.open("wb") if log else None
    child = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(stop_within_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if output:
            output.close()


@contextmanager
def running_server(
    name: str, command: list[str], port: int, *, log: Path, within_s: float
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on the loopback address during the block, which begins once it accepts connections at `port`.

    name: for messages, such as "the RTSP server". Raises UserError with the last line of its log where it ends or
    accepts no connection `within_s` seconds.
    """
    with running_process(command, log=log) as child:
        deadline = time.monotonic() + within_s
        while not accepts_connections(port):
            if child.poll() is not None or time.monotonic() > deadline:
                raise UserError(f"{name} did not start: {last_line(log)}")
            time.sleep(START_POLL_S)
        yield child


def accepts_connections(port: int) -> bool:
    """Return whether a server listens at a TCP port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(CONNECT_TIMEOUT_S)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def last_line(log: Path) -> str:
    """Return the last line of a process's output."""
    return (log.read_text(errors="replace").strip().splitlines() or ["it wrote nothing"])[-1]


def end_with_parent() -> None:
    """Send this process a SIGTERM soon after its parent has ended, even by a SIGKILL. Starts a thread."""
    threading.Thread(target=_stop_after, args=(os.getppid(),), name="parent", daemon=True).start()


def _stop_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)
