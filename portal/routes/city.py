"""What a page needs to know before it draws the map."""

from fastapi import APIRouter
from pydantic import BaseModel

from analytics.facts import ROAD_USERS
from portal.schemas import City
from portal.services import TheServices

router = APIRouter()


class Healthy(BaseModel):
    status: str


@router.get("/api/city", tags=["city"])
def city(services: TheServices) -> City:
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
    )


@router.get("/healthz", tags=["city"])
def healthz() -> Healthy:
    """The portal answers. It says nothing of the database, without which the portal goes on."""
    return Healthy(status="ok")
