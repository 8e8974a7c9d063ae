"""CPU time and memory of processes and threads."""

import sys
from threading import enumerate as running_threads

import psutil

BYTES_PER_MB = 2**20
"""Bytes of one reported megabyte [assumption: as in `top`]."""


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def cpu_s_by_task() -> dict[str, float]:
    """Return the CPU seconds of this process so far, by the first word of the thread's name.

    Threads that Python did not start count as `runtime`. Ended threads are not included.
    """
    names = {thread.native_id: thread.name.split()[0] for thread in running_threads()}
    spent: dict[str, float] = {}
    for thread in psutil.Process().threads():
        name = names.get(thread.id, "runtime")
        spent[name] = spent.get(name, 0.0) + thread.user_time + thread.system_time
    return spent


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes."""
    return float(psutil.Process(pid).memory_info().rss / BYTES_PER_MB)


def device_memory_mb() -> float | None:
    """Return the used memory of the GPU of this process in megabytes, that of other processes included.

    None where this process runs nothing on a GPU.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    free, total = torch.cuda.mem_get_info()
    return float((total - free) / BYTES_PER_MB)
