"""HEAD requests: the headers of GET, without the body. Monitoring and proxies ask with HEAD whether a page is there."""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IS_HEAD = "simpang.is_head"
"""Key of the scope of a request that arrived as HEAD."""


class HeadRequests:
    """ASGI middleware that answers HEAD like GET. The answer ends with its headers, also that of an event stream."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        with anyio.CancelScope() as answering:

            async def send_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    answering.cancel()

            await self._app({**scope, "method": "GET", IS_HEAD: True}, receive, send_headers)
