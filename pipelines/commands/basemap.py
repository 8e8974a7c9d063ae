"""`simpang basemap`: a map of the city for the portal, from an extract of OpenStreetMap."""

from pathlib import Path

import click

from pipelines.commands.output_path import require_folder
from pipelines.commands.stage_progress import stage_progress
from pipelines.errors import UserError

MB = 1_000_000
"""Bytes of a megabyte."""


@click.command()
@click.argument("extract", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
def basemap(extract: Path, target: Path) -> None:
    """Make the map OUT, one PMTiles file, of the city in EXTRACT, a file of OpenStreetMap such as batam.osm.pbf.

    The portal serves it if `portal.basemap` of the configuration names it. Needs the extra `basemap`.
    """
    require_folder(target)
    if not extract.is_file():
        raise UserError(f"{extract}: no such file; give an extract of OpenStreetMap such as batam.osm.pbf")
    try:
        from pipelines.basemap.basemap_file import make_basemap  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        raise UserError(f"{error.name} is not installed; install simpang[basemap]") from error
    with stage_progress() as progress:
        made = make_basemap(extract, target, lambda tiles: progress("tiles", tiles, 0))
    if not made.has_whole_coast:
        click.echo(
            f"Warning: a coastline of {extract} ends inside its box, and land and sea beside it are not parted; check "
            "the map, or cut the extract again by a box.",
            err=True,
        )
    west, south, east, north = made.box
    click.echo(
        f"{target}: {target.stat().st_size / MB:.1f} MB, {south:.3f} to {north:.3f} degrees north, {west:.3f} to "
        f"{east:.3f} degrees east. Name it in the configuration as portal.basemap."
    )
