"""Route of the true events of a simulated city."""

from fastapi import APIRouter

from portal.auth.permissions import CurrentScope
from portal.auth.route_rules import VISIBLE_CAMERAS
from portal.dependencies import LiveDep
from portal.simulation.schemas import Narration

router = APIRouter()


@router.get("/api/narration", tags=["city"], dependencies=[VISIBLE_CAMERAS])
def narration(live: LiveDep, scope: CurrentScope) -> Narration:
    """Events that really happened in a simulated city. New ones follow in the stream as events named `narration`."""
    return Narration(events=live.narration.events(scope))
