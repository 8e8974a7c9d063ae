"""Addresses in the settings of the portal, checked so that a slip is one clear error at the start."""

import re
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator

from pipelines.addresses.address import Address

OWN_FOLDERS = frozenset(
    {
        *("akun", "api", "assets", "camera", "data-terbuka", "embed", "favorit", "icons", "kejadian", "ketersediaan"),
        *("laporan", "live", "masuk", "orang", "privasi", "riwayat"),
    }
)
"""First parts of the portal's own paths: as its root they would be ambiguous. [source: portal/spa.py, portal/app.py]"""

_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*")
"""Folders, each of characters that an address needs not escape, or escaped. [source: RFC 3986, section 2.3]"""
_SITE = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::(?:\d{1,5}|\*))?|https?://\[[0-9A-Fa-f:]+\](?::\d{1,5})?")
"""Sources of `frame-ancestors` by scheme and host. [source: Content Security Policy Level 3, host-source]"""


def is_plain_path(path: str) -> bool:
    """Whether a path leads neither to another site nor out of its folder, whatever it is joined with.

    >>> is_plain_path("/lalu%20lintas"), is_plain_path("//evil.example"), is_plain_path("/a/%2e%2e/b")
    (True, False, False)
    """
    folders = [unquote(folder) for folder in path.split("/")]
    is_plain = all(name not in (".", "..") and name.isprintable() and not set("/\\") & set(name) for name in folders)
    return is_plain and _PATH.fullmatch(path) is not None


def public_url(address: str) -> str:
    """The address without a slash at its end. Raises ValueError for one that cannot be the portal's.

    >>> public_url("https://kota.example.id/lalin/")
    'https://kota.example.id/lalin'
    """
    try:
        parts = urlsplit(address.strip())
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    path = parts.path.rstrip("/")
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("write it with its scheme, such as https://kota.example.id/lalin")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("write scheme, host and path only, without a user, ? or #")
    folders = path.split("/")[1:]
    if not is_plain_path(path):
        raise ValueError("write its path with letters, digits, . _ ~ - and escapes such as %20 only, such as /lalin")
    if folders and unquote(folders[0]) in OWN_FOLDERS:
        raise ValueError(f"choose another path: /{folders[0]} is a path of the portal itself")
    return f"{parts.scheme.lower()}://{parts.netloc}{path}"


def tile_server(address: str) -> str:
    """The address of a tile server. Raises ValueError where it has a user or password, or no map can request it.

    >>> tile_server("https://{s}.tile.example.org/{z}/{x}/{y}.png?key=public")
    'https://{s}.tile.example.org/{z}/{x}/{y}.png?key=public'
    """
    parts = Address.parse(re.sub(r"[{}]", "", address))
    if parts.user or parts.password:
        raise ValueError("remove user and password: every browser receives this address")
    if parts.problem:
        raise ValueError("write an address such as https://tile.example.org/{z}/{x}/{y}.png")
    if is_vector(address) and (unknown := set(re.findall(r"{[^{}]*}", address)) - {"{z}", "{x}", "{y}"}):
        raise ValueError(
            f"replace {', '.join(sorted(unknown))}: vector tiles are requested by {{z}}, {{x}} and {{y}} only"
        )
    return address


def is_vector(tiles: str) -> bool:
    """Whether a tile server sends vector tiles, by the end of its address.

    >>> is_vector("https://tile.example.org/{z}/{x}/{y}.mvt?key=1"), is_vector("/tiles/{z}/{x}/{y}.png")
    (True, False)
    """
    return tiles.split("?", maxsplit=1)[0].endswith((".mvt", ".pbf"))


def frame_ancestor(site: str) -> str:
    """A site as a source of the policy `frame-ancestors`. Raises ValueError for anything else.

    >>> frame_ancestor("https://*.kota.example.id/"), frame_ancestor("self")
    ('https://*.kota.example.id', "'self'")
    """
    given = site.strip().rstrip("/")
    if given.strip("'") == "self":
        return "'self'"
    if not _SITE.fullmatch(given):
        raise ValueError(f"write a site such as https://kota.example.id, without a path, or self; not {site!r}")
    return given


PublicUrl = Annotated[str, AfterValidator(public_url)]
"""Address of the portal, checked."""
TileServer = Annotated[str, AfterValidator(tile_server)]
"""Address of a tile server, checked."""
FrameAncestor = Annotated[str, AfterValidator(frame_ancestor)]
"""A site that may frame the pages, checked."""
