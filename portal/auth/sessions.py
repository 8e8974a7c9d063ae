"""Signed session cookies: who, until when, and a signature. Nothing is kept on the server but the key."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UserError
from portal.auth.users import User, Users

COOKIE = "simpang_session"
LIFETIME_S = 12 * 3600
KEY_BYTES = 32


def session_key(data_dir: Path) -> bytes:
    """The signing key of this installation, made on first use and readable by its owner alone.

    Raises UserError where it was cut short: a short key could be guessed.
    """
    path = data_dir / "session.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise UserError(f"{path}: is cut short; delete it, and the next start makes a new one")
    return key


@dataclass(frozen=True)
class Sessions:
    """Makes and reads the cookie's value. A changed password or a removed user ends their sessions."""

    key: bytes
    users: Users

    def issue(self, user: User, now: float) -> str:
        claim = {"name": user.name, "until": now + LIFETIME_S, "of": self._mark(user)}
        payload = base64.urlsafe_b64encode(json.dumps(claim).encode())
        return f"{payload.decode()}.{self._sign(payload)}"

    def user(self, cookie: str | None, now: float) -> User | None:
        """None for a cookie that is missing, too old, of nobody, or not ours."""
        payload, _, signature = (cookie or "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(payload.encode()).encode()):
            return None
        claim = json.loads(base64.urlsafe_b64decode(payload))
        user = self.users.find(claim["name"])
        if user is None or claim["of"] != self._mark(user) or now >= claim["until"]:
            return None
        return user

    def _mark(self, user: User) -> str:
        """Changes with the password."""
        return self._sign(user.password_hash.encode())[:16]

    def _sign(self, message: bytes) -> str:
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()
