"""MP4 with two sample descriptions, as programs write that join recordings without coding them again."""

import struct
from collections.abc import Iterator

Table = dict[bytes, bytes]
"""Type of a box -> its content."""

TABLE_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
"""Boxes around the sample table of a file with one track. [ISO/IEC 14496-12, 8.5]"""


def joined(first: bytes, second: bytes) -> bytes:
    """Return the MP4 with the frames of two, of one video track each, and with the sample description of each."""
    tables = _table(first), _table(second)
    samples = [_samples(data, table) for data, table in zip((first, second), tables, strict=True)]
    counts = [len(each) for each in samples]
    media = [b"".join(each) for each in samples]
    header = _box(b"ftyp", dict(_boxes(first))[b"ftyp"])
    start = len(header) + 8
    keyframes = [*_numbers(tables[0][b"stss"], 8), *(counts[0] + n for n in _numbers(tables[1][b"stss"], 8))]
    times = tables[0][b"stts"][8:] + tables[1][b"stts"][8:]
    table = {
        b"stsd": struct.pack(">II", 0, 2) + tables[0][b"stsd"][8:] + tables[1][b"stsd"][8:],
        b"stts": struct.pack(">II", 0, len(times) // 8) + times,
        b"stss": struct.pack(f">II{len(keyframes)}I", 0, len(keyframes), *keyframes),
        b"stsc": struct.pack(">II6I", 0, 2, 1, counts[0], 1, 2, counts[1], 2),
        b"stsz": struct.pack(f">III{sum(counts)}I", 0, 0, sum(counts), *(len(s) for each in samples for s in each)),
        b"stco": struct.pack(">IIII", 0, 2, start, start + len(media[0])),
    }
    body = b"".join(_box(kind, content) for kind, content in table.items())
    return header + _box(b"mdat", b"".join(media)) + _replaced(_box(b"moov", dict(_boxes(first))[b"moov"]), body)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, data[at + 8 : at + size]
        at += size


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _table(data: bytes) -> Table:
    for kind in TABLE_PATH:
        data = dict(_boxes(data))[kind]
    return dict(_boxes(data))


def _replaced(data: bytes, table: bytes, path: tuple[bytes, ...] = TABLE_PATH) -> bytes:
    """Return boxes with another sample table, and without the edit list, which ends with the first recording."""
    return b"".join(
        _box(kind, content if kind != path[0] else table if len(path) == 1 else _replaced(content, table, path[1:]))
        for kind, content in _boxes(data)
        if kind != b"edts"
    )


def _numbers(content: bytes, start: int) -> list[int]:
    return [number for (number,) in struct.iter_unpack(">I", content[start:])]


def _samples(data: bytes, table: Table) -> list[bytes]:
    """Return the coded frames; `stsc` states how many each chunk has."""
    sizes, offsets, runs = _numbers(table[b"stsz"], 12), _numbers(table[b"stco"], 8), _numbers(table[b"stsc"], 8)
    found: list[bytes] = []
    for chunk, start in enumerate(offsets, start=1):
        at = start
        in_chunk = next(runs[i + 1] for i in range(len(runs) - 3, -1, -3) if runs[i] <= chunk)
        for size in sizes[len(found) : len(found) + in_chunk]:
            found.append(data[at : at + size])
            at += size
    return found
