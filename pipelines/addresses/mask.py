"""Mask of secrets in texts of any origin: errors of libraries, log lines, tracebacks, reasons of events.

Addresses are recognised by their form. Secrets of the configuration are masked wherever they occur, because a library
may repeat a part of an address that has no form.
"""

import re
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from pipelines.addresses.address import MASK, MIN_SECRET, Address, spellings

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+._:-]{0,60}://[^\s\"<>]+")
"""Address in a text. The bound keeps the search linear in a long word."""
_BROKEN_URL = re.compile(r"([A-Za-z][A-Za-z0-9+_-]{0,20}:(?!//)[/\\]|(?<![:/])//)[^\s\"<>/@]*:[^\s\"<>@]*@[^\s\"<>]+")
"""Address with a user and a password that lost a part of its `://`, as by a path of a file."""
_AFTER_URL = "'`.,:;)]}"
"""Punctuation after an address, which is not part of it."""
_PUBLIC = re.compile(
    r"[a-z]+://(user:password@)?host(:port|:5432)?(/path|/dbname)?"
    r"|https://kota\.example\.id(/lalin)?|https://tile\.example\.org/\{z\}/\{x\}/\{y\}\.png"
    r"|https://(github\.com|(docs\.)?ultralytics\.com|creativecommons\.org)/[^?@]*"
)
"""Addresses in Simpang's own messages: examples of how to write one, and places on the web."""
_NAMED = re.compile(
    r"""((?:pass(?:word|wd|phrase)?|pwd|token|secret|api_?key)(?:\s*=\s*|['"]\s*:\s*(?=['"]))"""
    r"""|authorization['"]?\s*[:=]\s*['"]?(?:basic|bearer|digest)\s+)"""
    r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s&'"]+)""",
    re.IGNORECASE,
)
"""Secret after its name: in a DSN of libpq, a query, JSON, Python, or a header. [PostgreSQL, connection strings]"""
_SECRET_KEY = re.compile(r"(?:password|secret|token)(?!_file)", re.IGNORECASE)
"""Key of a configuration whose value is a secret, not the path of its file."""
_ADDRESS_KEY = re.compile(r"url|dsn|kafka", re.IGNORECASE)
"""Key of a configuration whose value is an address, also where its `://` is missing."""
_WORD = r"[A-Za-z0-9]"
"""Character of a word."""
LONG = 8
"""Length in characters from which a secret is masked inside longer words, too. [assumption]"""


class KnownSecrets:
    """Secrets of the configuration, masked wherever they occur. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shown: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def remember(self, hidden: Mapping[str, str]) -> None:
        """Mask the keys of `hidden` from now on. hidden: secret -> what to show instead."""
        with self._lock:
            self._shown.update({text: shown for text, shown in hidden.items() if len(text) >= MIN_SECRET})
            self._pattern = None

    def mask(self, text: str) -> str:
        """Return `text` without these secrets."""
        if not self._shown:
            return text
        with self._lock:
            if self._pattern is None:  # compiled once after all addresses, not after each
                self._pattern = re.compile("|".join(map(_whole, sorted(self._shown, key=len, reverse=True))))
            pattern = self._pattern
        return pattern.sub(lambda found: self._shown.get(found[0], MASK), text)


KNOWN = KnownSecrets()
"""Secrets of this process."""


def remember_addresses(addresses: Iterable[str]) -> None:
    """Mask all secrets of these addresses, and of key-value strings of libpq, from now on."""
    for text in addresses:
        KNOWN.remember(Address.parse(text).hidden())
        remember_secrets(re.sub(r"\\(.)", r"\1", value.strip("'\"")) for _, value in _NAMED.findall(text))


def remember_secrets(secrets: Iterable[str]) -> None:
    """Mask these secrets from now on, such as the key of a signature."""
    for secret in secrets:
        KNOWN.remember(dict.fromkeys(spellings(secret), MASK))


def remember_settings(content: Any, key: str = "") -> None:
    """Mask the secrets of a configuration that is not validated yet, because an error may quote any part of it."""
    match content:
        case dict() if _SECRET_KEY.search(key):
            remember_secrets(str(value) for value in content.values())
        case dict():
            for name, value in content.items():
                remember_settings(name)
                remember_settings(value, str(name))
        case list() | tuple():
            for value in content:
                remember_settings(value, key)
        case str() if _SECRET_KEY.search(key):
            remember_secrets([content])
        case str() if "://" in content or _ADDRESS_KEY.search(key):
            remember_addresses([content, *(part.strip() for part in content.split(","))])
        case str():
            remember_secrets(value for _, value in _NAMED.findall(content))


def without_credentials(text: str) -> str:
    """Return `text` with each secret replaced by `***`.

    >>> without_credentials("rtsp://admin:s3cret@10.0.0.7/h264 timed out")
    'rtsp://***@10.0.0.7/h264 timed out'
    >>> without_credentials("host=db password=s3cret dbname=simpang")
    'host=db password=*** dbname=simpang'
    """
    masked = _URL.sub(_masked_url, KNOWN.mask(text))
    return _NAMED.sub(rf"\1{MASK}", _BROKEN_URL.sub(_masked_broken_url, masked))


def _masked_url(found: re.Match[str]) -> str:
    text = found[0].rstrip(_AFTER_URL)
    if _PUBLIC.fullmatch(text):
        return found[0]
    return Address.parse(text).masked + found[0][len(text) :]


def _masked_broken_url(found: re.Match[str]) -> str:
    return found[1] + MASK + found[0][len(found[0].rstrip(_AFTER_URL)) :]


def _whole(secret: str) -> str:
    """Return the pattern of a secret. A short one is masked as a whole word only."""
    pattern = re.escape(secret)
    return pattern if len(secret) >= LONG else rf"(?<!{_WORD}){pattern}(?!{_WORD})"
