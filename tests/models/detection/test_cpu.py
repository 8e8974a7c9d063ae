"""Cores and priorities of this process."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from models.detection.cpu import NICE_INCREMENT, available_cores, cpu_limits, niced_threads, usable_cores


def test_there_is_a_core_to_run_on() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


def test_the_cores_are_those_of_the_affinity() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert available_cores() == 1 and usable_cores() <= 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("own", "files", "limits"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, [1.5]),
        ("0::/\n", {"cpu.max": "max 100000\n"}, []),
        ("0::/a.slice/worker\n", {"a.slice/worker/cpu.max": "max 100000", "a.slice/cpu.max": "50000 100000"}, [0.5]),
        ("2:cpu,cpuacct:/docker/7\n", {"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, [2.0]),
        ("4:cpuacct,cpu:/\n", {"cpu/cpu.cfs_quota_us": "150000", "cpu/cpu.cfs_period_us": "100000"}, [1.5]),
        ("4:memory:/a\n", {"a/cpu.max": "50000 100000"}, []),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, []),
        ("0::/\n", {"cpu.max": "no limit at all"}, []),
        ("", {}, []),
    ],
)  # fmt: skip
def test_the_limit_of_a_container_counts(tmp_path: Path, own: str, files: dict[str, str], limits: list[float]) -> None:
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text)
    (tmp_path / "own").write_text(own)
    assert cpu_limits(tmp_path / "groups", tmp_path / "own") == limits


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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread its own priority")
def test_threads_that_other_threads_begin_meanwhile_keep_their_priority() -> None:
    """A camera may connect while a network is compiled."""
    usual, go = os.getpriority(os.PRIO_PROCESS, 0), Event()
    with ExitStack() as threads:

        def begin_another() -> None:
            assert go.wait(30)
            begun.append(threads.enter_context(waiting_thread()))

        begun: list[int] = []
        other = Thread(target=begin_another, daemon=True)
        other.start()
        with niced_threads():
            go.set()
            other.join()
        assert [os.getpriority(os.PRIO_PROCESS, thread) for thread in begun] == [usual]
