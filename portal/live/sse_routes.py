"""Changes as they happen, by server-sent events."""

from collections.abc import AsyncIterable
from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from portal.auth.permissions import Visitor, has_role
from portal.dependencies import TheLive, TheServices
from portal.live.broadcaster import Audience
from portal.live.camera_state import camera_state
from portal.live.state_updater import camera_message

RECONNECT_MS = 3000

router = APIRouter(prefix="/api/stream", tags=["stream"])


@router.get("", response_class=EventSourceResponse)
async def stream(services: TheServices, live: TheLive, visitor: Visitor) -> AsyncIterable[ServerSentEvent]:
    """Events `camera` (a CameraState: all of them at first, then each that changes) and, for police and operators,
    `incident` (an Incident when it is raised, changed or over); in a simulated city `narration`, too. A comment every
    15 seconds keeps the line open.

    Who reads slowly gets the latest of each camera and incident, not every step.
    """
    audience = Audience(
        signed_in=visitor is not None,
        incidents=has_role(visitor, "police"),
        operator=has_role(visitor, "operator"),
    )
    with live.hub.subscribe(audience) as mailbox:
        now = datetime.now(UTC)
        visible = services.directory.visible(signed_in=audience.signed_in)
        mailbox.put(camera_message(entry, camera_state(entry, live.watcher.reports, now)) for entry in visible)
        yield ServerSentEvent(comment="simpang", retry=RECONNECT_MS)
        async for event in mailbox:
            yield event
