"""Records in the files of the outbox: each has a checksum, so that damage is found and costs no other record.

A record is a header and the JSON of an event. The header has two parts with a checksum each: what never changes (size,
kind, body), and the state, which is overwritten in place. A damaged state reads as ATTEMPTED: the event is published
again, which the store ignores.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, error
from zlib import crc32

MAGIC = b"\xf5SO1"
"""Start of a record. 0xF5 occurs in no UTF-8 text, so never in a body. [RFC 3629]"""
KINDS = ("", "health", "congestion", "counts", "incident", "gap")
"""Kinds of events; a record has the index. New kinds go to the end."""
_HEADER = Struct("<4sIIIII")
"""Magic, bytes of the body, kind, CRC-32 of these and of the body, state, CRC-32 of state and record."""
_TWO_NUMBERS = Struct("<II")
"""Numbers as input of a checksum."""
OVERHEAD = _HEADER.size
"""Bytes of a record beside its body."""

WAITING, ATTEMPTED, SET_ASIDE = 0, 1, 2
"""States of a record: never passed to the bus; passed, without acknowledgement; moved to the dead letters. Any other is
the Unix time, in whole seconds, of the acknowledgement."""


@dataclass(frozen=True, slots=True)
class Found:
    """An intact record at `offset`; size: bytes of its body."""

    offset: int
    size: int
    kind: str
    state: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that are no record. content: these bytes."""

    offset: int
    content: bytes


class DamagedRecordError(Exception):
    """A record of the outbox does not have its checksum."""


def encoded(kind: str, body: bytes, state: int) -> bytes:
    """Return a record."""
    crc = _crc(len(body), KINDS.index(kind), body)
    header = _HEADER.pack(MAGIC, len(body), KINDS.index(kind), crc, state, _state_crc(state, crc))
    return header + body


def with_state(header: bytes, state: int) -> bytes:
    """Return the header of a record with another state."""
    magic, size, kind, crc, *_ = _HEADER.unpack(header)
    return _HEADER.pack(magic, size, kind, crc, state, _state_crc(state, crc))


def found_at(data: bytes, offset: int) -> Found | None:
    """Return the record at `offset`, None where there is no intact one."""
    try:
        magic, size, kind, crc, state, state_crc = _HEADER.unpack_from(data, offset)
    except error:
        return None
    body = memoryview(data)[offset + OVERHEAD : offset + OVERHEAD + size]
    if magic != MAGIC or len(body) != size or not 0 < kind < len(KINDS) or crc != _crc(size, kind, body):
        return None
    return Found(offset, size, KINDS[kind], state if state_crc == _state_crc(state, crc) else ATTEMPTED)


def scan(data: bytes) -> Iterator[Found | Damage]:
    """Yield the intact records of a file and the damage between them, in order."""
    offset = 0
    while offset < len(data):
        record = found_at(data, offset)
        if record is not None:
            yield record
            offset += OVERHEAD + record.size
            continue
        end = offset + 1
        while (end := data.find(MAGIC, end)) >= 0 and found_at(data, end) is None:
            end += 1
        end = len(data) if end < 0 else end
        yield Damage(offset, data[offset:end])
        offset = end


def _crc(size: int, kind: int, body: bytes | memoryview) -> int:
    return crc32(body, crc32(_TWO_NUMBERS.pack(size, kind)))


def _state_crc(state: int, record_crc: int) -> int:
    return crc32(_TWO_NUMBERS.pack(state, record_crc))
