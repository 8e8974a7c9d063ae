"""Number of CPU cores that this process may use, and lower priority for threads started in a context."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_native_id

_THREADS_FOLDER = Path("/proc/self/task")
"""One entry per thread of this process, on Linux [source: proc(5)]."""

_OWN_NAME = Path("/proc/thread-self/comm")
"""Name of this thread, on Linux [source: proc(5)]."""

_NAME_LENGTH = 15
"""Longest name of a thread, bytes [source: proc(5)]."""

NICE_INCREMENT = 10
"""Added to the nice value: about a tenth of the CPU share of other threads under load [source: sched(7)]."""


CGROUPS = Path("/sys/fs/cgroup")
"""Control groups of the kernel [source: cgroups(7)]."""

OWN_CGROUPS = Path("/proc/self/cgroup")
"""Control groups of this process [source: cgroups(7)]."""


def available_cores() -> int:
    """Number of CPU cores that this process may use, a part of a core counted whole."""
    return max(1, math.ceil(usable_cores()))


def usable_cores() -> float:
    """Return the CPU cores that affinity and the limit of the container leave to this process."""
    return min([float(len(os.sched_getaffinity(0))), *cpu_limits()])


def cpu_limits(root: Path = CGROUPS, own: Path = OWN_CGROUPS) -> list[float]:
    """Return the CPU limits of this process's control groups and of those above them, in cores."""
    limits: list[float] = []
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "cpu" not in controllers.split(","):
                continue
            group = (root / "cpu" if controllers else root) / path.lstrip("/")
            above = [folder for folder in (group, *group.parents) if folder.is_relative_to(root)]
            limits += [limit for limit in map(_limit, above) if limit is not None]
    return limits


def _limit(group: Path) -> float | None:
    """Return the limit of one control group of version 2 or 1; None without one."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        if (group / "cpu.max").is_file():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota, period = ((group / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return round(int(quota) / int(period), 2) if int(quota) > 0 else None
    return None


@contextmanager
def niced_threads() -> Iterator[None]:
    """Lower the priority of all threads that this thread, or one of those, starts inside the context.

    Works where the kernel lists threads and gives each its own priority, as Linux does; has no effect elsewhere. New
    threads get the name of the thread that starts them, so that those of other threads keep their priority.
    """
    mark = f"niced-{get_native_id()}"[:_NAME_LENGTH]
    try:
        before, name = _thread_ids(), _OWN_NAME.read_text()
        _OWN_NAME.write_text(mark)
    except OSError:  # no such kernel, or it may not be written
        yield
        return
    try:
        yield
    finally:
        _OWN_NAME.write_text(name.rstrip("\n"))
        for thread in _thread_ids() - before:
            with suppress(OSError):  # the thread has ended
                if (_THREADS_FOLDER / str(thread) / "comm").read_text().rstrip("\n") == mark:
                    priority = os.getpriority(os.PRIO_PROCESS, thread) + NICE_INCREMENT
                    os.setpriority(os.PRIO_PROCESS, thread, priority)


def _thread_ids() -> set[int]:
    return {int(thread.name) for thread in _THREADS_FOLDER.iterdir()} if _THREADS_FOLDER.is_dir() else set()
