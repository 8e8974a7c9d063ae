"""Route of the true events of a simulated city."""

from fastapi import APIRouter

from portal.auth.permissions import CurrentUser
from portal.dependencies import LiveDep
from portal.simulation.schemas import Narration

router = APIRouter()


@router.get("/api/narration", tags=["city"])
def narration(live: LiveDep, user: CurrentUser) -> Narration:
    """Events that really happened in a simulated city. New ones follow in the stream as events named `narration`."""
    return Narration(events=live.narration.events(signed_in=user is not None))
