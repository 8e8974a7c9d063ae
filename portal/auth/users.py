"""Who may sign in: the users of the configuration, or one administrator made at the first start."""

import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal, get_args

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import TypeAdapter

from pipelines.config.settings import Config, UserConfig
from pipelines.errors import UserError

Role = Literal["planner", "police", "operator"]
CHECKS_AT_ONCE = 2
"""Each takes tens of MiB: a storm of sign-ins must not take the memory that the cameras need."""

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class User:
    name: str
    roles: frozenset[Role]
    password_hash: str


class Users:
    """Looks users up and checks their passwords, in the same time for names that exist and names that do not."""

    def __init__(self, users: Iterable[User]) -> None:
        self._by_name = {user.name: user for user in users}
        self._checking = BoundedSemaphore(CHECKS_AT_ONCE)

    def find(self, name: str) -> User | None:
        return self._by_name.get(name)

    def check(self, name: str, password: str) -> User | None:
        """The user, or None where name and password do not belong together."""
        user = self.find(name)
        with self._checking:
            try:
                _hasher.verify(user.password_hash if user else self._nobodys_hash, password)
            except VerificationError:
                return None
        return user

    @cached_property
    def _nobodys_hash(self) -> str:
        return hash_password(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Argon2id with the library's present parameters."""
    return _hasher.hash(password)


def load_users(config: Config, announce: Callable[[str], None]) -> Users:
    """The users of the configuration; without any, the administrator kept in `data_dir/users.json`.

    announce: is given the administrator's password, once, when it is made. Raises UserError for a hash or a file
    that cannot be used.
    """
    if not config.users:
        return Users([_administrator(config.data_dir / "users.json", announce)])
    return Users(_checked_user(user) for user in config.users)


def _checked_user(user: UserConfig) -> User:
    password_hash = user.password_hash.get_secret_value()
    try:
        extract_parameters(password_hash)
    except InvalidHashError:
        raise UserError(
            f"users.{user.name}.password_hash: not an argon2 hash; make one with: simpang password"
        ) from None
    return User(user.name, frozenset(user.roles), password_hash)


def _administrator(path: Path, announce: Callable[[str], None]) -> User:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_administrator(path)
    password = secrets.token_urlsafe(12)
    user = {"name": "admin", "roles": get_args(Role), "password_hash": hash_password(password)}
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([user], file, indent=1)
    announce(password)
    return _read_administrator(path)


def _read_administrator(path: Path) -> User:
    try:
        (user,) = TypeAdapter(list[UserConfig]).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read; delete it, and the next start makes a new password") from error
    return _checked_user(user)
