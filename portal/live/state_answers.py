"""Answers to `/api/cameras` for clients without a session: bytes that are encoded once for each change of the state.

Such a request reaches no route, so that one core answers thousands a second. See docs/adr/0189-state-for-many.md.
"""

from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.public_root import path_below_root

PATH = "/api/cameras"
"""Path of the list."""
SHARED_MAX_AGE_S = 1
"""Seconds for which a proxy may answer with the same list; browsers ask each time. [assumption]"""


class StateAnswers:
    """ASGI middleware. session_cookie: name of the cookie with which a request is passed on to the route."""

    def __init__(self, app: ASGIApp, session_cookie: str) -> None:
        self._app = app
        self._cookie = session_cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or path_below_root(scope) != PATH:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._cookie in headers.get("cookie", ""):
            await self._app(scope, receive, send)
            return
        encoded = scope["app"].state.live.state_updater.current_snapshot(datetime.now(UTC)).public_list()
        answer = [
            (b"cache-control", b"public, max-age=0, s-maxage=%d" % SHARED_MAX_AGE_S),
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
