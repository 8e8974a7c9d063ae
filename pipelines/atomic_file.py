"""Atomic replacement of a file: readers see the old content or the new, also after a power cut."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

WRITE_BITS = 0o222
"""Bits of the mode of a file that permit writing. [source: POSIX]"""

MAX_NAME_BYTES = 200
"""Bytes of the name of a file that its draft repeats; a name has 255 at most. [source: ext4, NTFS]"""


@contextmanager
def replacing(path: Path, *, durable: bool = True, suffix: str = ".part") -> Iterator[Path]:
    """Yield the path of a new file in the folder of `path`, which replaces `path` at the end of the block.

    After an error in the block the new file is deleted and `path` stays as it was. The mode of an existing file is
    kept, and a symbolic link still points to its target. durable: the content is on disk before it replaces the old
    one; False saves that wait for files that need not survive a power cut. suffix: of the new file, for writers that
    choose a format by it. A device or a pipe, such as /dev/null, is never replaced: its own path is yielded.
    Raises OSError where the folder cannot be written, and for a read-only file.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    target = path.resolve()
    if target.is_file() and not target.stat().st_mode & WRITE_BITS:
        raise PermissionError(errno.EACCES, "the file is read-only", str(path))
    shown = target.name.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    draft = target.with_name(f".{shown}.{uuid4().hex[:8]}{suffix}")
    try:
        yield draft
        with suppress(FileNotFoundError):
            draft.chmod(target.stat().st_mode)
        if durable:
            _sync(draft)
        draft.replace(target)
        if durable:
            _sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Replace the content of `path`; text is written as UTF-8. See `replacing`."""
    with replacing(path, durable=durable) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
