"""Header of a PMTiles file (version 3): what it contains, and whether it is whole and of this city."""

import gzip
import json
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path

from analytics.camera import Position
from pipelines.errors import UserError

HEADER = struct.Struct("<7sB11Q6B4iB2i")
"""Magic, version, offsets and lengths, kinds and zooms, bounds, centre. [source: PMTiles version 3, section 3]"""
_MVT, _NONE, _GZIP = 1, 1, 2
"""Type of vector tiles, and the compressions that browsers read. [source: PMTiles version 3]"""
MAX_METADATA = 1_000_000
"""Longest metadata that are read, bytes. [assumption]"""
_TAG = re.compile(r"<[^>]*>")
"""Tag of HTML."""
_MAKE_ONE = "make one with: simpang basemap EXTRACT.osm.pbf OUT.pmtiles"
"""Remedy of every error."""


@dataclass(frozen=True, slots=True)
class TileArchive:
    """A usable file. bounds: west, south, east and north in degrees. version: changes with the file."""

    path: Path
    version: str
    max_zoom: int
    bounds: tuple[float, float, float, float]
    attribution: str

    @property
    def is_unchanged(self) -> bool:
        """Whether the file is the one whose header was read: positions in another one differ."""
        try:
            return version_of(self.path) == self.version
        except OSError:
            return False

    def contains(self, position: Position) -> bool:
        west, south, east, north = self.bounds
        return west <= position.lon <= east and south <= position.lat <= north


def version_of(path: Path) -> str:
    """Digest of the size and the time of a file."""
    state = path.stat()
    return sha256(f"{state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]


def read_archive(path: Path) -> TileArchive:
    """Read the header of `path`. Raises UserError with one line and the remedy."""
    try:
        version = version_of(path)
        with path.open("rb") as file:
            header = file.read(HEADER.size)
            if len(header) < HEADER.size or header[:7] != b"PMTiles":
                raise UserError(f"{path}: no PMTiles file; {_MAKE_ONE}")
            fields = HEADER.unpack(header)
            offsets, (_, compression, packing, kind, _, max_zoom), bounds = fields[2:13], fields[13:19], fields[19:23]
            if fields[1] != 3:
                raise UserError(f"{path}: PMTiles of version {fields[1]}, not 3; {_MAKE_ONE}")
            if kind != _MVT:
                raise UserError(f"{path}: contains pictures, not vector tiles; {_MAKE_ONE}")
            if not {compression, packing} <= {_NONE, _GZIP}:
                raise UserError(f"{path}: compressed by neither gzip nor nothing, which no browser reads; {_MAKE_ONE}")
            if path.stat().st_size < max(offsets[n] + offsets[n + 1] for n in (0, 2, 4, 6)):
                raise UserError(f"{path}: ends before its tiles do; copy it again")
            file.seek(offsets[2])
            metadata = file.read(min(offsets[3], MAX_METADATA))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; {_MAKE_ONE}") from error
    west, south, east, north = (edge / 1e7 for edge in bounds)
    attribution = _attribution(metadata, compressed=compression == _GZIP)
    return TileArchive(path, version, max_zoom, (west, south, east, north), attribution)


def check_place(archive: TileArchive, cameras: Sequence[Position]) -> None:
    """Raise UserError where no camera lies within the bounds: a map of another city."""
    if cameras and not any(archive.contains(position) for position in cameras):
        west, south, east, north = archive.bounds
        raise UserError(
            f"{archive.path}: a map of another city ({south:.2f} to {north:.2f} degrees north, {west:.2f} to "
            f"{east:.2f} degrees east), without any camera of this one; make it from an extract of this city"
        )


def _attribution(metadata: bytes, *, compressed: bool) -> str:
    """The attribution that the file asks for, as plain text; empty where it states none."""
    try:
        text = json.loads(gzip.decompress(metadata) if compressed else metadata).get("attribution")
    except (OSError, EOFError, zlib.error, ValueError, AttributeError):
        return ""
    return unescape(_TAG.sub("", text)) if isinstance(text, str) else ""
