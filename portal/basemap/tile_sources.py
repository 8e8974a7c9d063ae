"""Background of the map by configuration: a file of tiles, or a tile server.

What cannot be used is one line in the log.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import httpx
import structlog

from analytics.camera import Position
from pipelines.addresses.mask import without_credentials
from pipelines.config.settings import Config
from pipelines.errors import UserError
from portal.basemap.tile_archive import TileArchive, check_place, read_archive
from portal.basemap.tile_position import tile_of

log = structlog.get_logger(__name__)

TIMEOUT_S = 10.0
"""Seconds in which a tile server must answer. [assumption]"""
_INSTEAD = "the map shows coastlines in its place"
"""Consequence of every problem."""


def open_archive(path: Path | None, cameras: Sequence[Position]) -> TileArchive | None:
    """The file of tiles at `path`; None without one, and for one that cannot be used. cameras: their positions."""
    if path is None:
        return None
    try:
        archive = read_archive(path)
        check_place(archive, cameras)
    except UserError as error:
        log.warning(f"the basemap cannot be used; {_INSTEAD}", setting="portal.basemap", problem=str(error))
        return None
    return archive


def check_tile_server_soon(config: Config) -> None:
    """Start `check_tile_server` in a thread, where a tile server on another host is configured."""
    template = config.portal.tiles
    if template is not None and template.startswith(("http://", "https://")):
        place = (template, config.city.centre, config.city.zoom)
        Thread(target=check_tile_server, args=place, name="portal-tile-server", daemon=True).start()


def check_tile_server(template: str, centre: Position, zoom: int) -> None:
    """Request the tile of `centre`, and log where the server does not send it."""
    x, y = tile_of(centre, zoom)
    values = {"{z}": zoom, "{x}": x, "{y}": y, "{-y}": 2**zoom - 1 - y, "{s}": "a", "{r}": ""}
    address = template
    for name, value in values.items():
        address = address.replace(name, str(value))
    try:
        answer = httpx.get(address, timeout=TIMEOUT_S, follow_redirects=True)
        problem = "" if answer.status_code < 400 else f"status {answer.status_code}"
    # ValueError: a host that cannot be encoded, or a redirect to one.
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        problem = str(error) or type(error).__name__
    if problem:
        log.warning(
            f"the tile server sends no tile of the city; {_INSTEAD} until it does; check portal.tiles",
            setting="portal.tiles",
            problem=without_credentials(problem),
        )
