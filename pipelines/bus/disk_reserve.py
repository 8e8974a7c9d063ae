"""Space of the disk that stays free for events: live video, snapshots and pictures leave it to the outbox."""

import errno
import shutil
from pathlib import Path

MAX_RESERVE_BYTES = 256_000_000
"""Largest reserve (bytes); busy cameras write about 1.1 MB of events a minute, so it lasts 4 hours. [assumption]"""

RESERVED_SHARE = 0.02
"""Reserve of a small disk, as a share (0..1) of its size. [assumption]"""

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a disk, a quota or a limit of file size that is full. [source: errno(3)]"""


def require_space(folder: Path, size: int) -> None:
    """Raise OSError (ENOSPC) where a file of `size` bytes in `folder` would use the reserve."""
    disk = shutil.disk_usage(folder)
    if disk.free - size < min(MAX_RESERVE_BYTES, RESERVED_SHARE * disk.total):
        raise OSError(errno.ENOSPC, "the rest of the disk is reserved for events", str(folder))


def is_full(error: Exception) -> bool:
    """Return whether the error means a full disk.

    >>> is_full(OSError(errno.ENOSPC, "No space left on device")), is_full(OSError(errno.EACCES, "Permission denied"))
    (True, False)
    """
    return isinstance(error, OSError) and error.errno in FULL_DISK
