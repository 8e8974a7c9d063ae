"""JPEG files in a stream of bytes, found by their own markers: boundaries and stated lengths are often wrong."""

import re
from struct import unpack_from

MAX_JPEG_BYTES = 32_000_000
"""Largest JPEG file (bytes); beyond it, what was read is no picture. [assumption]"""

START, END, SCAN = 0xD8, 0xD9, 0xDA
"""Markers SOI, EOI and SOS. [ITU-T T.81, table B.1]"""

_START = b"\xff\xd8\xff"
"""Start of a file: SOI and the first byte of the next marker. [ITU-T T.81, B.1.1.2]"""
_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Marker that ends a scan: neither a stuffed byte nor a restart. [ITU-T T.81, B.1.1.2]"""


class JpegSplitter:
    """Cuts a stream of bytes into its JPEG files, whatever lies between them. Not thread-safe.

    A file without an end ends where the next one starts. A preview inside a file is part of the file.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0
        self._in_scan = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the files that `data` completes."""
        self._data += data
        found = []
        while (picture := self._next()) is not None:
            found.append(picture)
        if len(self._data) > MAX_JPEG_BYTES:
            self._drop(len(self._data))
        return found

    def _next(self) -> bytes | None:
        """Return the first complete file of the data, and remove it; None while there is none."""
        while self._at or self._find_start():
            if self._in_scan:
                found = _IN_SCAN.search(self._data, self._at)
                if found is None:
                    self._at = max(self._at, len(self._data) - 1)
                    return None
                self._at, self._in_scan = found.start(), False
                if self._data[self._at + 1] in (START, END):
                    return self._cut()
            elif not self._pass_segment():
                return None
        return None

    def _find_start(self) -> bool:
        """Drop what precedes the next file; return whether there is one."""
        start = self._data.find(_START)
        if start < 0:
            del self._data[: max(0, len(self._data) - len(_START) + 1)]
            return False
        self._drop(start)
        self._at = 2
        return True

    def _pass_segment(self) -> bool:
        """Pass the marker segment at the present position; return False where more data is needed."""
        if len(self._data) < self._at + 4:
            return False
        marker, length = unpack_from(">xBH", self._data, self._at)
        if self._data[self._at] != 0xFF or marker in (0, START, END):
            self._drop(2)  # no picture, or one that broke off
        elif marker == 0xFF:
            self._at += 1
        else:
            self._at += 2 + length
            self._in_scan = marker == SCAN
        return True

    def _cut(self) -> bytes:
        """Return the file that ends at the present position."""
        is_whole = self._data[self._at + 1] == END
        picture = bytes(self._data[: self._at]) + bytes((0xFF, END))
        self._drop(self._at + 2 * is_whole)
        return picture

    def _drop(self, size: int) -> None:
        del self._data[:size]
        self._at, self._in_scan = 0, False
