"""CPU time and memory of this process."""

import os
from threading import Event, Thread
from time import thread_time

import pytest

from pipelines.capacity.process_stats import cpu_s, cpu_s_by_task, resident_mb

BUSY_S = 0.3
"""CPU time (s) that the busy thread uses; the kernel counts in steps of 0.01 s [source: CLK_TCK of Linux]."""


def test_cpu_time_is_attributed_to_the_first_word_of_a_thread_name() -> None:
    finished, measured = Event(), Event()

    def work() -> None:
        while thread_time() < BUSY_S:
            pass
        finished.set()
        measured.wait(60)

    before, thread = cpu_s(os.getpid()), Thread(target=work, name="busy 1")
    thread.start()
    assert finished.wait(60)
    by_task = cpu_s_by_task()
    measured.set()
    thread.join()

    assert by_task["busy"] == pytest.approx(BUSY_S, abs=0.05)
    assert {"MainThread", "busy"} <= by_task.keys()
    assert cpu_s(os.getpid()) - before >= BUSY_S - 0.05


def test_resident_memory_grows_with_used_memory() -> None:
    before = resident_mb(os.getpid())
    block = bytearray(os.urandom(1) * 50_000_000)
    assert resident_mb(os.getpid()) - before > 0.8 * len(block) / 2**20
