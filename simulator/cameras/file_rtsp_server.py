"""RTSP server that plays video files as the cameras of a demo."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import UserError
from pipelines.worker.child_process import free_port, running_server

START_TIMEOUT_S = 20.0
"""Seconds until the server must accept connections [assumption]."""


@contextmanager
def rtsp_server(clips: Path, log: Path) -> Iterator[int]:
    """Serve the video files of a folder over RTSP; yield the port once it accepts connections.

    log: file of the server's output. Raises UserError where the server is not installed or does not start.
    """
    program = Path(sys.executable).with_name("rtsp-server")
    if not program.is_file():
        raise UserError("the demo's RTSP server is not installed; install simpang[demo], or run make setup")
    port, control = free_port(), free_port()
    command = [str(program), "--dir", str(clips), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--control-port", str(control)]
    with running_server("the demo's RTSP server", command, port, log=log, within_s=START_TIMEOUT_S):
        yield port
