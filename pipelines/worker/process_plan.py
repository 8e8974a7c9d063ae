"""Number of worker processes on a machine, and how the cameras are shared between them.

One interpreter runs one thread of Python at a time. With two processes on two cores, the sum of analysed frames a
second rose by half (docs/adr/0163-worker-processes.md).
"""

import math
from collections.abc import Sequence
from typing import TypeVar

from models.detection.cpu import available_cores

CAMERAS_EACH = 4
"""Cameras for which a further process pays: its networks and modules take about 350 MB
(550 MB in docs/adr/0163-worker-processes.md, less 200 MB in 0166). [assumption]"""

MAX_PROCESSES = 8
"""Most processes without a setting. [assumption]"""

OVERCOMMIT = 2
"""Threads for inference and decoding of a process, in multiples of its share of the cores: a process whose cameras are
busy uses cores that the others leave. [assumption; the figures of docs/adr/0163 are with it]"""

Item = TypeVar("Item")


def process_count(cameras: int, *, wanted: int | None = None, cores: int | None = None) -> int:
    """Return the number of worker processes. wanted: of the configuration. cores: by default those of this process.

    >>> [process_count(cameras, cores=2) for cameras in (1, 4, 5, 36)], process_count(36, cores=16)
    ([1, 1, 2, 2], 8)
    """
    if wanted is not None:
        return max(1, min(wanted, cameras))
    return max(1, min(cores or available_cores(), math.ceil(cameras / CAMERAS_EACH), MAX_PROCESSES))


def threads_each(processes: int, *, cores: int | None = None) -> int:
    """Return the number of threads for inference, and of those for decoding, of each process.

    >>> threads_each(1, cores=2), threads_each(2, cores=2), threads_each(8, cores=16)
    (2, 2, 4)
    """
    cores = cores or available_cores()
    return min(cores, math.ceil(OVERCOMMIT * cores / processes))


def shared_out(cameras: Sequence[Item], processes: int) -> list[tuple[Item, ...]]:
    """Return the cameras of each process. Neighbours in the configuration, often of one site, go to different ones.

    >>> shared_out("abcde", 2)
    [('a', 'c', 'e'), ('b', 'd')]
    """
    return [tuple(cameras[number::processes]) for number in range(processes)]
