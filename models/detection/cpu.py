"""What of this machine is ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")
GIVES_WAY = 10
"""Added to the nice value: about a tenth of the share of others, as long as others want to run."""


def cores() -> int:
    """How many CPU cores this process may run on."""
    return len(os.sched_getaffinity(0))


@contextmanager
def new_threads_give_way() -> Iterator[None]:
    """Threads that begin meanwhile leave the processor to this process's other threads whenever those want to run.

    Only where the kernel shows threads and gives each its own priority, as Linux does; nothing happens elsewhere.
    """
    before = _threads()
    yield
    for thread in _threads() - before:
        with suppress(OSError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + GIVES_WAY)


def _threads() -> set[int]:
    return {int(thread.name) for thread in _THREADS.iterdir()} if _THREADS.is_dir() else set()
