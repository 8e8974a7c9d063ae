"""Live updates of cameras and incidents, by server-sent events."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from fastapi import APIRouter, HTTPException, Request, Response, status
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from portal.auth.permissions import CurrentSession, has_role, scope_of
from portal.auth.route_rules import VISIBLE_CAMERAS
from portal.auth.sessions import UserSession
from portal.dependencies import Live, LiveDep, ServicesDep
from portal.live.broadcaster import ViewerScope
from portal.schemas import Problem

RECONNECT_MS = 3000
"""Milliseconds after which a browser reconnects a lost stream. [assumption]"""
KEEP_ALIVE_S = 15.0
"""Longest silence of a stream, s: shorter than the timeouts of proxies. [source: nginx proxy_read_timeout, 60 s]"""
CHECK_SESSION_S = 10.0
"""Seconds between two checks of the session, which may have expired, been ended or been given other rights.
[assumption]"""
MAX_STREAMS = 4000
"""Most open streams; further clients without a session load the list instead. [measured: docs/adr/0189]"""

_BEGINNING = format_sse_event(comment="simpang", retry=RECONNECT_MS)
"""First bytes of a stream."""
_KEEP_ALIVE = b": keep-alive\n\n"
"""Comment of a stream without news. [source: WHATWG HTML, server-sent events]"""

router = APIRouter(prefix="/api/stream", tags=["stream"])


class EventStream(Response):
    """Answer that goes on until the client leaves, or its session or the portal ends.

    has_session: whether the session and its rights are still those of the beginning; None without a session.
    A client that does not read waits alone: meanwhile its messages replace each other (`Subscription`).
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        live: Live,
        viewer: ViewerScope,
        has_session: Callable[[], bool] | None = None,
        status_code: int = status.HTTP_200_OK,
    ) -> None:
        # `no-transform` and X-Accel-Buffering keep proxies from collecting the events.
        super().__init__(
            None, status_code, headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
        )
        del self.headers["content-length"]
        self._live = live
        self._viewer = viewer
        self._has_session = has_session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._live.broadcaster.subscribe(self._viewer) as subscription:
            leaving = asyncio.create_task(_disconnected(receive))
            leaving.add_done_callback(lambda _: subscription.close())
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                snapshot = self._live.state_updater.current_snapshot(datetime.now(UTC))
                content = _BEGINNING + snapshot.first_events(self._viewer)
                checked_at = monotonic()
                while True:
                    await send({"type": "http.response.body", "body": content, "more_body": True})
                    updates = await subscription.take(KEEP_ALIVE_S)
                    if updates is None:
                        break
                    if self._has_session is not None and monotonic() - checked_at >= CHECK_SESSION_S:
                        if not await run_in_threadpool(self._has_session):
                            break
                        checked_at = monotonic()
                    content = b"".join(update.as_bytes() for update in updates) or _KEEP_ALIVE
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                leaving.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get("", response_class=EventStream, responses={429: {"model": Problem}}, dependencies=[VISIBLE_CAMERAS])
async def stream(live: LiveDep, session: CurrentSession, services: ServicesDep, request: Request) -> Response:
    """Live updates. Events `camera` carry a CameraState: first of every visible camera, then of each that changes.

    Events `incident` carry an Incident that was raised, changed or ended; for police and operators. Events `narration`
    come in a simulated city. Events `clock` carry the time up to which the states are current, at least every 10
    seconds: without them the states are out of date. A comment every 15 seconds keeps the connection open. A slow
    client receives the latest state of each camera and incident, not every step. 429: as many streams are open as this
    portal serves; read `/api/cameras` every few seconds instead.
    """
    user = session.user if session else None
    if user is None and live.broadcaster.clients >= MAX_STREAMS:
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "Too many streams are open; load /api/cameras instead.")
    scope = ViewerScope(
        cameras=scope_of(user),
        incidents=has_role(user, "police"),
        operator=has_role(user, "operator"),
        session_id=session.id if session else None,
    )
    if session is None:
        return EventStream(live, scope)
    cookie = request.cookies.get(services.sessions.cookie)
    return EventStream(live, scope, lambda: _is_same(session, services.sessions.read(cookie, time.time())))


def _is_same(session: UserSession, now: UserSession | None) -> bool:
    return now is not None and (now.id, now.user) == (session.id, session.user)
