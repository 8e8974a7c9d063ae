"""Streets of a GeoJSON file, also of files that are none."""

import json
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import ConnectionPool
from structlog.testing import capture_logs

from pipelines.config.settings import Config
from pipelines.errors import UserError
from portal.app import create_app
from portal.basemap.street_lines import DEFAULT_WIDTH_M, MAX_POINTS, read_streets


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def written(folder: Path, *features: Any) -> Path:
    path = folder / "streets.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_lines_are_read_and_points_and_areas_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature("LineString", [[104.05, 1.13], [104.06, 1.14, 12.0]], width_m=14, name="Jalan"),
        feature("MultiLineString", [[[104.0, 1.0], [104.1, 1.0]], [[104.0, 1.1], [104.1, 1.1]]]),
        feature("Point", [104.05, 1.13]),
        feature("Polygon", [[[104.0, 1.0], [104.1, 1.0], [104.0, 1.1], [104.0, 1.0]]]),
        {"type": "Feature", "properties": None, "geometry": None},
    )
    streets = read_streets(path)
    assert [street.width_m for street in streets] == [14, DEFAULT_WIDTH_M, DEFAULT_WIDTH_M]
    assert streets[0].line == ((1.13, 104.05), (1.14, 104.06))


def test_exports_with_empty_lines_and_columns_without_a_value_are_read(tmp_path: Path) -> None:
    line = [[104.05, 1.13], [104.06, 1.14]]
    path = written(
        tmp_path,
        feature("LineString", line, width_m=None),
        feature("LineString", []),
        feature("LineString", [], width_m="unknown"),
        feature("MultiLineString", [[], line]),
        feature("MultiLineString", []),
        feature("Polygon", [[[104.0, 1.0], [104.1, 1.0], [104.0, 1.1], [104.0, 1.0]]], width_m="wide"),
        feature("Point", [104.05, 1.13], width_m=0),
        {"type": "Feature", "properties": [], "geometry": {"type": "GeometryCollection", "geometries": []}},
    )
    streets = read_streets(path)
    assert [street.width_m for street in streets] == [DEFAULT_WIDTH_M, DEFAULT_WIDTH_M]
    assert {street.line for street in streets} == {((1.13, 104.05), (1.14, 104.06))}


@pytest.mark.parametrize("width_m", [0, 101, "wide", [7]])
def test_a_street_of_no_width_is_refused(tmp_path: Path, width_m: Any) -> None:
    with pytest.raises(UserError, match="width_m"):
        read_streets(written(tmp_path, feature("LineString", [[104.05, 1.13], [104.06, 1.14]], width_m=width_m)))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the file is empty"),
        ("<kml/>", "no streets"),
        ("[]", "expected an object"),
        ('{"type": "Topology", "objects": {}}', "FeatureCollection"),
        (json.dumps(feature("LineString", [[104, 1], [105, 1]])), "FeatureCollection"),
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "streets.geojson"
    path.write_text(content)
    with pytest.raises(UserError, match=problem) as error:
        read_streets(path)
    assert "\n" not in str(error.value)
    assert "longitude first" in str(error.value)


@pytest.mark.parametrize(
    "coordinates",
    [[[1.13, 104.05], [1.14, 104.05]], [[391_000.0, 124_800.0], [391_100.0, 124_800.0]], [[104.05, 1.13]], [[104.05]]],
    ids=["latitude first", "UTM metres", "one point", "no latitude"],
)
def test_coordinates_that_are_no_line_in_degrees_are_refused(tmp_path: Path, coordinates: Any) -> None:
    with pytest.raises(UserError, match="longitude first"):
        read_streets(written(tmp_path, feature("LineString", coordinates)))


def test_too_many_points_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="main streets"):
        read_streets(written(tmp_path, feature("LineString", [[104.05, 1.13]] * (MAX_POINTS + 1))))


def test_a_missing_file_is_one_line_in_the_log_and_the_portal_starts(config: Config, tmp_path: Path) -> None:
    portal = config.portal.model_copy(update={"streets": tmp_path / "gone.geojson"})
    with capture_logs() as logs, ConnectionPool(open=False) as pool:
        create_app(config.model_copy(update={"portal": portal}), pool)
    (line,) = [entry for entry in logs if entry.get("setting") == "portal.streets"]
    assert "gone.geojson: No such file" in line["problem"]
