"""A disk that is full: what is counted is published and kept, and the analysis goes on.

A limit of file size (RLIMIT_FSIZE) makes writes of a process fail as a full disk does.
"""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

LIMITED = """
import resource, sys, time
from pathlib import Path
from pipelines.bus.outbox import Outbox
from tests.support.numbered_events import SwitchedBus, counts

def disk(full):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0 if full else -1, -1))

def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)

folder = Path(sys.argv[1])
"""
"""Start of a program whose disk can be full. [test data]"""

PUBLISHES = """
bus, events = SwitchedBus(), [counts(n) for n in range(600)]
with Outbox(folder / "outbox", bus) as outbox:
    outbox.put(events[0])
    until(lambda: not outbox.waiting)
    disk(full=True)
    for event in events[1:300]:
        outbox.put(event)
    until(lambda: not outbox.waiting)
    bus.up = False
    for event in events[300:]:
        outbox.put(event)
    assert outbox.waiting >= 300, outbox.waiting
    bus.up = True
    until(lambda: not outbox.waiting)
assert set(bus.taken) == {event.id for event in events}
print("all published")
"""

KEEPS = """
bus, events = SwitchedBus(up=False), [counts(n) for n in range(450)]
with Outbox(folder / "outbox", bus) as outbox:
    outbox.put(events[0])
    disk(full=True)
    for event in events[1:300]:
        outbox.put(event)
    disk(full=False)
    for event in events[300:]:
        outbox.put(event)
again = SwitchedBus()
with Outbox(folder / "outbox", again) as outbox:
    until(lambda: not outbox.waiting)
assert again.taken == [event.id for event in events]
print("all kept")
"""

STARTS = """
bus, events = SwitchedBus(up=False), [counts(n) for n in range(30)]
with Outbox(folder / "outbox", bus) as outbox:
    outbox.put(events[0])
bus.up = True
resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1))
with Outbox(folder / "outbox", bus) as outbox:
    for event in events[1:]:
        outbox.put(event)
    until(lambda: not outbox.waiting)
disk(full=False)
with Outbox(folder / "outbox", bus) as outbox:
    until(lambda: not outbox.waiting)
assert set(bus.taken) == {event.id for event in events}
print("all published")
"""

SMALL = """
import ctypes, os, shutil
libc = ctypes.CDLL(None, use_errno=True)
NEW_USERS_AND_MOUNTS = 0x10020000  # CLONE_NEWUSER | CLONE_NEWNS, unshare(2)
user, group = os.getuid(), os.getgid()
if libc.unshare(NEW_USERS_AND_MOUNTS):
    sys.exit(print("no mount"))
for name, content in ("uid_map", f"0 {user} 1"), ("setgroups", "deny"), ("gid_map", f"0 {group} 1"):
    Path("/proc/self", name).write_text(content)
if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=256k"):
    sys.exit(print("no mount"))
bus, events = SwitchedBus(up=False), [counts(n) for n in range(1200)]
with Outbox(folder / "outbox", bus) as outbox:
    for event in events:
        outbox.put(event)
    assert shutil.disk_usage(folder).free < 4096, "the disk is full"
    assert outbox.waiting == len(events)
    bus.up = True
    until(lambda: not outbox.waiting)
    outbox.put(last := counts(1201))
    until(lambda: not outbox.waiting)
assert bus.taken == [event.id for event in [*events, last]]
print("all published")
"""

LOGS = """
from pipelines.logging import configure_logging
import structlog
configure_logging(json=True)
structlog.get_logger().warning("this line is dropped, because the disk is full")
print("still running")
"""


def run(program: str, folder: Path, **options: object) -> str:
    """Return the standard output of a program."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=150,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout
    return str(done.stdout)


def test_events_are_published_while_the_disk_is_full(tmp_path: Path) -> None:
    assert "all published" in run(LIMITED + PUBLISHES, tmp_path)


def test_events_of_a_full_disk_are_written_in_order_when_it_has_space_again(tmp_path: Path) -> None:
    assert "all kept" in run(LIMITED + KEEPS, tmp_path)


def test_a_start_on_a_full_disk_publishes_new_events_and_keeps_the_old_ones(tmp_path: Path) -> None:
    assert "all published" in run(LIMITED + STARTS, tmp_path)


def test_a_file_system_that_is_full_loses_nothing(tmp_path: Path) -> None:
    """A tmpfs of 256 kB takes half of the events; the others wait in memory."""
    said = run(LIMITED + SMALL, tmp_path)
    if "no mount" in said:
        pytest.skip("this machine permits no mount")
    assert "all published" in said


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        assert "still running" in run(LOGS, tmp_path, stderr=full)
