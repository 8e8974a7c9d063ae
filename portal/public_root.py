"""Path below which a reverse proxy serves the portal, such as `/lalin` for `https://kota.example.id/lalin/`.

See docs/adr/0137-portal-under-a-path.md.
"""

import re
from contextvars import ContextVar
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import PlainSerializer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.config.portal_address import OWN_FOLDERS, is_plain_path

FORWARDED_PREFIX = "x-forwarded-prefix"
"""Request header in which a proxy names the path that it has removed. [source: Traefik, Spring]"""
MAX_ROOT_LENGTH = 200
"""Longest root in characters; a longer header is ignored. [assumption]"""
LINK_ROOT = "simpang.link_root"
"""Key in the ASGI scope: prefix of the addresses in a page, "/lalin/", or relative to the page, "../"."""
DEPTH = "simpang.depth"
"""Key in the ASGI scope: number of folders in the path below the root."""
COOKIE_PATH = "simpang.cookie_path"
"""Key in the ASGI scope: path of the session cookie."""

current_root: ContextVar[str] = ContextVar("current_root", default="")
"""Root of the request that is answered: "/lalin", or empty where it is not known."""

_SLASHES = re.compile(r"/{2,}")
"""Repeated slashes, from a proxy that joins two."""

PortalAddress = Annotated[
    str, PlainSerializer(lambda path: current_root.get() + path, return_type=str, when_used="json")
]
"""Path of this portal in an answer. The JSON has the root of the request before it."""


def root_of(public_url: str | None) -> str:
    """Path of the public address.

    >>> root_of("https://kota.example.id/lalin"), root_of("https://lalin.example.id"), root_of(None)
    ('/lalin', '', '')
    """
    return urlsplit(public_url or "").path.rstrip("/")


def valid_root(path: str) -> str | None:
    """The path without a slash at its end; None for one that could lead to another site or out of its folder.

    >>> valid_root("/lalin/"), valid_root("//evil.example"), valid_root("/a/../b")
    ('/lalin', None, None)
    """
    root = path.strip().rstrip("/")
    return root if len(root) <= MAX_ROOT_LENGTH and is_plain_path(root) else None


def path_below_root(scope: Scope) -> str:
    """Path of a request without the root."""
    return str(scope["path"]).removeprefix(scope.get("root_path", "")) or "/"


class PublicRoot:
    """ASGI middleware that finds the root of each request and removes it from the path.

    Paths with the root and without it are answered alike, as some proxies remove it. A slash at the end and repeated
    slashes have no meaning. configured: root of `portal.public_url`.
    """

    def __init__(self, app: ASGIApp, configured: str) -> None:
        self._app = app
        self._configured = configured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        forwarded = _forwarded_root(Headers(scope=scope))
        # The header may name the end of the root only: that of the inner proxy, or none at the top of a host.
        root = self._configured if forwarded is None or self._configured.endswith(forwarded) else forwarded
        # The path of a request is decoded, while addresses in an answer are encoded.
        folder = unquote(root)
        path = _SLASHES.sub("/", scope["path"])
        removed = next((name for name in (folder, unquote(forwarded or "")) if _is_below(path, name)), "")
        below = path[len(removed) :] or "/"
        inner = {
            **scope,
            "root_path": folder,
            "path": folder + (below.rstrip("/") or "/"),
            DEPTH: len([name for name in below.split("/") if name]),
            LINK_ROOT: f"{root}/" if root else "../" * (below.count("/") - 1) or "./",
            COOKIE_PATH: root if root and (forwarded is not None or removed) else "/",
        }
        token = current_root.set(root)
        try:
            await self._app(inner, receive, send)
        finally:
            current_root.reset(token)


def _is_below(path: str, folder: str) -> bool:
    """Whether a path begins with a root. One that is also a folder of the portal was removed by the proxy."""
    if not folder or folder.split("/")[1] in OWN_FOLDERS:
        return False
    return path == folder or path.startswith(f"{folder}/")


def _forwarded_root(headers: Headers) -> str | None:
    """Root that the proxies name, the outermost first; None without the header or with one that is not valid.

    Empty for a proxy that names the top of its host.
    """
    named = [part for value in headers.getlist(FORWARDED_PREFIX) for part in value.split(",")]
    roots = [valid_root(part) for part in named]
    return None if not named or None in roots else valid_root("".join(root for root in roots if root))
