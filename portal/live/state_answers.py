"""Answers to `/api/cameras` for clients without a session: bytes that are encoded once for each change of the state.

Such a request reaches no route, so that one core answers thousands a second. See docs/adr/0189-state-for-many.md.
"""

from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.auth.sessions import Sessions
from portal.public_root import path_below_root

PATH = "/api/cameras"
"""Path of the list."""
SHARED_MAX_AGE_S = 1
"""Seconds for which a proxy may answer with the same list; browsers ask each time. [assumption]"""
STALE_MAX_AGE_S = 5
"""Further seconds for which it may answer with that list while it asks for a new one. [assumption]"""
STALE_ON_ERROR_MAX_AGE_S = 8
"""Further seconds for which it may do so while the portal does not answer: a restart takes a few. Pages take a list of
15 s ago for one of a wrong clock. [source: portal/web/src/api/server_clock.ts]"""
CACHING = (
    f"public, max-age=0, s-maxage={SHARED_MAX_AGE_S}, stale-while-revalidate={STALE_MAX_AGE_S}, "
    f"stale-if-error={STALE_ON_ERROR_MAX_AGE_S}"
)
"""`Cache-Control` of the list for clients without a session."""


class StateAnswers:
    """ASGI middleware. Requests with a genuine session cookie are passed on to the route, other cookies are ignored."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or path_below_root(scope) != PATH:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._has_session(headers.get("cookie", "")):
            await self._app(scope, receive, send)
            return
        encoded = scope["app"].state.live.state_updater.current_snapshot(datetime.now(UTC)).public_list()
        answer = [
            (b"cache-control", CACHING.encode()),
            (b"etag", encoded.etag.encode()),
            (b"vary", b"Accept-Encoding, Cookie"),
        ]
        if encoded.etag in headers.get("if-none-match", ""):
            await send({"type": "http.response.start", "status": 304, "headers": answer})
            await send({"type": "http.response.body", "body": b""})
            return
        is_gzipped = "gzip" in headers.get("accept-encoding", "")
        content = encoded.gzipped if is_gzipped else encoded.json
        answer += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        answer += [(b"content-encoding", b"gzip")] if is_gzipped else []
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        await send({"type": "http.response.body", "body": content})

    def _has_session(self, cookies: str) -> bool:
        name = self._sessions.cookie
        return name in cookies and self._sessions.is_genuine(cookie_parser(cookies).get(name))
