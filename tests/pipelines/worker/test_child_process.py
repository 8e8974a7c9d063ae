"""Child processes that end with their parent."""

import os
import subprocess
import sys

import pytest

from tests.support.servers import wait_until

pytestmark = pytest.mark.slow  # processes

CHILD = """
import time
from pipelines.worker.child_process import end_with_parent
end_with_parent()
print("up", flush=True)
time.sleep(120)
"""
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}])
print(child.pid, flush=True)
time.sleep(120)
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_process_ends_after_its_parent_was_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == "up\n"
        parent.kill()
        wait_until(lambda: not is_running(child), "the child to end", within_s=30)
