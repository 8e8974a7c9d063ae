"""What is stored of the client of a session: enough to know it again in a list, and no address."""

import ipaddress
from dataclasses import dataclass

from fastapi import Request

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Part of the header User-Agent -> name of the browser; the first that matches."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""Part of the header User-Agent -> name of the system; the first that matches."""

NETWORK_BITS = 64
"""Bits of an IPv6 address that a client cannot choose. [source: RFC 4291, section 2.5.4]"""


@dataclass(frozen=True, slots=True)
class ClientDescription:
    """Family of the address, and name of the program with its system."""

    network: str
    browser: str


def describe_client(request: Request) -> ClientDescription:
    """Describe the client of a request."""
    address = request.client.host if request.client else ""
    return ClientDescription(network_of(address), browser_of(request.headers.get("user-agent", "")))


def network_prefix(address: str) -> str:
    """What attempts are counted by: an IPv4 address, or the /64 of an IPv6 one, whose addresses a client may all use.

    >>> network_prefix("10.0.0.7"), network_prefix("::ffff:10.0.0.7"), network_prefix("2001:db8::1")
    ('10.0.0.7', '10.0.0.7', '2001:db8::/64')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), NETWORK_BITS), strict=False))


def network_of(address: str) -> str:
    """Family of an address.

    >>> network_of("10.0.0.7"), network_of("2001:db8::1"), network_of("::ffff:10.0.0.7"), network_of("")
    ('IPv4', 'IPv6', 'IPv4', '')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return "IPv4" if parsed.version == 4 or parsed.ipv4_mapped is not None else "IPv6"


def browser_of(user_agent: str) -> str:
    """Name of the browser and of its system; empty for another program.

    >>> browser_of("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36")
    'Chrome, Android'
    >>> browser_of("python-httpx/0.28")
    ''
    """
    browser = next((name for part, name in _BROWSERS if part in user_agent), "")
    system = next((name for part, name in _SYSTEMS if part in user_agent), "")
    return ", ".join(name for name in (browser, system) if name)
