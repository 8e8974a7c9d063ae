"""Cores and priorities of this process."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import pytest

from models.detection.cpu import NICE_INCREMENT, available_cores, niced_threads


def test_there_is_a_core_to_run_on() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


LEAST = 19
"""The kernel knows no lower priority."""


@contextmanager
def waiting_thread() -> Iterator[int]:
    """Yields its number in the kernel."""
    stop = Event()
    thread = Thread(target=stop.wait, daemon=True)
    thread.start()
    assert thread.native_id is not None
    try:
        yield thread.native_id
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread its own priority")
def test_threads_that_begin_meanwhile_give_way_and_others_do_not() -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with ExitStack() as threads:
        older = threads.enter_context(waiting_thread())
        with niced_threads():
            newer = threads.enter_context(waiting_thread())
            with waiting_thread():
                pass  # and ends before the priorities are set
        assert os.getpriority(os.PRIO_PROCESS, newer) == min(LEAST, usual + NICE_INCREMENT)
        assert os.getpriority(os.PRIO_PROCESS, older) == usual
        assert os.getpriority(os.PRIO_PROCESS, 0) == usual
