"""Container of a package: a ZIP file in one fixed form, or a folder with the same files.

The form leaves no choice: entries without compression, in the order of the manifest, without gaps, comments, times or
extensions. A ZIP file that differs from it in any byte was changed. Any program for ZIP files opens it.
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pipelines.evidence.verifier.findings import Finding
from pipelines.evidence.verifier.shapes import is_name

MAX_PACKAGE_BYTES = 1_000_000_000
"""Largest package (bytes); sizes and positions in a ZIP file have 32 bits. [assumption]"""

MAX_FILES = 16
"""Most files in a package; it has four. [assumption]"""

MANIFEST_NAME = "manifest.json"
"""Name of the manifest, the first file of a package."""

LOCAL_HEADER = struct.Struct("<4s5H3I2H")
"""Header before each file. [source: APPNOTE.TXT 4.3.7]"""

CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
"""Entry of the directory at the end. [source: APPNOTE.TXT 4.3.12]"""

END_RECORD = struct.Struct("<4s4H2IH")
"""Record behind the directory. [source: APPNOTE.TXT 4.3.16]"""

ZIP_VERSION, ZIP_DATE = 20, 0x21
"""Version 2.0, and 1980-01-01, the first date of the format. [source: APPNOTE.TXT 4.4.3, 4.4.6]"""


class Contents(NamedTuple):
    """Files of a package by name, and what is wrong with their container. is_ordered: whether their order counts."""

    files: Mapping[str, memoryview]
    findings: list[Finding]
    is_ordered: bool = False


def zip_parts(files: Mapping[str, memoryview]) -> Iterator[bytes | memoryview]:
    """Yield the parts of the ZIP file that contains the files in this order."""
    offset, directory = 0, []
    for name, content in files.items():
        encoded, checksum, size = name.encode("ascii"), zlib.crc32(content), len(content)
        yield (
            LOCAL_HEADER.pack(b"PK\x03\x04", ZIP_VERSION, 0, 0, 0, ZIP_DATE, checksum, size, size, len(encoded), 0)
            + encoded
        )
        yield content
        sizes = checksum, size, size, len(encoded)
        directory.append(
            CENTRAL_HEADER.pack(
                b"PK\x01\x02", ZIP_VERSION, ZIP_VERSION, 0, 0, 0, ZIP_DATE, *sizes, 0, 0, 0, 0, 0, offset
            )
            + encoded
        )
        offset += LOCAL_HEADER.size + len(encoded) + size
    listed = b"".join(directory)
    yield listed
    yield END_RECORD.pack(b"PK\x05\x06", 0, 0, len(directory), len(directory), len(listed), offset, 0)


def read_package(path: Path) -> Contents:
    """Return the files of a package, a ZIP file or a folder. A link is followed to the package, and none within it."""
    try:
        target = path.resolve(strict=True)
        if target.is_dir():
            return _read_folder(target)
        content, findings = _read_file(target, MAX_PACKAGE_BYTES, path.name)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        return Contents(
            {}, [Finding("unreadable", path.name, getattr(error, "strerror", None) or type(error).__name__)]
        )
    return read_zip(memoryview(content), path.name) if not findings else Contents({}, findings)


def read_zip(data: memoryview, where: str) -> Contents:
    """Return the files of a ZIP file. where: its name, for findings."""
    files: dict[str, memoryview] = {}
    findings: list[Finding] = []
    at = 0
    while bytes(data[at : at + 4]) == b"PK\x03\x04" and len(files) < MAX_FILES:
        if len(data) < at + LOCAL_HEADER.size:
            return Contents(files, [*findings, Finding("zip", where, str(at))])
        _, _, flags, method, _, _, _, packed, size, name_length, extra = LOCAL_HEADER.unpack_from(data, at)
        begin = at + LOCAL_HEADER.size + name_length
        name = bytes(data[begin - name_length : begin]).decode("ascii", "replace")
        if flags or method or extra or packed != size:
            return Contents(files, [*findings, Finding("packed", f"{where}: {name!r}")])
        if not is_name(name):
            return Contents(files, [*findings, Finding("file-name", f"{where}: {name!r}")])
        if name in files:
            return Contents(files, [*findings, Finding("file-twice", f"{where}: {name}")])
        if len(data) < begin + size:
            return Contents(files, [*findings, Finding("zip", f"{where}: {name}", str(len(data)))])
        files[name] = data[begin : begin + size]
        at = begin + size
    differs_at = _first_difference(data, files)
    if differs_at is not None:
        findings.append(Finding("zip-form", where, str(differs_at)))
    return Contents(files, findings, is_ordered=True)


def _first_difference(data: memoryview, files: Mapping[str, memoryview]) -> int | None:
    """Return the first byte in which the data is not the ZIP file of these files; None where it is."""
    at = 0
    for part in zip_parts(files):
        found = data[at : at + len(part)]
        if found != part:
            same = (place for place in range(min(len(found), len(part))) if found[place] != part[place])
            return at + next(same, len(found))
        at += len(part)
    return at if at != len(data) else None


def _read_folder(folder: Path) -> Contents:
    """Return the files of a folder. Nothing in it is followed: no link, no folder, no device."""
    files: dict[str, memoryview] = {}
    findings: list[Finding] = []
    left = MAX_PACKAGE_BYTES
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_FILES:
                return Contents(files, [*findings, Finding("file-extra", f"{folder.name}: ...")])
            where = f"{folder.name}: {entry.name!r}"
            if not entry.is_file(follow_symlinks=False):
                findings.append(Finding("file-kind", where))
            elif not is_name(entry.name):
                findings.append(Finding("file-name", where))
            else:
                content, faults = _read_file(Path(entry.path), left, where)
                left -= len(content)
                files[entry.name] = memoryview(content)
                findings += faults
    return Contents(files, findings)


def _read_file(path: Path, limit: int, where: str) -> tuple[bytes, list[Finding]]:
    """Return the content of a regular file. Raises OSError."""
    # A pipe would block at opening, and a link that replaced the file since it was found is not followed.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return b"", [Finding("file-kind", where)]
        content = file.read(limit + 1)
    return (content, []) if len(content) <= limit else (b"", [Finding("too-large", where, str(limit))])
