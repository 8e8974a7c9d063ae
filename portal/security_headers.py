"""Security headers of every answer: no foreign content, no framing by unnamed sites, no cache of personal data.

Any site may frame the widgets below `/embed/`: they have no action of a session. See docs/adr/0182-widgets.md. Pages of
any site may read the open data below `/api/v1/`: see docs/adr/0179-open-data.md.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.config.portal_address import is_vector
from portal.public_root import path_below_root
from portal.root_script import ROOT_SCRIPT_SOURCE

EMBED_FOLDER = "/embed/"
"""Path below the root of the widgets."""
OPEN_DATA_FOLDER = "/api/v1/"
"""Path below the root of the open data, which pages of every site may read. It is the same for every client."""
_NO_SITE = "'none'"
"""Source that matches no site. [source: Content Security Policy Level 3]"""


def content_security_policy(tiles: str | None, frame_ancestors: Sequence[str] = ()) -> str:
    """Policy that allows the portal itself, the city's tile server, and blobs for pictures and video.

    tiles: address of the tile server, None without one. frame_ancestors: sites that may show the pages in a frame.

    >>> "img-src 'self' data: blob: https://tiles.example.id;" in content_security_policy("https://tiles.example.id/{z}.png")
    True
    """
    server = [_origin(tiles)] if tiles and urlsplit(tiles).netloc else []
    images, data = ["'self'", "data:", "blob:"], ["'self'"]
    (data if tiles and is_vector(tiles) else images).extend(server)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {ROOT_SCRIPT_SOURCE}",
            "style-src 'self'",
            f"img-src {' '.join(images)}",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            f"connect-src {' '.join(data)}",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(frame_ancestors) or _NO_SITE}",
        ]
    )


def _origin(tiles: str) -> str:
    """Scheme and host of an address. `{s}` in the host, for several names of a tile server, becomes a wildcard."""
    parts = urlsplit(tiles)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"


class SecurityHeaders:
    """ASGI middleware that adds the headers."""

    def __init__(self, app: ASGIApp, tiles: str | None, frame_ancestors: Sequence[str]) -> None:
        self._app = app
        self._embed_policy = content_security_policy(tiles, ("*",))
        self._headers = {
            "Content-Security-Policy": content_security_policy(tiles, frame_ancestors),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                path = path_below_root(scope)
                if path.startswith(EMBED_FOLDER):
                    headers["Content-Security-Policy"] = self._embed_policy
                if path.startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                if f"{path}/".startswith(OPEN_DATA_FOLDER):
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers["Access-Control-Expose-Headers"] = "ETag, Link"
                    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
