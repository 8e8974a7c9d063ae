"""The file of tiles: its header, its ranges over HTTP, and files that cannot be used."""

import gzip
import json
import os
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from analytics.camera import Position
from pipelines.config.settings import Config
from pipelines.errors import UserError
from portal.basemap.tile_archive import HEADER, read_archive
from portal.basemap.tile_sources import open_archive

BATAM, ELSEWHERE = (103.9, 1.0, 104.2, 1.2), (110.3, -7.9, 110.5, -7.7)
"""West, south, east and north, degrees."""
HERE = Position(lat=1.12, lon=104.04)


METADATA = gzip.compress(json.dumps({"attribution": "<a href='https://osm.org'>© OpenStreetMap</a> &amp; co"}).encode())


def archive_bytes(
    bounds: tuple[float, float, float, float] = BATAM,
    *,
    version: int = 3,
    kind: int = 1,
    compressions: tuple[int, int] = (2, 2),
    metadata: bytes = METADATA,
) -> bytes:
    """A file with a header, metadata and 5000 bytes in place of tiles. compressions: of directories, of tiles."""
    root, tiles = b"\0" * 10, bytes(range(250)) * 20
    places = [127, 10, 137, len(metadata), 0, 0, 137 + len(metadata), len(tiles), 1, 1, 1]
    edges = [round(edge * 1e7) for edge in bounds]
    header = HEADER.pack(b"PMTiles", version, *places, 1, *compressions, kind, 6, 14, *edges, 12, edges[0], edges[1])
    return header + root + metadata + tiles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "batam.pmtiles"
    path.write_bytes(archive_bytes())
    return path


@pytest.fixture
def config(config: Config, path: Path) -> Config:
    return config.model_copy(update={"portal": config.portal.model_copy(update={"basemap": path})})


def test_the_header_is_read(path: Path) -> None:
    archive = read_archive(path)
    assert archive.bounds == pytest.approx(BATAM)
    assert archive.max_zoom == 14
    assert archive.attribution == "© OpenStreetMap & co"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no PMTiles file"),
        (b"PK\x03\x04" * 100, "no PMTiles file"),
        (b"SQLite format 3\0" * 100, "no PMTiles file"),
        (archive_bytes(version=2), "version 2"),
        (archive_bytes(kind=2), "pictures"),
        (archive_bytes(compressions=(2, 3)), "no browser reads"),
        (archive_bytes(compressions=(4, 2)), "no browser reads"),
        (archive_bytes(compressions=(2, 0)), "no browser reads"),
        (archive_bytes()[:-1], "ends before its tiles"),
        (archive_bytes()[:127], "ends before its tiles"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_the_map_goes_without(
    path: Path, content: bytes | None, problem: str
) -> None:
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match=problem):
        read_archive(path)
    with capture_logs() as logs:
        assert open_archive(path, [HERE]) is None
    (line,) = logs
    assert (line["log_level"], line["setting"]) == ("warning", "portal.basemap")
    assert problem in line["problem"] and "\n" not in line["problem"]


@pytest.mark.parametrize(
    "metadata",
    [METADATA[:10] + b"\xff" * 40, METADATA[:-12], METADATA[:-8] + b"\0" * 8, b"none", b"", gzip.compress(b"[1]")],
    ids=["deflate", "cut off", "checksum", "no gzip", "empty", "no object"],
)
def test_damaged_metadata_leave_a_map_without_an_attribution(path: Path, metadata: bytes) -> None:
    path.write_bytes(archive_bytes(metadata=metadata))
    archive = open_archive(path, [HERE])
    assert archive is not None and archive.attribution == ""


@pytest.mark.parametrize("compressions", [(1, 1), (2, 1)])
def test_tiles_may_be_uncompressed(path: Path, compressions: tuple[int, int]) -> None:
    metadata = gzip.decompress(METADATA) if compressions[0] == 1 else METADATA
    path.write_bytes(archive_bytes(compressions=compressions, metadata=metadata))
    assert read_archive(path).attribution == "© OpenStreetMap & co"


def test_a_map_of_another_city_is_refused_and_one_of_a_part_of_this_city_is_not(path: Path) -> None:
    path.write_bytes(archive_bytes(ELSEWHERE))
    with capture_logs() as logs:
        assert open_archive(path, [HERE]) is None
        assert open_archive(path, [HERE, Position(lat=-7.8, lon=110.4)]) is not None
        assert open_archive(path, []) is not None, "a city without cameras yet"
    assert ["another city" in entry["problem"] for entry in logs] == [True]


def test_ranges_of_the_file_are_served_as_they_are(anonymous: httpx.Client, path: Path) -> None:
    url = anonymous.get("/api/city").json()["basemap"]["url"]
    answer = anonymous.get(url, headers={"Range": "bytes=0-126", "Accept-Encoding": "gzip"})
    assert answer.status_code == 206
    assert answer.content == path.read_bytes()[:127]
    assert answer.headers["Content-Range"] == f"bytes 0-126/{path.stat().st_size}"
    assert "immutable" in answer.headers["Cache-Control"]
    whole = anonymous.get(url, headers={"Accept-Encoding": "gzip"})
    assert whole.content == path.read_bytes()
    assert whole.headers["Content-Length"] == str(path.stat().st_size), "positions are those of the file"


def test_a_replaced_file_is_not_served_under_the_old_address(anonymous: httpx.Client, path: Path) -> None:
    url = anonymous.get("/api/city").json()["basemap"]["url"]
    path.write_bytes(archive_bytes())
    os.utime(path, (1, 1))
    assert anonymous.get(url, headers={"Range": "bytes=0-126"}).status_code == 404


def test_another_version_is_not_found(anonymous: httpx.Client) -> None:
    assert anonymous.get("/api/basemap/0123456789abcdef.pmtiles").status_code == 404
