"""Users of the portal: those of the configuration, or an administrator that the first start creates."""

import json
import math
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Literal, get_args

from pydantic import TypeAdapter

from pipelines.config.settings import Config, UserConfig
from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable
from portal.auth.passwords import PasswordVerifier, hash_password, is_password_hash
from portal.cameras.camera_scope import EVERY_CAMERA, CameraScope

Role = Literal["planner", "police", "operator", "admin"]
"""Roles of users. An operator may do what planners and police may; an admin changes accounts, and no more."""
REREAD_S = 5.0
"""Seconds after which the users of the database are read again. [assumption]"""
PASSWORD_BYTES = 12
"""Random bytes of the administrator's password: 96 bits, 16 characters. [assumption]"""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the portal. password_hash: Argon2. scope: cameras for which the roles count."""

    name: str
    roles: frozenset[Role]
    password_hash: str
    scope: CameraScope = EVERY_CAMERA


class Users:
    """All users by name: those of the configuration, and those of the database, which may change. For any thread.

    Verifying a password takes the same time for unknown names. read_others: reads the users of the database.
    """

    def __init__(self, configured: Iterable[User], read_others: Callable[[], list[User]] = list) -> None:
        self._configured = {user.name: user for user in configured}
        self._read_others = read_others
        self._others: dict[str, User] = {}
        self._read_at = -math.inf
        self._lock = Lock()
        self._verifier = PasswordVerifier()

    @property
    def configured(self) -> list[User]:
        """Users of the configuration, which only the configuration changes."""
        return list(self._configured.values())

    def find(self, name: str) -> User | None:
        return self._configured.get(name) or self._current_others().get(name)

    def forget(self) -> None:
        """Read the users of the database again with the next request, after they were changed."""
        with self._lock:  # A thread that reads them now may have read them before the change.
            self._read_at = -math.inf

    def _current_others(self) -> dict[str, User]:
        """Users of the database as of a few seconds ago; while it is away, as they were read last.

        One thread reads them, the others go on with those of before, unless they have changed.
        """
        is_changed = self._read_at == -math.inf
        if monotonic() - self._read_at >= REREAD_S and self._lock.acquire(blocking=is_changed):
            try:
                if monotonic() - self._read_at >= REREAD_S:
                    with suppress(DatabaseUnavailable):
                        self._others = {user.name: user for user in self._read_others()}
                    self._read_at = monotonic()
            finally:
                self._lock.release()
        return self._others

    def authenticate(self, name: str, password: str) -> User | None:
        """The user with this name and password, or None."""
        user = self.find(name)
        return user if self._verifier.verify(user.password_hash if user else None, password) else None


def load_users(config: Config, announce: Callable[[str], None], read_others: Callable[[], list[User]] = list) -> Users:
    """The users of the configuration; without any, the administrator stored in `data_dir/users.json`.

    announce: is called with the administrator's password, once, when it is created. read_others: reads the users of the
    database. Raises UserError for a hash or a file that cannot be used.
    """
    if not config.users:
        return Users([_administrator(config.data_dir / "users.json", announce)], read_others)
    return Users((_checked(user) for user in config.users), read_others)


def _checked(user: UserConfig) -> User:
    password_hash = user.password_hash.get_secret_value()
    if not is_password_hash(password_hash):
        raise UserError(f"users.{user.name}.password_hash: not an argon2 hash; make one with: simpang password")
    scope = CameraScope(frozenset(user.owners), frozenset(user.groups))
    return User(user.name, frozenset(user.roles), password_hash, scope)


def _administrator(path: Path, announce: Callable[[str], None]) -> User:
    """The administrator in the file, which is created with a random password if it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_administrator(path)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user = {"name": "admin", "roles": get_args(Role), "password_hash": hash_password(password)}
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([user], file, indent=1)
    announce(password)
    return _read_administrator(path)


def _read_administrator(path: Path) -> User:
    try:
        text = read_text(path, expected="the folder of the city's data as data_dir")
        (user,) = TypeAdapter(list[UserConfig]).validate_python(parse_json(text))
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path}: cannot be read; delete it, and the next start makes a new password") from error
    # A file of before version 0.2.0 names the roles of that time.
    return _checked(user.model_copy(update={"roles": get_args(Role)}))
