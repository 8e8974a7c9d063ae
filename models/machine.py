"""What of this machine is ours."""

import os


def cores() -> int:
    """How many CPU cores this process may run on."""
    return len(os.sched_getaffinity(0))
