"""Files of the outbox: records in segments, which are appended to, and deleted as a whole.

One process at a time has the folder. A cut or a changed byte costs the record that it is in, and no other.
"""

import fcntl
import os
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from time import time

from pipelines.atomic_file import replacing
from pipelines.bus.record_format import (
    ATTEMPTED,
    OVERHEAD,
    Damage,
    DamagedRecordError,
    Found,
    encoded,
    found_at,
    scan,
    with_state,
)
from pipelines.errors import UserError

SUFFIX = ".segment"
"""End of the names of segments."""
LOCK = "lock"
"""Name of the file that is locked by the process that uses the folder."""
DROPPED = -1
"""State, in memory only, of an event that was dropped."""


class Entry:
    """An event in the outbox. body: JSON while it is in memory only; then segment, offset and size locate it."""

    __slots__ = ("body", "kind", "offset", "segment", "size", "state")

    def __init__(self, kind: str, body: bytes | None, size: int, state: int) -> None:
        self.kind = kind
        self.body = body
        self.size = size
        self.state = state
        self.segment: Segment | None = None
        self.offset = 0

    @property
    def acknowledged(self) -> bool:
        return self.state > ATTEMPTED


class Segment:
    """A file of records. size: its bytes. entries: in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.entries: list[Entry] = []
        self.acknowledged_at = 0  # Unix seconds of the newest acknowledgement
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def load(self) -> list[Damage]:
        """Read the records; return the damage between them."""
        damages = []
        data = self.path.read_bytes()
        self.size = len(data)
        for part in scan(data):
            if isinstance(part, Found):
                entry = Entry(part.kind, None, part.size, part.state)
                entry.segment, entry.offset = self, part.offset
                self.entries.append(entry)
            else:
                damages.append(part)
        self.acknowledged_at = max((entry.state for entry in self.entries if entry.acknowledged), default=0)
        return damages

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries to the disk. After an OSError the file is as before, or has a damaged end."""
        data = b"".join(encoded(entry.kind, entry.body or b"", entry.state) for entry in entries)
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, memoryview(data)[written:], self.size + written)
            os.fdatasync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        for entry in entries:
            entry.segment, entry.offset, entry.body = self, self.size, None
            self.size += OVERHEAD + entry.size
        self.entries += entries

    def read(self, entry: Entry) -> bytes:
        """Return the body of an entry. Raises DamagedRecordError, and OSError where the disk fails."""
        data = os.pread(self._file, OVERHEAD + entry.size, entry.offset)
        if found_at(data, 0) is None:
            raise DamagedRecordError(f"{self.path.name} at byte {entry.offset}: wrong checksum")
        return data[OVERHEAD:]

    def set_state(self, entry: Entry, state: int) -> None:
        """Write the state of an entry. A disk that fails, a damaged record or a closed file keeps the old one."""
        entry.state = state
        self.acknowledged_at = max(self.acknowledged_at, state if entry.acknowledged else 0)
        with suppress(OSError, struct.error):
            os.pwrite(self._file, with_state(os.pread(self._file, OVERHEAD, entry.offset), state), entry.offset)

    def replace(self, records: Sequence[tuple[Entry, bytes]]) -> None:
        """Make the file contain these records, at once. Raises OSError, and nothing is changed."""
        with replacing(self.path) as draft:
            draft.write_bytes(b"".join(encoded(entry.kind, body, entry.state) for entry, body in records))
        self.close()
        self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        self.size = 0
        for entry, body in records:
            entry.segment, entry.offset, entry.size, entry.body = self, self.size, len(body), None
            self.size += OVERHEAD + entry.size
        self.entries = [entry for entry, _ in records]

    def close(self) -> None:
        """Close the file. Its number may be that of another file afterwards, and is forgotten."""
        os.close(self._file)
        self._file = -1


class Spool:
    """The segments of a folder. segment_bytes: size at which a new one begins."""

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._lock: int | None = None
        self._writable = False  # whether the newest segment takes more records
        self.segments: list[Segment] = []

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return sum(segment.size for segment in self.segments)

    def open(self) -> list[tuple[Segment, Damage]]:
        """Take the folder and read its segments; return the damage. Raises OSError, and UserError if it is in use."""
        try:
            self._take_folder()
        except BlockingIOError:
            raise UserError(f"{self._folder}: in use by another Simpang; stop it, or set another data_dir") from None
        for draft in self._folder.glob(f".*{SUFFIX}.*"):
            draft.unlink(missing_ok=True)
        damages = []
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            segment = Segment(path)
            damages += [(segment, damage) for damage in segment.load()]
            self.segments.append(segment)
        damaged = {segment.path for segment, _ in damages}
        self._writable = bool(self.segments) and self.segments[-1].path not in damaged
        return damages

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries to the disk. Raises OSError, and none is written."""
        if not self._writable or self.segments[-1].size >= self._segment_bytes:
            self._begin()
        try:
            self.segments[-1].append(entries)
        except OSError:
            self._writable = False
            if not self.segments[-1].entries:
                self.delete(self.segments[-1])
            raise

    def read(self, entry: Entry) -> bytes:
        """Return the JSON of an event. Raises DamagedRecordError, and OSError where the disk fails."""
        return (entry.body or b"") if entry.segment is None else entry.segment.read(entry)

    def set_states(self, entries: Iterable[Entry], state: int) -> None:
        """Note on disk that events were passed to the bus, or acknowledged."""
        for entry in entries:
            if entry.segment is None:
                entry.state = state
            else:
                entry.segment.set_state(entry, state)

    def delete(self, segment: Segment) -> None:
        """Delete a segment."""
        if segment is self.segments[-1]:
            self._writable = False
        self.segments.remove(segment)
        segment.close()
        with suppress(OSError):
            segment.path.unlink()

    def delete_acknowledged(self, before: float) -> None:
        """Delete the segments whose events were all acknowledged before a time (Unix seconds)."""
        for segment in list(self.segments):
            if segment.acknowledged_at < before and all(entry.state > ATTEMPTED for entry in segment.entries):
                self.delete(segment)

    def acknowledged_since(self, since: float) -> list[Entry]:
        """Return the events that were acknowledged since a time (Unix seconds), in order."""
        recent = [segment for segment in self.segments if segment.acknowledged_at >= since]
        return [entry for segment in recent for entry in segment.entries if entry.acknowledged and entry.state >= since]

    def close(self) -> None:
        """Close all files, and let other processes take the folder."""
        for segment in self.segments:
            segment.close()
        self.segments.clear()
        self._writable = False
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_folder(self) -> None:
        """Make and lock the folder. Raises OSError: BlockingIOError where another process has it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise
        self._lock = lock

    def _begin(self) -> None:
        if self._lock is None:
            self._take_folder()  # the disk was full at the start
        newest = int(self.segments[-1].path.name.removesuffix(SUFFIX)) if self.segments else int(time())
        self.segments.append(Segment(self._folder / f"{newest + 1:012}{SUFFIX}"))
        self._writable = True
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
