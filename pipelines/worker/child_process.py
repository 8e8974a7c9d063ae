"""Child processes that end with the block that started them, and with the process that did, whatever happens."""

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
START_POLL_S = 0.1
"""Interval (s) between two attempts to connect to a starting server. [assumption]"""
CONNECT_TIMEOUT_S = 1.0
"""Longest wait (s) for a connection on the loopback address. [assumption]"""
_CHECK_S = 1.0


def free_port() -> int:
    """A TCP port of the loopback address that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_process(
    command: list[str], *, log: Path | None = None, stop_within_s: float = STOP_TIMEOUT_S
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` for the length of the block; log: where its output goes instead of ours.

    A session of its own keeps the terminal's Ctrl-C away from it, so that it is stopped once, by us, in order.
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
    """Run a server on the loopback address for the length of the block; it accepts connections at `port`.

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
    """From now on this process gets a SIGTERM soon after the one that started it has ended, even by a SIGKILL."""
    threading.Thread(target=_watch, args=(os.getppid(),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)
