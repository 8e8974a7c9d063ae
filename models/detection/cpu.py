"""Number of CPU cores that this process may use, and lower priority for threads started in a context."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS_FOLDER = Path("/proc/self/task")
"""One entry per thread of this process, on Linux [source: proc(5)]."""

NICE_INCREMENT = 10
"""Added to the nice value: about a tenth of the CPU share of other threads under load [source: sched(7)]."""


def available_cores() -> int:
    """Number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def niced_threads() -> Iterator[None]:
    """Lower the priority of all threads that are started inside the context.

    Works where the kernel lists threads and gives each its own priority, as Linux does; has no effect elsewhere.
    """
    before = _thread_ids()
    yield
    for thread in _thread_ids() - before:
        with suppress(OSError):  # the thread has ended
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICE_INCREMENT)


def _thread_ids() -> set[int]:
    return {int(thread.name) for thread in _THREADS_FOLDER.iterdir()} if _THREADS_FOLDER.is_dir() else set()
