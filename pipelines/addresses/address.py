"""Parser of addresses that may carry a secret: cameras, databases, Kafka, webhooks, MQTT and SMTP.

The parser never raises. A user or password with characters that an address cannot carry is read as it is meant, and
`encoded` gives it to a library in the form that every library reads. See docs/adr/0134-addresses-with-secrets.md.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, unquote

from pipelines.addresses.plain_words import is_plain

MASK = "***"
"""Text shown instead of a secret. [convention]"""
HOW_TO_WRITE = "in user and password write # as %23, @ as %40, / as %2F, ? as %3F, : as %3A, % as %25, a space as %20"
"""How to write special characters. [RFC 3986]"""
MAX_LENGTH = 8000
"""Longest address in characters. [RFC 9110, section 4.1]"""
MAX_PORT = 65535
"""Highest TCP and UDP port. [RFC 9293]"""
MIN_SECRET = 4
"""Least length in characters of a text that is masked wherever it occurs; a shorter one is part of ordinary words.
[assumption]"""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+._-]*(?::[A-Za-z][A-Za-z0-9+._-]*)*)://")
"""Scheme of an address. `_` is in those of Kafka, `:` in those of FFmpeg, such as `async:http`. [RFC 3986]"""
_BROKEN_SCHEME = re.compile(r"\s*(rtsps?|https?|rtmps?|srt|udp|postgres(ql)?|mqtts?|smtps?)\s*(:|//)", re.IGNORECASE)
"""Start of an address whose `://` is incomplete. [assumption]"""
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[^\s\[\]:@/?#,;\"'<>\\^`{|}]+)(?::(\d{1,5})?)?")
"""Host, which is a name, IPv4, or IPv6 in brackets, and port. [RFC 3986]"""
_NETWORK_HOST = re.compile(r"\[.*\]|localhost|[^.]+(\.[^.]+)+\.?", re.IGNORECASE)
"""Host that cannot be a user's name: IPv4, IPv6, a full name, or localhost. [assumption]"""
_IP_HOST = re.compile(r"\[.*\]|localhost|\d+(\.\d+){3}", re.IGNORECASE)
"""Host that is no part of a password. [assumption]"""
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""Percent sign that starts no escape. [RFC 3986]"""
_UNESCAPED = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=%-]")
"""Character that user and password cannot contain as it is. [RFC 3986]"""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""Control character, which no address contains. [RFC 3986]"""
_PARAMETER = re.compile(r"([^=&;/?#]+)=([^&;/?#]+)")
"""Name and value of a parameter: in a query or, as some cameras have it, in the path."""
_SECRET_NAME = re.compile(
    r"pas|pw|psw|secret|token|key|auth|sig|cred|user|usr|login|session|sid|code(?!c)|pin|ticket|jwt"
)
"""Part of the name of a parameter whose value is a secret; not `codec`. [assumption]"""
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{10,}")
"""Part of a path that was drawn at random, such as a key. [assumption]"""
_NUMBERED_NAME = re.compile(r"(?:[A-Za-z]+\d{0,4}|\d{1,4})(?:[._-](?:[A-Za-z]+\d{0,4}|\d{1,4}))*")
"""Part of a path that is a name with a number, such as `simpang_panbil_02`. [assumption]"""
_ORDINARY_USER = re.compile(r"[A-Za-z0-9._-]*")
"""Name of a user that may be a word of a log line as well. [assumption]"""


_HOST_ELSEWHERE = {"postgresql", "postgres"}
"""Schemes whose host may be missing or a parameter. [PostgreSQL, connection strings]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address in parts, of which `str` shows no secret.

    scheme: in lower case; empty for a file. user, password: as they are meant, without escapes. rest: path, query and
    fragment. text: as written. encoded: for libraries. masked: for people. problem: why it cannot be used, and how to
    write it. advice: how to write an address that can be used all the same.
    """

    scheme: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    rest: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    encoded: str = field(default="", repr=False)
    masked: str = ""
    problem: str = ""
    advice: str = ""

    def __str__(self) -> str:
        return self.masked

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Return the parts of `text`, which may be anything.

        >>> address = Address.parse("rtsp://admin:pa#ss@10.0.0.7/live?token=x")
        >>> address.password, address.encoded, str(address)
        ('pa#ss', 'rtsp://admin:pa%23ss@10.0.0.7/live?token=x', 'rtsp://***@10.0.0.7/live')
        >>> str(Address.parse("/srv/clips/junction.mp4"))
        '/srv/clips/junction.mp4'
        """
        found = _SCHEME.match(text.strip())
        if found is None or found[1].lower() == "file":
            return _file(text)
        scheme, body = found[1].lower(), text.strip()[found.end() :]
        authority, rest, is_certain = split_authority(body[:MAX_LENGTH])
        user_info, at, host_port = authority.rpartition("@")
        host = "" if not host_port and scheme in _HOST_ELSEWHERE and authority + rest else _host(host_port)
        if host is None or _CONTROL.search(body) or len(text) > MAX_LENGTH:
            return cls(scheme=scheme, text=text, masked=f"{scheme}://{MASK}", problem=no_address(scheme))
        user, colon, password = user_info.partition(":")
        escaped = escape(user) + (":" + escape(password) if colon else "")
        port = re.search(r":(\d+)$", host_port.partition(",")[0])
        is_odd = not is_certain or needs_escapes(user) or needs_escapes(password)
        shown = f"{scheme}://{MASK + at if at else ''}{host_port}{_shown_path(rest)}"
        # Without its host, `rtsp://admin:pa@ss` reads as the host `ss`. It is shown only where it cannot be a password.
        return cls(
            scheme=scheme,
            user=meant(user),
            password=meant(password),
            host=host.strip("[]"),
            port=int(port[1]) if port else None,
            rest=rest,
            text=text,
            encoded=f"{scheme}://{escaped + at}{host_port}{rest}",
            masked=shown if is_certain and (not is_odd or _is_network(host_port)) else f"{scheme}://{MASK}",
            advice=HOW_TO_WRITE if is_odd else "",
        )

    @property
    def secrets_of_rest(self) -> set[str]:
        """Return the values of parameters, and the parts of the path, that are secrets, without escapes."""
        parameters = [(meant(name).lower(), meant(value)) for name, value in _PARAMETER.findall(self.rest)]
        named = {value for name, value in parameters if _SECRET_NAME.search(name) or _RANDOM.fullmatch(value)}
        return named | _path_secrets(self.rest)

    def hidden(self) -> dict[str, str]:
        """Return the texts of this address that must not be shown -> what to show instead."""
        values = {self.password, *self.secrets_of_rest}
        if self.problem or self.masked == f"{self.scheme}://{MASK}":
            values.add(_likely_password(self.text))
        is_key = not self.password and _RANDOM.fullmatch(self.user)
        if is_key or not _ORDINARY_USER.fullmatch(self.user):
            values.add(self.user)
        values -= {self.host, self.scheme} | ({self.user} if self.user == self.password else set())
        forms = {form: MASK for value in values for form in spellings(value)}
        if self.password:
            forms[b64encode(f"{self.user}:{self.password}".encode(errors="replace")).decode()] = MASK
        text = self.text.strip()
        whole = dict.fromkeys((text, self.encoded), self.masked) if self.scheme or self.problem else {}
        as_file = {re.sub("/+", "/", text): f"{self.scheme}:/{MASK}"} if self.scheme else {}
        return {text: shown for text, shown in (forms | as_file | whole).items() if len(text) >= MIN_SECRET}


def no_address(scheme: str = "rtsp") -> str:
    """Return the problem of an address that cannot be read, with the remedy."""
    return f"no address; write {scheme}://user:password@host:port/path, and {HOW_TO_WRITE}"


def split_authority(body: str) -> tuple[str, str, bool]:
    """Split what follows `://` into user, password and host, and the rest. The last value: whether that is certain.

    A `/`, `?` or `#` of a password ends the authority by RFC 3986. It is part of the password where the text before it
    is no host, and the text after the next `@` is one.

    >>> split_authority("admin:12/3@10.0.0.7/live"), split_authority("10.0.0.7/live@2x")
    (('admin:12/3@10.0.0.7', '/live', True), ('10.0.0.7', '/live@2x', True))
    """
    end = _end_of_authority(body)
    authority, rest = body[:end], body[end:]
    if "@" not in rest:
        return authority, rest, True
    host = None if authority.endswith(":") else _host(authority.rpartition("@")[2])
    ends = [at + 1 + _end_of_authority(body[at + 1 :]) for at in range(len(body)) if body[at] == "@"]
    on_network = [stop for stop in ends if stop > end and _is_network(body[:stop].rpartition("@")[2])]
    if host is None or (on_network and not _NETWORK_HOST.fullmatch(host)):
        stop = on_network[0] if on_network else ends[-1]
        return body[:stop], body[stop:], True
    return authority, rest, _IP_HOST.fullmatch(host) is not None


def _end_of_authority(body: str) -> int:
    return min((body.index(mark) for mark in "/?#" if mark in body), default=len(body))


def _host(host_port: str) -> str | None:
    """Return the host, the first of several with commas between them; None where it is no host."""
    found = [_HOST_PORT.fullmatch(each) for each in host_port.split(",")]
    if any(each is None or int(each[2] or 0) > MAX_PORT for each in found):
        return None
    return found[0][1] if found[0] else None


def _is_network(host_port: str) -> bool:
    host = _host(host_port)
    return host is not None and _NETWORK_HOST.fullmatch(host) is not None


def needs_escapes(text: str) -> bool:
    """Return whether a user or password contains characters that must be escaped."""
    return _UNESCAPED.search(text) is not None or _STRAY_PERCENT.search(text) is not None


def meant(text: str) -> str:
    """Return `text` without escapes. A percent sign that starts none is meant as it is.

    >>> meant("p%40ss"), meant("100%"), meant("50%-%40")
    ('p@ss', '100%', '50%-@')
    """
    return unquote(_STRAY_PERCENT.sub("%25", text), errors="surrogateescape")


def escape(text: str) -> str:
    """Return a user or password as an address contains it. What is escaped already stays as it is."""
    return quote(meant(text), safe="", errors="surrogateescape") if needs_escapes(text) else text


def spellings(value: str) -> set[str]:
    """Return the forms in which a library may repeat `value`: escaped in several ways, and as in a traceback."""
    escapes = {quote(value, safe=safe, errors="replace") for safe in ("", "/", "!$&'()*+,;=", ":/?#[]@!$&'()*+,;=")}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in escapes}
    return {value, *escapes, *lower, quote_plus(value, errors="replace"), repr(value)[1:-1], ascii(value)[1:-1]}


def _file(text: str) -> Address:
    """Return the address of a file, or a problem for an address whose scheme is missing or misspelt."""
    before, at, _ = text.rpartition("@")
    if _BROKEN_SCHEME.match(text) and not text.lower().startswith("file:"):
        return Address(text=text, encoded=text, masked=MASK, problem=no_address())
    if at and ":" in before and "://" not in text:
        return Address(text=text, encoded=text, masked=MASK, problem=no_address())
    return Address(text=text, encoded=text, masked=text)


def _likely_password(text: str) -> str:
    """Return what stands between the first colon after the scheme and the last `@` of an address."""
    user_info = text.strip().partition("://")[2].rpartition("@")[0] or text.rpartition("@")[0]
    return user_info.partition(":")[2]


def _shown_path(rest: str) -> str:
    path = re.split(r"[?#]", rest, maxsplit=1)[0]
    return "/".join(segment if is_plain(segment) else MASK for segment in path.split("/"))


def _path_secrets(rest: str) -> set[str]:
    """Return the random parts of the path, and those of the query that have no name."""
    path, *others = re.split(r"[?#]", rest)
    unnamed = [part for each in others for part in re.split("[&;/]", each) if "=" not in part]
    return {meant(part) for part in [*path.split("/"), *unnamed] if _is_random(part)}


def _is_random(part: str) -> bool:
    return bool(_RANDOM.fullmatch(part)) and not _NUMBERED_NAME.fullmatch(part) and not is_plain(part)
