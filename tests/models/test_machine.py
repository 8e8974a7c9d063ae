"""Cores and priorities of this process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from models.machine import GIVES_WAY, cores, new_threads_give_way


def test_there_is_a_core_to_run_on() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


@contextmanager
def waiting_thread() -> Iterator[int]:
    """Yields its number in the kernel."""
    stop = Event()
    thread = Thread(target=stop.wait)
    thread.start()
    assert thread.native_id is not None
    yield thread.native_id
    stop.set()
    thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread its own priority")
def test_threads_that_begin_meanwhile_give_way_and_others_do_not() -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with waiting_thread() as older:
        with new_threads_give_way(), waiting_thread():
            pass
        with new_threads_give_way():
            newer = waiting_thread()
            number = newer.__enter__()
        assert os.getpriority(os.PRIO_PROCESS, number) == max(usual, GIVES_WAY)
        assert os.getpriority(os.PRIO_PROCESS, older) == usual
        assert os.getpriority(os.PRIO_PROCESS, 0) == usual
        newer.__exit__(None, None, None)
