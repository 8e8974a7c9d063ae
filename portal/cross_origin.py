"""Protection against requests that a page of another site makes with the session of a user (CSRF).

Browsers state the site of each request that changes something in `Sec-Fetch-Site`, and its page in `Origin`. Other
clients send neither, and have no session that a page could use. [source: Fetch Metadata; the method is that of
CrossOriginProtection in Go 1.25]
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing. [source: RFC 9110, section 9.2.1]"""


class CrossOriginProtection:
    """ASGI middleware that refuses all other methods to pages of other sites. public_url: address of the portal."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or self._is_own(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        address = self._public_url or "the address that users open"
        detail = (
            "This request comes from a page of another site. Open the portal at its own address; behind a reverse"
            f" proxy, let it pass the header Host on, and set portal.public_url to {address}."
        )
        await JSONResponse({"detail": detail}, status_code=403)(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        """Whether a request comes from a page of the portal, or from a client that is no browser."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site in ("same-origin", "none")
        return origin is None or self._is_own_origin(origin.lower(), headers)

    def _is_own_origin(self, origin: str, headers: Headers) -> bool:
        if self._public_url is not None and origin == _origin_of(self._public_url):
            return True
        # Pages of other sites cannot set either header.
        hosts = {headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()}
        return origin.partition("://")[2] in hosts - {""}


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()
