"""What processes use, as Linux tells."""

import os
from pathlib import Path
from threading import enumerate as threads

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    return _cpu_s(Path(f"/proc/{pid}/stat"))


def cpu_s_by_task() -> dict[str, float]:
    """CPU seconds of this process so far, by the first word of the thread's name; of no thread of ours: `runtime`.

    Threads that have ended are left out.
    """
    names = {thread.native_id: thread.name.split()[0] for thread in threads()}
    spent: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            used = _cpu_s(task / "stat")
        except (FileNotFoundError, ProcessLookupError):
            continue
        name = names.get(int(task.name), "runtime")
        spent[name] = spent.get(name, 0.0) + used
    return spent


def resident_mb(pid: int) -> float:
    """Memory of a process that is in use right now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def _cpu_s(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
