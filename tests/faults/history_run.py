"""Run of a history of faults, and the record of what really happened in it."""

import heapq
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from tests.faults.city import City
from tests.faults.kinds import PROFILES, Effect
from tests.faults.schedule import Fault

POLL_S = 0.25
"""Interval (s) between two queries for the newest event in the database. [assumption]"""
AFTER_S = 25.0
"""Time (s) from the last fault to the end of the history. [assumption: longer than a report of counts]"""
THREADS = 12
"""Threads that begin and end faults; some wait for a server. [assumption]"""

_NEWEST = "SELECT extract(epoch FROM max(at))::float8 FROM health WHERE at > now() - interval '5 minutes'"


@dataclass(frozen=True, slots=True)
class Incidence:
    """Fault as it happened. began_at, ended_at: Unix seconds. cameras: those that it hit."""

    fault: Fault
    began_at: float
    ended_at: float
    cameras: tuple[str, ...]

    @property
    def effect(self) -> Effect:
        return PROFILES[self.fault.kind].effect


@dataclass(slots=True)
class Record:
    """What happened. since, until: the history, Unix seconds. newest: (time, newest event in the database), each."""

    since: float = 0.0
    until: float = 0.0
    incidences: list[Incidence] = field(default_factory=list)
    newest: list[tuple[float, float]] = field(default_factory=list)


def run_history(city: City, faults: Sequence[Fault], report: Callable[[str], None]) -> Record:
    """Inject the faults in real time; return the record."""
    record, stop = Record(since=time.time()), threading.Event()
    observer = threading.Thread(target=_observe, args=(city.dsn, record, stop), daemon=True)
    observer.start()
    injector = _Injector(city, record, report)
    steps = [(fault.start_s, number, True, fault) for number, fault in enumerate(faults)]
    steps += [(fault.end_s, number, False, fault) for number, fault in enumerate(faults)]
    heapq.heapify(steps)
    with ThreadPoolExecutor(THREADS) as pool:
        while steps:
            at, _, begins, fault = heapq.heappop(steps)
            time.sleep(max(0.0, record.since + at - time.time()))
            pool.submit(injector.begin if begins else injector.end, fault)
    time.sleep(AFTER_S)
    record.until = time.time()
    stop.set()
    observer.join()
    record.incidences.sort(key=lambda each: each.began_at)
    return record


class _Injector:
    """Begins and ends faults; those of one target one after the other."""

    def __init__(self, city: City, record: Record, report: Callable[[str], None]) -> None:
        self._city, self._record, self._report = city, record, report
        self._begun: dict[int, tuple[float, tuple[str, ...]]] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def begin(self, fault: Fault) -> None:
        with self._locks[fault.target]:
            began_at = time.time()
            cameras: tuple[str, ...] = ()
            try:
                cameras = tuple(self._city.begin(fault))
            except Exception as error:
                self._report(f"fault {fault} did not begin: {error!r}")
            self._begun[fault.number] = began_at, cameras

    def end(self, fault: Fault) -> None:
        while fault.number not in self._begun:
            time.sleep(0.01)
        with self._locks[fault.target]:
            try:
                self._city.end(fault)
            except Exception as error:
                self._report(f"fault {fault} did not end: {error!r}")
            began_at, cameras = self._begun[fault.number]
            self._record.incidences.append(Incidence(fault, began_at, time.time(), cameras))


def _observe(dsn: str, record: Record, stop: threading.Event) -> None:
    """Note the newest event in the database until `stop`."""
    while not stop.is_set():
        with suppress(psycopg.Error), psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            while not stop.wait(POLL_S):
                row = connection.execute(_NEWEST).fetchone()
                if row is not None and row[0] is not None:
                    record.newest.append((time.time(), row[0]))
        stop.wait(POLL_S)
