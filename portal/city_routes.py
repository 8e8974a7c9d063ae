"""What a page needs to know before it draws the map."""

from fastapi import APIRouter
from pydantic import BaseModel

from analytics.road_users import ROAD_USERS
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE
from portal.auth.permissions import CurrentUser
from portal.dependencies import LiveDep, ServicesDep
from portal.schemas import City, Narration

router = APIRouter()


class Healthy(BaseModel):
    status: str


@router.get("/api/city", tags=["city"])
def city(services: ServicesDep) -> City:
    """Name, time zone, where the map begins, and what is counted."""
    place, portal = services.config.city, services.config.portal
    return City(
        name=place.name,
        timezone=place.timezone,
        centre=place.centre,
        zoom=place.zoom,
        tiles=portal.tiles,
        tiles_attribution=portal.tiles_attribution,
        classes=ROAD_USERS,
        simulated=place.simulated,
        whole_frame_zone=WHOLE_FRAME_ZONE,
    )


@router.get("/api/narration", tags=["city"])
def narration(live: LiveDep, user: CurrentUser) -> Narration:
    """What has really happened in a simulated city; new ones come as events `narration` of the stream."""
    return Narration(events=live.narration.events(signed_in=user is not None))


@router.get("/healthz", tags=["city"])
def healthz() -> Healthy:
    """The portal answers. It says nothing of the database, without which the portal goes on."""
    return Healthy(status="ok")
