"""`simpang basemap`: one PMTiles file of an extract, and one line for a file that is none."""

import gzip
import json
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from click.testing import CliRunner, Result
from pmtiles.reader import MemorySource, Reader
from shapely.geometry import shape

from analytics.camera import Position
from pipelines.commands.basemap import basemap
from pipelines.errors import UserError
from portal.basemap.tile_archive import read_archive
from portal.basemap.tile_position import tile_of
from tests.support.osm_extract import BOX, COAST, COAST_LON, ISLET, LAKE, ROAD, write_extract


def make(extract: Path, target: Path) -> None:
    result = CliRunner().invoke(basemap, [str(extract), str(target)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "portal.basemap" in result.output
    assert "#" not in result.output, "the statistics of the library are not printed"


@pytest.fixture(scope="module", params=["batam.osm.pbf", "batam.osm"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    folder = tmp_path_factory.mktemp("basemap")
    write_extract(folder / request.param)
    make(folder / request.param, folder / "out.pmtiles")
    return Reader(MemorySource((folder / "out.pmtiles").read_bytes()))


def tile(reader: Reader, place: tuple[float, float], zoom: int = 14) -> dict:
    """Layers of the tile that contains a place, longitude first."""
    content = reader.get(zoom, *tile_of(Position(lat=place[1], lon=place[0]), zoom))
    return {} if content is None else mapbox_vector_tile.decode(gzip.decompress(content))


def kinds(reader: Reader, place: tuple[float, float], layer: str, zoom: int = 14) -> set[str]:
    return {feature["properties"]["kind"] for feature in tile(reader, place, zoom).get(layer, {}).get("features", [])}


def test_land_and_sea_are_where_the_coast_has_them(reader: Reader) -> None:
    inland, offshore = (104.005, 1.145), (COAST_LON + 0.03, 1.06)
    assert (kinds(reader, inland, "earth"), kinds(reader, inland, "water")) == ({"earth"}, set())
    assert (kinds(reader, offshore, "earth"), kinds(reader, offshore, "water")) == (set(), {"ocean"})
    assert kinds(reader, ISLET, "earth") == {"earth"}


def test_roads_places_and_areas_have_their_kind_and_name(reader: Reader) -> None:
    roads = [f for f in tile(reader, ROAD[1])["roads"]["features"] if f["properties"]["kind"] == "major_road"]
    (road,) = roads
    assert road["properties"] == {"kind": "major_road", "name": "Jalan Contoh", "min_zoom": 8}
    assert "minor_road" in kinds(reader, (104.02, 1.12), "roads")
    assert kinds(reader, (104.04, 1.13), "landuse") == {"park"}
    assert "river" in kinds(reader, (104.02, 1.07), "water")
    names = {f["properties"].get("name") for f in tile(reader, (104.03, 1.11), 6)["places"]["features"]}
    assert names == {"Batam"}, "a place without a name is not drawn"


def test_a_lake_has_its_island(reader: Reader) -> None:
    lakes = [f for f in tile(reader, LAKE)["water"]["features"] if f["properties"]["kind"] == "water"]
    assert [len(polygon.interiors) for lake in lakes for polygon in shapely.get_parts(shape(lake["geometry"]))] == [1]


def test_small_roads_are_left_out_of_low_zooms(reader: Reader) -> None:
    assert "minor_road" not in kinds(reader, ROAD[1], "roads", 10)
    assert "major_road" in kinds(reader, ROAD[1], "roads", 10)


def test_the_header_states_bounds_zooms_and_attribution(reader: Reader) -> None:
    header = reader.header()
    bounds = [header[name] / 1e7 for name in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")]
    assert bounds == pytest.approx(BOX)
    assert header["max_zoom"] == 14
    assert "OpenStreetMap" in json.dumps(reader.metadata(), ensure_ascii=False)


def test_an_extract_without_a_box_has_the_bounds_of_its_content(tmp_path: Path) -> None:
    write_extract(tmp_path / "batam.osm.pbf", with_box=False)
    make(tmp_path / "batam.osm.pbf", tmp_path / "out.pmtiles")
    archive = read_archive(tmp_path / "out.pmtiles")
    assert archive.contains(Position(lat=1.1, lon=104.03))
    assert "OpenStreetMap" in archive.attribution


INSIDE = ((104.065, 1.07), (104.075, 1.13))
"""A diagonal coast that ends inside the content of the extract."""


def run(*arguments: Path) -> Result:
    return CliRunner().invoke(basemap, [str(each) for each in arguments], catch_exceptions=False, standalone_mode=False)


def test_an_extract_without_a_box_whose_coast_ends_inside_is_refused_with_the_remedy(tmp_path: Path) -> None:
    write_extract(tmp_path / "batam.osm.pbf", with_box=False, coast=INSIDE)
    with pytest.raises(UserError, match="osmium extract --set-bounds"):
        run(tmp_path / "batam.osm.pbf", tmp_path / "out.pmtiles")
    assert not (tmp_path / "out.pmtiles").exists()


@pytest.mark.parametrize(("coast", "warned"), [(COAST, False), (((104.05, 1.0), (104.07, 1.2)), False), (INSIDE, True)])
def test_a_coast_that_ends_inside_a_stated_box_is_a_warning(tmp_path: Path, coast: Any, warned: bool) -> None:
    write_extract(tmp_path / "batam.osm.pbf", coast=coast)
    result = run(tmp_path / "batam.osm.pbf", tmp_path / "out.pmtiles")
    assert ("ends inside its box" in result.stderr) is warned
    assert read_archive(tmp_path / "out.pmtiles").contains(Position(lat=1.1, lon=104.03))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("batam.osm.pbf", b"no extract at all", "no OpenStreetMap extract"),
        ("batam.osm.pbf", b"", "no OpenStreetMap extract|no road"),
        ("batam.zip", b"PK\x03\x04", "no OpenStreetMap extract"),
        ("batam.osm", b"<osm version='0.6'></osm>", "no road, water or place"),
        ("batam.osm", b"<gpx></gpx>", "no OpenStreetMap extract"),
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=problem) as error:
        run(tmp_path / name, tmp_path / "out.pmtiles")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.pmtiles").exists()


@pytest.mark.parametrize("with_box", [True, False])
def test_an_extract_of_a_continent_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_box: bool) -> None:
    monkeypatch.setattr("pipelines.basemap.tile_cutter.MAX_TILES", 10)
    write_extract(tmp_path / "batam.osm.pbf", with_box=with_box)
    with pytest.raises(UserError, match="cut the city out"):
        run(tmp_path / "batam.osm.pbf", tmp_path / "out.pmtiles")


def test_a_stated_box_is_checked_before_the_content_is_read(tmp_path: Path) -> None:
    world = "<bounds minlat='-85' minlon='-180' maxlat='85' maxlon='180'/>"
    broken = "<node id='1' lat='none' lon='none'>" * 2
    (tmp_path / "world.osm").write_text(f"<osm version='0.6'>{world}{broken}")
    with pytest.raises(UserError, match=r"covers 26\d{7} tiles"):
        run(tmp_path / "world.osm", tmp_path / "out.pmtiles")
