"""`simpang ...` as a process of its own, as an operator starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.servers import wait_until

UP = "Simpang is up: "
"""Text before the address in the output."""


class Program:
    """A running `simpang` command. out, err: files with its output so far."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self.out = out
        self.err = err

    def address(self) -> str:
        """Wait until the program prints the address of its pages, and return it."""
        wait_until(lambda: UP in self.out.read_text() or self.process.poll() is not None, "the address", within_s=60)
        assert self.process.poll() is None, self.err.read_text()
        return self.out.read_text().split(UP)[1].split()[0]

    def stop(self, signal_number: int) -> int:
        """Send a signal, and return the exit status; fails the test where the program still runs after 30 s."""
        self.process.send_signal(signal_number)
        return self.process.wait(30)


@contextmanager
def started(folder: Path, *arguments: str | Path) -> Iterator[Program]:
    out, err = folder / "out.txt", folder / "err.txt"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", *arguments],
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, "PYTHONWARNINGS": "error::ResourceWarning"},
        )
        try:
            yield Program(process, out, err)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)


@contextmanager
def visiting(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
        yield client
