"""`simpang calibrate`: fit a camera to control points in the image and on the ground."""

import json
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from analytics.geometry.calibration import INLIER_M, INLIER_PX
from pipelines.commands.number_range import NumberRange
from pipelines.config.control_points import (
    CalibratedPlaces,
    anchor_of,
    calibrate_places,
    parse_anchor,
    places_of,
    read_places,
    save,
)
from pipelines.config.geometry_file import read_geometry
from pipelines.errors import UserError
from pipelines.recordings.count_report import write_report


@click.command()
@click.argument("camera_file", metavar="CAMERA.json", type=click.Path(path_type=Path))
@click.option("--points", type=click.Path(path_type=Path), help="CSV or JSON; else those of CAMERA.json are checked.")
@click.option("--anchor", metavar="LAT,LON", help="WGS84 of (0, 0) metres; else of the first point.")
@click.option("--within-px", default=INLIER_PX, show_default=True, type=NumberRange(0.1), help="A point fits...")
@click.option("--within-m", default=INLIER_M, show_default=True, type=NumberRange(0.01), help="... within either.")
@click.option("--write", is_flag=True, help="Write the points that fit to CAMERA.json.")
@click.option("--json", "json_path", metavar="OUT", help="Write the result here; - is standard output.")
def calibrate(
    *,
    camera_file: Path,
    points: Path | None,
    anchor: str | None,
    within_px: float,
    within_m: float,
    write: bool,
    json_path: str | None,
) -> None:
    """Fit the homography of a camera to control points, and print the error at each.

    Points are pixels with metres on the ground (u,v,x,y) or with WGS84 (u,v,lat,lon), x to the right of y as seen from
    above. Outliers are left out and marked.
    """
    geometry = read_geometry(camera_file)
    if geometry.image_size is None:
        raise UserError(f"{camera_file}: key image_size is missing; add [width, height] of the frame of the pixels")
    places = places_of(geometry) if points is None else read_places(points)
    found = calibrate_places(
        places,
        image_size=geometry.image_size,
        anchor=parse_anchor(anchor) if anchor else anchor_of(geometry),
        within_px=within_px,
        within_m=within_m,
    )
    if write:
        save(camera_file, found)
    if json_path is not None:
        write_report(found.as_json(), json_path)
    if json_path != "-":
        show(found, Console())


def show(found: CalibratedPlaces, console: Console) -> None:
    """Print a table of the points with their errors."""
    fitted = found.as_json()
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("point", "u", "v", "x m", "y m", "error m", "error px"):
        table.add_column(heading, justify="right")
    table.add_column("fits")
    for number, row in enumerate(fitted["points"], start=1):
        place = [f"{value:.1f}" for value in row["pixel"]] + [f"{value:.2f}" for value in row["ground"]]
        errors = ["-" if row[key] is None else f"{row[key]:.2f}" for key in ("error_m", "error_px")]
        table.add_row(str(number), *place, *errors, "yes" if row["fits"] else "left out")
    console.print(table)
    console.print(f"RMS over the points that fit: {fitted['rms_m']:.2f} m, {fitted['rms_px']:.1f} px")
    if not fitted["is_checked"]:
        console.print("Four points are always fitted exactly, so these errors have no meaning: add two points or more.")
    if fitted["anchor"] is not None:
        console.print(f"(0, 0) m is at {json.dumps(fitted['anchor'])}")
