"""Sessions in the database, each known by the hash of a random token in a signed cookie.

The signature lets a forged cookie be refused without a query. See docs/adr/0187-people-and-rights.md.
"""

import hashlib
import hmac
import os
import secrets
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

import structlog
from itsdangerous import BadData, URLSafeSerializer
from psycopg_pool import ConnectionPool

from pipelines.errors import UserError
from pipelines.store.audit_log import add_entry
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction
from portal.auth.client_description import ClientDescription
from portal.auth.revoked_sessions import RevokedSessions
from portal.auth.session_table import (
    IDLE_S,
    LIFETIME_S,
    SEEN_EVERY_S,
    StoredSession,
    delete_session,
    find_session,
    insert_session,
    note_seen,
    open_sessions_of,
)
from portal.auth.users import User, Users

COOKIE = "simpang_session"
"""Beginning of the cookie's name."""
COOKIE_MARK_DIGITS = 8
"""Hexadecimal digits that follow it: enough for the portals of one host. [assumption]"""
KEY_BYTES = 32
"""Length of the signing key in bytes, as long as a SHA-256 digest. [source: RFC 2104, section 3]"""
TOKEN_BYTES = 32
"""Random bytes of a token: 256 bits. [source: OWASP ASVS 5.0, 7.2.3, 128 bits or more]"""
ID_BYTES = 9
"""Random bytes of the id by which lists name a session; it opens nothing. [assumption]"""
MARK_DIGITS = 16
"""Hexadecimal digits of the mark that changes with the password: 64 bits. [assumption]"""
CHECK_EVERY_S = 5.0
"""Seconds for which a session that was found is not searched again; one that another process ended lasts as long.
[assumption]"""
MAX_KNOWN = 10_000
"""Tokens whose session is kept in memory, those that were used last. [assumption]"""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UserSession:
    """A valid session. expires_at: seconds since 1970."""

    id: str
    user: User
    expires_at: float


@dataclass(frozen=True, slots=True)
class _Known:
    """A session as found in the database, None for a token without one. checked_at: seconds since 1970."""

    session: StoredSession | None
    checked_at: float


class Sessions:
    """Opens, reads and revokes sessions. A changed password or a removed user ends their sessions too. For any thread.

    While the database is away, the sessions that were found before go on. Times are those of the caller, in seconds
    since 1970.
    """

    def __init__(self, key: bytes, users: Users, revoked: RevokedSessions, pool: ConnectionPool) -> None:
        self._key = key
        self._users = users
        self._revoked = revoked
        self._pool = pool
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = Lock()
        # A browser sends cookies to all ports of a host, and often to all paths, so each installation has its own name.
        self.cookie = f"{COOKIE}_{hmac.new(key, COOKIE.encode(), hashlib.sha256).hexdigest()[:COOKIE_MARK_DIGITS]}"
        self._serializer = URLSafeSerializer(
            key, salt=COOKIE, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def open(self, user: User, client: ClientDescription, now: float) -> str:
        """Open a session; returns the value of the cookie. Raises DatabaseUnavailable."""
        token, at = secrets.token_urlsafe(TOKEN_BYTES), datetime.fromtimestamp(now, UTC)
        session = StoredSession(
            id=secrets.token_urlsafe(ID_BYTES),
            name=user.name,
            password_mark=self._password_mark(user),
            network=client.network,
            browser=client.browser,
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(seconds=LIFETIME_S),
        )
        with transaction(self._pool) as connection:
            insert_session(connection, session, _hash_of(token))
            add_entry(connection, user.name, "signed in", user.name, {"session": session.id})
        return str(self._serializer.dumps(token))

    def is_genuine(self, cookie: str | None) -> bool:
        """Whether this installation made the cookie; its session may have ended. Needs no database."""
        return self._token(cookie) is not None

    def read(self, cookie: str | None, now: float) -> UserSession | None:
        """The session of a cookie; None for one that is missing, forged, expired or revoked, or without a user."""
        token = self._token(cookie)
        session = self._find(_hash_of(token), now) if token is not None else None
        if session is None or session.id in self._revoked or _has_ended(session, now):
            return None
        user = self._users.find(session.name)
        if user is None or session.password_mark != self._password_mark(user):
            return None
        return UserSession(session.id, user, session.expires_at.timestamp())

    def sessions_of(self, names: list[str] | None, now: float) -> list[StoredSession]:
        """Open sessions of the accounts, of all for None, the last used first. Raises DatabaseUnavailable."""
        with transaction(self._pool) as connection:
            found = open_sessions_of(connection, names, datetime.fromtimestamp(now, UTC))
        return [session for session in found if session.id not in self._revoked]

    def revoke(self, session: UserSession, now: float) -> None:
        """End the session of a client: from now on its cookie is refused, also without the database."""
        self._revoked.add(session.id, session.expires_at, now)
        try:
            self.end(session.id, [session.user.name], now, actor=session.user.name, action="signed out")
        except DatabaseUnavailable as error:
            log.warning("a session that was signed out stays in the list until it expires", error=error)

    def end(
        self, session_id: str, names: list[str] | None, now: float, *, actor: str, action: str = "session ended"
    ) -> bool:
        """End a session of one of the accounts, of any for None. Returns False where there is none.

        Raises DatabaseUnavailable.
        """
        with transaction(self._pool) as connection:
            name = delete_session(connection, session_id, names)
            if name is not None:
                add_entry(connection, actor, action, name, {"session": session_id})
        if name is not None:
            # At once also where another thread has just found it.
            self._revoked.add(session_id, now + LIFETIME_S, now)
        return name is not None

    def forget(self, name: str) -> None:
        """Search the sessions of an account again with the next request, after the account was changed."""
        with self._lock:
            for token_hash, known in list(self._known.items()):
                if known.session is not None and known.session.name == name:
                    del self._known[token_hash]

    def _token(self, cookie: str | None) -> str | None:
        """Token of a genuine cookie. Those of before version 0.2.0 hold claims."""
        try:
            content = self._serializer.loads(cookie or "")
        except BadData:
            return None
        return content if isinstance(content, str) else None

    def _find(self, token_hash: bytes, now: float) -> StoredSession | None:
        with self._lock:
            known = self._known.get(token_hash)
        if known is not None and 0 <= now - known.checked_at < CHECK_EVERY_S:
            return known.session
        try:
            session = self._search(token_hash, now)
        except DatabaseUnavailable:
            session = known.session if known else None
        with self._lock:
            self._known[token_hash] = _Known(session, now)
            self._known.move_to_end(token_hash)
            while len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return session

    def _search(self, token_hash: bytes, now: float) -> StoredSession | None:
        at = datetime.fromtimestamp(now, UTC)
        with transaction(self._pool) as connection:
            session = find_session(connection, token_hash, at)
        if session is not None and at - session.seen_at >= timedelta(seconds=SEEN_EVERY_S):
            # A standby refuses it; the session is valid all the same.
            with suppress(DatabaseUnavailable), transaction(self._pool) as connection:
                note_seen(connection, session.id, at)
            session = replace(session, seen_at=at)
        return session

    def _password_mark(self, user: User) -> str:
        """Keyed digest of the password hash: it changes with the password, and does not disclose the hash."""
        return hmac.new(self._key, user.password_hash.encode(), hashlib.sha256).hexdigest()[:MARK_DIGITS]


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _has_ended(session: StoredSession, now: float) -> bool:
    return now >= session.expires_at.timestamp() or now - session.seen_at.timestamp() >= IDLE_S


def open_sessions(data_dir: Path, users: Users, now: float, pool: ConnectionPool) -> Sessions:
    """Sessions with the key and the revoked sessions that are stored in `data_dir`.

    Raises UserError where one of the files cannot be used.
    """
    return Sessions(session_key(data_dir), users, RevokedSessions(data_dir / "revoked_sessions.json", now), pool)


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
