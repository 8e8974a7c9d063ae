"""Name and settings of the city, and the health check of the portal."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from analytics.camera import Position
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE
from pipelines.config.portal_address import is_vector
from portal.auth.route_rules import ALL_CLIENTS
from portal.basemap.tile_archive import TileArchive
from portal.dependencies import ServicesDep
from portal.public_root import PortalAddress
from portal.schemas import ApiModel

router = APIRouter()


class Basemap(ApiModel):
    """File of vector tiles."""

    url: PortalAddress
    max_zoom: int
    attribution: str


class City(ApiModel):
    """What a page must know before it draws the map."""

    name: str
    timezone: str = Field(description="IANA name; pages show times in this zone.")
    centre: Position
    zoom: int
    tiles: str | None = Field(description="`{z}/{x}/{y}` address of a tile server, null where there is none.")
    tiles_attribution: str
    tiles_are_vector: bool = Field(description="Whether the tile server sends vector tiles, not pictures.")
    basemap: Basemap | None = Field(description="The city's own file of tiles, null without one.")
    classes: tuple[RoadUser, ...]
    controller: str | None = Field(description="Data controller, for the privacy notice; null without one.")
    privacy_contact: str | None = Field(description="Contact for requests about personal data; null without one.")
    evidence_days: float | None = Field(description="Days for which clips of incidents are kept; null where none are.")
    public_url: str | None = Field(description="Public address of the portal, null where none is configured.")
    simulated: bool = Field(description="Whether all of this city is simulated, for a demonstration.")
    whole_frame_zone: str = Field(description="Id of the single zone of a camera without drawn zones: the whole frame.")


class Healthy(BaseModel):
    """Answer of the health check."""

    status: str


@router.get("/api/city", tags=["city"], dependencies=[ALL_CLIENTS])
def city(services: ServicesDep) -> City:
    """Name, time zone, start of the map, and the classes of road users that are counted."""
    place, portal, archive = services.config.city, services.config.portal, services.archive
    return City(
        name=place.name,
        timezone=place.timezone,
        centre=place.centre,
        zoom=place.zoom,
        tiles=portal.tiles,
        tiles_attribution=portal.tiles_attribution,
        tiles_are_vector=portal.tiles is not None and is_vector(portal.tiles),
        basemap=None if archive is None else _basemap(archive),
        classes=ROAD_USERS,
        controller=place.controller,
        privacy_contact=place.privacy_contact,
        evidence_days=services.config.evidence.keep_days if services.config.evidence.enabled else None,
        public_url=portal.public_url,
        simulated=place.simulated,
        whole_frame_zone=WHOLE_FRAME_ZONE,
    )


def _basemap(archive: TileArchive) -> Basemap:
    return Basemap(
        url=f"/api/basemap/{archive.version}.pmtiles", max_zoom=archive.max_zoom, attribution=archive.attribution
    )


@router.get("/healthz", tags=["city"], dependencies=[ALL_CLIENTS])
def healthz() -> Healthy:
    """Health check: the portal answers. It does not test the database, without which the portal goes on."""
    return Healthy(status="ok")
