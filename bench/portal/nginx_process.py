"""nginx of this machine with the configuration that is shipped, docker/nginx.conf."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.inputs import ROOT
from pipelines.errors import UserError
from pipelines.worker.child_process import free_port, running_server

SHIPPED = ROOT / "docker" / "nginx.conf"
"""The configuration."""
PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
"""Path of nginx; None without it."""
START_S = 10.0
"""Longest start, s. [assumption]"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
"""Folders that nginx makes. [source: nginx, --http-*-temp-path]"""


@contextmanager
def shipped_nginx(folder: Path, portal: str, data_dir: Path, *, processes: int = 0) -> Iterator[str]:
    """The address of an nginx in front of `portal`; of the configuration only addresses and folders are changed.

    processes: number of workers; 0 for a single process without a master. Raises UserError where it does not start.
    """
    if PROGRAM is None:
        raise UserError("nginx is not installed; install Debian's nginx")
    port = free_port()
    (folder / "cache").mkdir(parents=True)
    file = folder / "nginx.conf"
    file.write_text(_configuration(folder, portal, data_dir, port, processes))
    command = [PROGRAM, "-e", str(folder / "error.log"), "-c", str(file)]
    with running_server("nginx", command, port, log=folder / "output.log", within_s=START_S):
        yield f"http://127.0.0.1:{port}"


def _configuration(folder: Path, portal: str, data_dir: Path, port: int, processes: int) -> str:
    text = SHIPPED.read_text()
    # Without a master the process stays the user that started it, as workers do by `user`.
    process = f"user root; worker_processes {processes};" if processes else "master_process off;"
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    changes = {
        "worker_processes auto;": f"daemon off; pid {folder}/pid; error_log {folder}/error.log warn; {process}",
        "http {": f"http {{ {temporary}",
        "portal:8080": portal.removeprefix("http://"),
        "listen 80 ": f"listen 127.0.0.1:{port} ",
        "/data/hls/": f"{data_dir}/hls/",
        "/var/cache/nginx/": f"{folder}/cache/",
    }
    for old, new in changes.items():
        if old not in text:
            raise UserError(f"{SHIPPED}: no {old!r}; correct this file or {Path(__file__).name}")
        text = text.replace(old, new)
    return text
