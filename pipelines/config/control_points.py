"""Control points of a camera: reading them, fitting a calibration to them, and saving both in its `camera.json`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from analytics.camera import Position
from analytics.facts import GroundPoint
from analytics.geometry.calibration import Calibration, calibrate
from analytics.geometry.geodesy import LocalFrame
from models.text.csv_rows import read_csv, with_decimal_points
from pipelines.atomic_file import write_atomically
from pipelines.config.geometry_file import AnchorEntry, CameraGeometry, Point
from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError, first_problem

_CSV_COLUMNS = "u,v,x,y (metres) or u,v,lat,lon (WGS84)"
"""Headings of a CSV file, for messages."""


class ControlPointEntry(BaseModel):
    """A pixel and its place on the ground: `ground` in metres, or `lat` and `lon` in degrees (WGS84)."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    pixel: Point
    ground: Point | None = None
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        on_map = self.lat is not None and self.lon is not None
        if on_map == (self.ground is not None) or (self.lat is None) != (self.lon is None):
            raise ValueError("give either ground [x, y] in metres, or lat and lon")
        return self


@dataclass(frozen=True, slots=True)
class CalibratedPlaces:
    """A calibration with its points. anchor: WGS84 of the ground coordinates (0, 0), None where unknown."""

    pixels: tuple[Point, ...]
    ground: tuple[GroundPoint, ...]
    anchor: Position | None
    calibration: Calibration

    def as_json(self) -> dict[str, Any]:
        found = self.calibration
        rows = zip(self.pixels, self.ground, found.errors_m, found.errors_px, found.fits, strict=True)
        return {
            "points": [
                {
                    "pixel": list(pixel),
                    "ground": [round(metres, 3) for metres in ground],
                    "error_m": _finite(error_m, 3),
                    "error_px": _finite(error_px, 2),
                    "fits": bool(fits),
                }
                for pixel, ground, error_m, error_px, fits in rows
            ],
            "rms_m": round(found.rms_m, 4),
            "rms_px": round(found.rms_px, 3),
            "is_checked": found.is_checked,
            "anchor": None if self.anchor is None else {"lat": self.anchor.lat, "lon": self.anchor.lon},
            "pixel_to_ground": found.homography.matrix.tolist(),
        }


def _finite(value: float, digits: int) -> float | None:
    """Round `value`; return None for a point beyond the horizon, whose error is infinite."""
    return round(float(value), digits) if value < float("inf") else None


def calibrate_places(
    places: Sequence[ControlPointEntry],
    *,
    image_size: tuple[int, int],
    anchor: Position | None = None,
    within_px: float,
    within_m: float,
) -> CalibratedPlaces:
    """Fit a homography to `places`.

    anchor: WGS84 of the ground coordinates (0, 0); by default the first place that has lat and lon.
    Raises UserError for places that determine no homography, and for a mix of metres and WGS84 without an anchor.
    """
    if not places:
        raise UserError("there are no control points; give four or more with --points")
    on_map = [(place.lat, place.lon) for place in places if place.lat is not None and place.lon is not None]
    if on_map and anchor is None:
        if len(on_map) < len(places):
            raise UserError(
                "some points are in metres, some in lat, lon: give the anchor, the lat, lon of (0, 0) metres"
            )
        anchor = Position(lat=on_map[0][0], lon=on_map[0][1])
    ground = tuple(_ground(place, anchor) for place in places)
    pixels = tuple(place.pixel for place in places)
    try:
        found = calibrate(pixels, ground, image_size=image_size, within_px=within_px, within_m=within_m)
    except ValueError as error:
        raise UserError(f"control points: {error}") from error
    return CalibratedPlaces(pixels, ground, anchor, found)


def _ground(place: ControlPointEntry, anchor: Position | None) -> GroundPoint:
    if place.ground is not None:
        return place.ground
    assert anchor is not None and place.lat is not None and place.lon is not None
    x, y = LocalFrame(anchor).to_ground([(place.lat, place.lon)])[0]
    return float(x), float(y)


def read_places(path: Path) -> list[ControlPointEntry]:
    """Read control points from CSV (u,v,x,y or u,v,lat,lon) or JSON (a list, or an object with `control_points`).

    A CSV file of a spreadsheet may have semicolons between the cells, and decimal commas then.
    Raises UserError with one line that names file and point.
    """
    text = read_text(path, expected="the path of a .csv or .json with points")
    try:
        is_json = path.suffix.lower() == ".json" or text.lstrip()[:1] in ("", "[", "{")
        rows = parse_json(text) if is_json else _csv_rows(text)
    except ValueError as error:
        raise UserError(f"{path}: {error}; give JSON, or CSV with a heading {_CSV_COLUMNS}") from error
    if isinstance(rows, dict):
        rows = rows.get("control_points")
    if not isinstance(rows, list):
        raise UserError(f"{path}: no list of points; give JSON, or CSV with a heading {_CSV_COLUMNS}")
    try:
        return TypeAdapter(list[ControlPointEntry]).validate_python(rows)
    except ValidationError as error:
        raise UserError(f"{path}: point {first_problem(error)}") from error


def _csv_rows(text: str) -> list[dict[str, Any]]:
    table = read_csv(text)
    column_of = {column.lower(): column for column in table.columns}
    wanted = ("u", "v", "x", "y") if "x" in column_of else ("u", "v", "lat", "lon")
    for name in wanted:
        if name not in column_of:
            raise ValueError(f"column {name!r} is missing")
    cells = iter(with_decimal_points([row.cells[column_of[name]] for row in table.rows for name in wanted]))
    rows = []
    for u, v, first, second in zip(*[cells] * 4, strict=True):
        place = {"ground": (first, second)} if "x" in column_of else {"lat": first, "lon": second}
        rows.append({"pixel": (u, v), **place})
    return rows


def places_of(geometry: CameraGeometry) -> list[ControlPointEntry]:
    """Return the control points that the camera file already has."""
    return [ControlPointEntry(pixel=point.pixel, ground=point.ground) for point in geometry.control_points]


def save(path: Path, found: CalibratedPlaces) -> None:
    """Write the points that fit to `control_points` of the camera file, and the others to `calibration.left_out`.

    The file is replaced atomically. Raises UserError where it cannot be written.
    """
    content = parse_json(read_text(path, expected="the path of a camera.json"))
    fitted = found.as_json()
    points = [{"pixel": row["pixel"], "ground": row["ground"], "fits": row["fits"]} for row in fitted["points"]]
    content["control_points"] = [{"pixel": p["pixel"], "ground": p["ground"]} for p in points if p["fits"]]
    content["calibration"] = {
        "rms_m": fitted["rms_m"],
        "rms_px": fitted["rms_px"],
        "left_out": [{"pixel": p["pixel"], "ground": p["ground"]} for p in points if not p["fits"]],
    }
    if fitted["anchor"] is not None:
        content["anchor"] = fitted["anchor"]
    try:
        write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; give a camera file that can be written") from error


def parse_anchor(text: str) -> Position:
    """Parse `lat,lon` in degrees. Raises UserError.

    >>> parse_anchor("1.13,104.05")
    Position(lat=1.13, lon=104.05)
    """
    try:
        lat, lon = (float(number) for number in text.split(","))
        return Position(lat=lat, lon=lon)
    except ValueError as error:
        raise UserError(f"--anchor {text}: expected lat,lon in degrees, such as 1.13,104.05") from error


def anchor_of(geometry: CameraGeometry) -> Position | None:
    """Return the WGS84 position of the ground coordinates (0, 0), None where the file has none."""
    anchor: AnchorEntry | None = geometry.anchor
    return None if anchor is None else Position(lat=anchor.lat, lon=anchor.lon)
