"""Starting the demo's two processes, and ending both whatever happens."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import BadInput

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0


def free_port() -> int:
    """A TCP port of the loopback address that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
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
def rtsp_server(clips: Path, log: Path) -> Iterator[int]:
    """A real RTSP server over the folder; yields its port once it accepts connections."""
    program = Path(sys.executable).with_name("rtsp-server")
    if not program.is_file():
        raise BadInput("the demo's RTSP server is not installed; install simpang[demo], or run make setup")
    port, control = free_port(), free_port()
    command = [str(program), "--dir", str(clips), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--control-port", str(control)]
    with process(command, log=log) as child:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError as error:
                if child.poll() is not None or time.monotonic() > deadline:
                    raise BadInput(f"the demo's RTSP server did not start; its log is {log}") from error
                time.sleep(0.1)
        yield port
