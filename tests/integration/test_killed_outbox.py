"""An outbox whose process is killed (SIGKILL) at any time, again and again: each event that was put is published."""

import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from pipelines.bus.outbox import Outbox
from tests.support.numbered_events import SwitchedBus
from tests.support.servers import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ROUNDS = 8
"""Processes that are killed. [test data]"""

WORKER = """
import os, sys, time
from pathlib import Path
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.outbox import Outbox
from pipelines.logging import configure_logging
from tests.support.numbered_events import counts

configure_logging(json=True)  # to standard error
folder, number = Path(sys.argv[1]), int(sys.argv[2])
published = os.open(folder / "published", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class Bus:
    def publish(self, events):
        if number % 3 == 0 or time.time() % 0.2 < 0.1:
            raise BusUnavailable("down")
        os.write(published, b"".join(event.id.encode() + b"\\n" for event in events))

with Outbox(folder / "outbox", Bus()) as outbox:
    print("ready", flush=True)
    for n in range(100_000):
        event = counts(100_000 * number + n)
        outbox.put(event)
        print("put", event.id, flush=True)
"""


def test_a_process_that_is_killed_loses_no_event(tmp_path: Path) -> None:
    random, put = Random(1), []
    for number in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            lines = [worker.stdout.readline() for _ in range(random.randrange(1, 400))]
            worker.send_signal(signal.SIGKILL)
            lines += worker.stdout.read().splitlines(keepends=True)
            put += [line.split()[1] for line in lines if line.startswith("put ") and line.endswith("\n")]
    bus = SwitchedBus()
    with Outbox(tmp_path / "outbox", bus) as outbox:
        wait_until(lambda: not outbox.waiting, "the outbox to be empty", within_s=60)
    before = (tmp_path / "published").read_text().split()
    assert set(put) <= {*before, *bus.taken}
    assert len(put) > ROUNDS
    assert len(bus.taken) == len(set(bus.taken))
