"""Boxes of ONVIF's export format behind an MP4 file: camera, unit, operator, true start time and place."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

MP4_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
"""Zero of times in MP4. [source: ISO/IEC 14496-12, 8.2.2]"""

FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
"""Zero of the start time, in steps of 100 ns. [source: ONVIF Export File Format, StartTimeBox]"""


@dataclass(frozen=True)
class Export:
    """Origin of a clip. unit: name of the machine. at: Unix seconds. place: (latitude, longitude), degrees."""

    camera_id: str
    camera_name: str
    unit: str
    operator: str
    at: float
    place: tuple[float, float] | None = None


def export_boxes(export: Export, start_at: float) -> bytes:
    """Return the box `meta` at the level of the file, which players skip. start_at: Unix seconds of the first frame."""
    exported = int((datetime.fromtimestamp(export.at, UTC) - MP4_EPOCH).total_seconds())
    started = datetime.fromtimestamp(start_at, UTC) - FILETIME_EPOCH
    ticks = (started.days * 86_400 + started.seconds) * 10_000_000 + started.microseconds * 10
    unit = _string(export.unit) + _string("") + _string("") + struct.pack(">Q", exported) + _string(export.operator)
    source = (
        struct.pack(">IH", 1, 1) + _string(export.camera_name) + _string("") + _string("") + _string(export.camera_id)
    )
    handler = _full_box(b"hdlr", 0, struct.pack(">I4s12x", 0, b"null") + _string(""))
    boxes = handler + _full_box(b"suep", 1, unit + source) + _box(b"cstb", struct.pack(">IIQ", 1, 1, ticks))
    place = b"" if export.place is None else _box(b"udta", _location(*export.place))
    return _full_box(b"meta", 0, boxes + place)


def _location(lat: float, lon: float) -> bytes:
    """Return the box of a real place on Earth. [source: ETSI TS 126 244, 8.10]"""
    angles = struct.pack(">Biii", 1, round(lon * 65_536), round(lat * 65_536), 0)
    # 0x55C4 is the language "und" in five bits a letter.
    return _full_box(b"loci", 0, struct.pack(">H", 0x55C4) + _string("") + angles + _string("earth") + _string(""))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full_box(kind: bytes, version: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + content)


def _string(text: str) -> bytes:
    return text.replace("\0", "").encode() + b"\0"
