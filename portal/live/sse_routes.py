"""Live updates of cameras and incidents, by server-sent events."""

from collections.abc import AsyncIterable
from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from portal.auth.permissions import CurrentSession, has_role
from portal.dependencies import LiveDep, ServicesDep
from portal.live.broadcaster import ViewerScope
from portal.live.camera_state import camera_state
from portal.live.state_updater import camera_message, clock_message

RECONNECT_MS = 3000
"""Milliseconds after which a browser reconnects a lost stream. [assumption]"""

router = APIRouter(prefix="/api/stream", tags=["stream"])


@router.get("", response_class=EventSourceResponse)
async def stream(services: ServicesDep, live: LiveDep, session: CurrentSession) -> AsyncIterable[ServerSentEvent]:
    """Live updates. Events `camera` carry a CameraState: first of every visible camera, then of each that changes.

    Events `incident` carry an Incident that was raised, changed or ended; for police and operators. Events `narration`
    come in a simulated city. Events `clock` carry the time up to which the states are current, at least every 10
    seconds: without them the states are out of date. A comment every 15 seconds keeps the connection open. A slow
    client receives the latest state of each camera and incident, not every step.
    """
    user = session.user if session else None
    scope = ViewerScope(
        signed_in=user is not None,
        incidents=has_role(user, "police"),
        operator=has_role(user, "operator"),
        session_id=session.id if session else None,
    )
    with live.broadcaster.subscribe(scope) as subscription:
        now = datetime.now(UTC)
        visible = services.catalogue.visible(signed_in=scope.signed_in)
        subscription.put(
            camera_message(entry, camera_state(entry, live.state_updater.reports, now)) for entry in visible
        )
        subscription.put([clock_message(now)])
        yield ServerSentEvent(comment="simpang", retry=RECONNECT_MS)
        async for update in subscription:
            yield update.as_event()
