"""What of this machine is ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")
NICE_INCREMENT = 10
"""Added to the nice value: about a tenth of the share of others, as long as others want to run."""


def available_cores() -> int:
    """How many CPU cores this process may run on."""
    return len(os.sched_getaffinity(0))


@contextmanager
def niced_threads() -> Iterator[None]:
    """Threads that begin meanwhile leave the processor to this process's other threads whenever those want to run.

    Only where the kernel shows threads and gives each its own priority, as Linux does; nothing happens elsewhere.
    """
    before = _threads()
    yield
    for thread in _threads() - before:
        with suppress(OSError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICE_INCREMENT)


def _threads() -> set[int]:
    return {int(thread.name) for thread in _THREADS.iterdir()} if _THREADS.is_dir() else set()
