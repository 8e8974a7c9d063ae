"""Sessions that were ended before their expiry, stored in a file of the data directory."""

from pathlib import Path
from threading import Lock

import structlog
from pydantic import TypeAdapter

from pipelines.atomic_file import write_atomically
from pipelines.errors import UserError

log = structlog.get_logger(__name__)

_CONTENT = TypeAdapter(dict[str, float])
"""Content of the file: session id -> time at which the session would have expired, s since 1970."""


class RevokedSessions:
    """Ids of revoked sessions, each stored until its session would have expired. For any thread.

    Raises UserError where the file cannot be read: its sessions would be valid again.
    """

    def __init__(self, path: Path, now: float) -> None:
        self._path = path
        self._lock = Lock()
        self._expiry = _unexpired(_read(path), now)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._expiry

    def add(self, session_id: str, expires_at: float, now: float) -> None:
        """Revoke a session. If the file cannot be written, that is logged, and a restart makes it valid again."""
        with self._lock:
            # Replaced, never changed: other threads read it without the lock.
            self._expiry = {**_unexpired(self._expiry, now), session_id: expires_at}
            try:
                write_atomically(self._path, _CONTENT.dump_json(self._expiry))
            except OSError as error:
                log.error("a revoked session cannot be stored", path=str(self._path), error=error)


def _unexpired(expiry: dict[str, float], now: float) -> dict[str, float]:
    return {session_id: expires_at for session_id, expires_at in expiry.items() if now < expires_at}


def _read(path: Path) -> dict[str, float]:
    try:
        return _CONTENT.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: cannot be read; delete it together with session.key, which ends all sessions"
        ) from error
