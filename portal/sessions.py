"""Signed session cookies: who, until when, and a signature. Nothing is kept on the server but the key."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from portal.accounts import Account, Accounts

COOKIE = "simpang_session"
LIFETIME_S = 12 * 3600


def session_key(data_dir: Path) -> bytes:
    """The signing key of this installation, made on first use and readable by its owner alone."""
    path = data_dir / "session.key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()


@dataclass(frozen=True)
class Sessions:
    """Makes and reads the cookie's value. A changed password or a removed user ends their sessions."""

    key: bytes
    accounts: Accounts

    def issue(self, account: Account, now: float) -> str:
        payload = base64.urlsafe_b64encode(json.dumps({"name": account.name, "until": now + LIFETIME_S}).encode())
        return f"{payload.decode()}.{self._signature(payload, account)}"

    def account(self, cookie: str | None, now: float) -> Account | None:
        """None for a cookie that is missing, too old, of nobody, or not ours."""
        payload, _, signature = (cookie or "").partition(".")
        try:
            claim = json.loads(base64.urlsafe_b64decode(payload))
            account = self.accounts.find(claim["name"])
            until = float(claim["until"])
        except (ValueError, TypeError, KeyError):
            return None
        if account is None or not hmac.compare_digest(
            signature.encode(), self._signature(payload.encode(), account).encode()
        ):
            return None
        return account if now < until else None

    def _signature(self, payload: bytes, account: Account) -> str:
        return hmac.new(self.key, payload + b"." + account.password_hash.encode(), hashlib.sha256).hexdigest()
