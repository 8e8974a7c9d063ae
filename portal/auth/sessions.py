"""Sessions in signed cookies, each with an id by which it is revoked on sign-out. See docs/adr/0060-sessions.md."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from pipelines.errors import UserError
from portal.auth.revoked_sessions import RevokedSessions
from portal.auth.users import User, Users

COOKIE = "simpang_session"
"""Beginning of the cookie's name."""
COOKIE_MARK_DIGITS = 8
"""Hexadecimal digits that follow it: enough for the portals of one host. [assumption]"""
LIFETIME_S = 12 * 3600
"""Seconds from sign-in to the expiry of the session: a working day. [assumption]"""
KEY_BYTES = 32
"""Length of the signing key in bytes, as long as a SHA-256 digest. [source: RFC 2104, section 3]"""
ID_BYTES = 16
"""Random bytes of a session id: 128 bits. [source: OWASP Session Management Cheat Sheet, 64 bits or more]"""
MARK_DIGITS = 16
"""Hexadecimal digits of the mark that changes with the password: 64 bits. [assumption]"""


@dataclass(frozen=True, slots=True)
class UserSession:
    """A valid session. expires_at: seconds since 1970."""

    id: str
    user: User
    expires_at: float


class Sessions:
    """Opens, reads and revokes sessions. A changed password or a removed user ends their sessions too.

    Times are those of the caller, in seconds since 1970.
    """

    def __init__(self, key: bytes, users: Users, revoked: RevokedSessions) -> None:
        self._key = key
        self._users = users
        self._revoked = revoked
        # A browser sends cookies to all ports of a host, and often to all paths, so each installation has its own name.
        self.cookie = f"{COOKIE}_{hmac.new(key, COOKIE.encode(), hashlib.sha256).hexdigest()[:COOKIE_MARK_DIGITS]}"
        self._serializer = URLSafeSerializer(
            key, salt=COOKIE, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def open(self, user: User, now: float) -> str:
        """Open a session; returns the value of the cookie."""
        claims = {
            "id": secrets.token_urlsafe(ID_BYTES),
            "name": user.name,
            "until": now + LIFETIME_S,
            "password": self._password_mark(user),
        }
        return str(self._serializer.dumps(claims))

    def read(self, cookie: str | None, now: float) -> UserSession | None:
        """The session of a cookie; None for one that is missing, forged, expired or revoked, or without a user."""
        try:
            claims: dict[str, Any] = self._serializer.loads(cookie or "")
        except BadData:
            return None
        user = self._users.find(claims["name"])
        if user is None or claims["password"] != self._password_mark(user) or now >= claims["until"]:
            return None
        return None if claims["id"] in self._revoked else UserSession(claims["id"], user, claims["until"])

    def is_genuine(self, cookie: str | None) -> bool:
        """Whether this installation made the cookie; its session may have ended. Needs no database."""
        try:
            self._serializer.loads(cookie or "")
        except BadData:
            return False
        return True

    def revoke(self, session: UserSession, now: float) -> None:
        """End a session: from now on its cookie is refused, also after a restart."""
        self._revoked.add(session.id, session.expires_at, now)

    def _password_mark(self, user: User) -> str:
        """Keyed digest of the password hash: it changes with the password, and does not disclose the hash."""
        return hmac.new(self._key, user.password_hash.encode(), hashlib.sha256).hexdigest()[:MARK_DIGITS]


def open_sessions(data_dir: Path, users: Users, now: float) -> Sessions:
    """Sessions with the key and the revoked sessions that are stored in `data_dir`.

    Raises UserError where one of the files cannot be used.
    """
    return Sessions(session_key(data_dir), users, RevokedSessions(data_dir / "revoked_sessions.json", now))


def session_key(data_dir: Path) -> bytes:
    """The signing key of this installation, created on first use with access for the owner only.

    Raises UserError for a key that cannot be read, and for a truncated one, which could be guessed.
    """
    path = data_dir / "session.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    try:
        key = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}); correct its access rights") from error
    if len(key) < KEY_BYTES:
        raise UserError(f"{path}: is cut short; delete it, and the next start makes a new one")
    return key
