"""A full outbox whose process is killed (SIGKILL) while it makes room: each crossing is published once, or reported."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random
from time import sleep

import pytest

from pipelines.bus.outbox import Outbox
from pipelines.events.schema import CountsReport, Event, GapReport
from tests.support.numbered_events import NOON, SwitchedBus
from tests.support.servers import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ROUNDS = 16
"""Processes that are killed. [test data]"""
LONGEST_DELAY_S = 0.01
"""Longest time, in seconds, from the start of making room to the kill. [test data]"""

WORKER = """
import os, sys
from pathlib import Path
from random import random
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.outbox import Outbox
from pipelines.bus.room import Room
from pipelines.logging import configure_logging
from tests.support.numbered_events import crossing

configure_logging(json=True)  # to standard error
folder, number = Path(sys.argv[1]), int(sys.argv[2])
published = os.open(folder / "published", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class Bus:
    def publish(self, events):
        taken = random() < 0.5
        if taken or random() < 0.5:  # a bus that has the events may fail to acknowledge them
            os.write(published, b"".join(b"\\n" + event.to_json() for event in events))
        if not taken:
            raise BusUnavailable("down")

make = Room.make

def marked(*arguments):
    print("room", flush=True)
    make(*arguments)

Room.make = marked
with Outbox(folder / "outbox", Bus(), capacity_bytes=100_000) as outbox:
    print("ready", flush=True)
    for n in range(1000 * number, 1000 * (number + 1)):
        outbox.put(crossing(n))
        print("put", n, flush=True)
"""


def test_a_process_that_is_killed_while_it_makes_room_loses_and_doubles_no_crossing(tmp_path: Path) -> None:
    random, put = Random(1), set()
    for number in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            lines, rooms = [], random.randrange(1, 30)
            while lines.count("room\n") < rooms:
                lines.append(worker.stdout.readline())
            sleep(random.uniform(0, LONGEST_DELAY_S))
            worker.send_signal(signal.SIGKILL)
            lines += worker.stdout.read().splitlines(keepends=True)
            put |= {int(line.split()[1]) for line in lines if line.startswith("put ") and line.endswith("\n")}
    bus = SwitchedBus()
    with Outbox(tmp_path / "outbox", bus) as outbox:
        wait_until(lambda: not outbox.waiting, "the outbox to be empty", within_s=60)
    before = (tmp_path / "published").read_bytes().split(b"\n")
    events = {event.id: event.data for event in [*(Event.from_json(line) for line in before if line), *bus.events]}
    counted = [data for data in events.values() if isinstance(data, CountsReport)]
    tracks = [crossing.track for data in counted for crossing in data.crossings]
    assert len(tracks) == len(set(tracks))
    lost = [data for data in events.values() if isinstance(data, GapReport)]
    assert lost, "some were dropped"
    for n in put - set(tracks):
        at = NOON + n * timedelta(seconds=10)
        assert any(gap.start_at <= at < gap.end_at for gap in lost), n
