"""Routes of the map: roads, and the file of tiles."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse

from portal.auth.permissions import CurrentScope
from portal.auth.route_rules import ALL_CLIENTS, VISIBLE_CAMERAS
from portal.basemap.schemas import RoadMap
from portal.dependencies import ServicesDep

MAX_AGE_S = 300
"""Seconds for which a client keeps the roads: they change with the configuration only. [assumption]"""
TILES_TYPE = "application/vnd.pmtiles"
"""Media type of a PMTiles file. [source: IANA registry of media types]"""
_FOR_EVER = "public, max-age=31536000, immutable"
"""Cache-Control of the file: its address changes with it. [source: RFC 8246]"""

router = APIRouter()


@router.get("/api/roads", tags=["city"], response_model=RoadMap, dependencies=[VISIBLE_CAMERAS])
def roads(request: Request, services: ServicesDep, scope: CurrentScope) -> Response:
    """Roads of the zones on the ground, to be coloured by their levels, and the streets of the city."""
    answer = services.roads.for_scope(scope)
    # Without `Vary`, a shared cache would give the roads of a signed-in user to the public.
    cache_control = f"{'public' if scope is None else 'private'}, max-age={MAX_AGE_S}"
    return answer.respond(request, cache_control, {"Vary": "Cookie"})


@router.get(
    "/api/basemap/{version}.pmtiles",
    tags=["city"],
    response_class=FileResponse,
    dependencies=[ALL_CLIENTS],
    responses={206: {"description": "The bytes of the header `Range`."}, 404: {"description": "Not this version."}},
)
def tiles(version: str, services: ServicesDep) -> FileResponse:
    """The basemap as a PMTiles file, of which clients request ranges of bytes."""
    archive = services.archive
    if archive is None or version != archive.version or not archive.is_unchanged:
        raise HTTPException(404, "There is no such basemap; load the page again.")
    # Ranges are positions in the file itself: it must not be compressed on its way.
    headers = {"Cache-Control": _FOR_EVER, "Content-Encoding": "identity"}
    return FileResponse(archive.path, media_type=TILES_TYPE, headers=headers)
