"""Streets of a city from a GeoJSON file: lines that the map draws in grey."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError, first_problem
from portal.basemap.schemas import Line, Street
from portal.basemap.zone_roads import DECIMALS

MAX_POINTS = 50_000
"""Most points of all streets: about 0.5 MB on the way to each browser. [assumption]"""

DEFAULT_WIDTH_M = 7.0
"""Width of a street whose feature has no `width_m`: one lane each way. [assumption]"""

_REMEDY = "give a GeoJSON FeatureCollection with lines in WGS84 degrees, longitude first"
"""Remedy of every error."""

_Coordinates = Annotated[list[float], Field(min_length=2)]
"""Longitude and latitude, and perhaps a height."""


class _Geometry(BaseModel):
    """Geometry of a feature. Points and polygons are no streets, and are left out."""

    model_config = ConfigDict(allow_inf_nan=False)

    type: str
    coordinates: list[Any] = []


class _Properties(BaseModel):
    width_m: Annotated[float, Field(ge=1, le=100)] | None = None


class _Feature(BaseModel):
    """A feature. Properties are read of lines only: those of others may have any meaning."""

    geometry: _Geometry | None = None
    properties: Any = None


class _Collection(BaseModel):
    type: Literal["FeatureCollection"]
    features: list[_Feature]


class _Line(BaseModel):
    """Coordinates of one line."""

    model_config = ConfigDict(allow_inf_nan=False)

    line: Annotated[list[_Coordinates], Field(min_length=2)]


def read_streets(path: Path) -> tuple[Street, ...]:
    """Read the LineStrings and MultiLineStrings of `path`. Raises UserError with one line and the remedy."""
    text = read_text(path, expected="the path of a GeoJSON file")
    try:
        streets = tuple(_streets(_Collection.model_validate(parse_json(text))))
    except ValidationError as error:
        raise UserError(f"{path}: no streets ({first_problem(error)}); {_REMEDY}") from error
    except ValueError as error:
        raise UserError(f"{path}: no streets ({error}); {_REMEDY}") from error
    points = sum(len(street.line) for street in streets)
    if points > MAX_POINTS:
        raise UserError(f"{path}: {points} points, more than {MAX_POINTS}; keep the main streets, or simplify them")
    return streets


def _streets(collection: _Collection) -> Iterator[Street]:
    for feature in collection.features:
        lines = _lines(feature.geometry)
        if lines:
            width_m = _Properties.model_validate(feature.properties or {}).width_m
            for line in lines:
                yield Street(line=_line(line), width_m=DEFAULT_WIDTH_M if width_m is None else width_m)


def _lines(geometry: _Geometry | None) -> list[Any]:
    """The lines of a geometry that are not empty [source: RFC 7946, section 3.1: an empty array is no geometry]."""
    if geometry is None or geometry.type not in ("LineString", "MultiLineString"):
        return []
    lines = geometry.coordinates if geometry.type == "MultiLineString" else [geometry.coordinates]
    return [line for line in lines if line != []]


def _line(raw: Any) -> Line:
    line = tuple((round(at[1], DECIMALS), round(at[0], DECIMALS)) for at in _Line(line=raw).line)
    for lat, lon in line:
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValueError(f"{lon:g}, {lat:g} is no longitude and latitude")
    return line
