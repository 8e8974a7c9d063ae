"""Accounts in the database. Each change and its entry in the audit log are one transaction."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from psycopg import Connection
from psycopg.rows import class_row

from pipelines.errors import UserError
from pipelines.store.audit_log import add_entry
from portal.auth.passwords import hash_password
from portal.auth.users import Role, User
from portal.cameras.camera_scope import CameraScope

MIN_PASSWORD_LENGTH = 12
"""Characters of a password at least. [source: OWASP ASVS 5.0, 6.2.1 and 6.2.9, between 8 and 15]"""
MAX_PASSWORD_LENGTH = 1000
"""Characters of a password at most; Argon2 takes as long for each. [assumption]"""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""Name of an account, as in the configuration."""
# Columns of the table.
_COLUMNS = "name, password_hash, roles, owners, groups, disabled"


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the database."""

    name: str
    password_hash: str
    roles: list[str]
    owners: list[str]
    groups: list[str]
    disabled: bool

    @property
    def scope(self) -> CameraScope:
        """Cameras for which the roles count."""
        return CameraScope(frozenset(self.owners), frozenset(self.groups))

    @property
    def user(self) -> User:
        """The account as a user of the portal."""
        roles = frozenset(role for role in get_args(Role) if role in self.roles)
        return User(self.name, roles, self.password_hash, self.scope)


@dataclass(frozen=True, slots=True)
class Rights:
    """Roles and scope that an account gets."""

    roles: tuple[Role, ...]
    owners: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.roles) - set(get_args(Role))
        if unknown or not self.roles:
            raise UserError(f"roles: give one or more of {', '.join(get_args(Role))}")
        for field, names in (("owners", self.owners), ("groups", self.groups)):
            if not all(name and name.isprintable() for name in names):
                raise UserError(f"{field}: use the names in the configuration, of printable characters")

    @property
    def scope(self) -> CameraScope:
        """Cameras for which the roles count."""
        return CameraScope(frozenset(self.owners), frozenset(self.groups))

    @property
    def details(self) -> dict[str, str]:
        """Text for the audit log."""
        named = {"roles": self.roles, "owners": self.owners, "groups": self.groups}
        return {key: ", ".join(values) for key, values in named.items() if values}


def all_people(connection: Connection) -> list[Person]:
    """All accounts of the database, by name."""
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM people ORDER BY name").fetchall()  # noqa: S608 (constants)


def find_person(connection: Connection, name: str) -> Person:
    """The account with this name. Raises UserError where there is none."""
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        query = f"SELECT {_COLUMNS} FROM people WHERE name = %s FOR UPDATE"  # noqa: S608
        found = cursor.execute(query, [name]).fetchone()
    if found is None:
        raise UserError(f"{name}: no such account in the database; `simpang users list` shows them")
    return found


def add_person(
    connection: Connection, name: str, password: str, rights: Rights, *, actor: str, configured: Iterable[str]
) -> None:
    """Add an account. configured: names of the configuration, which are taken. Raises UserError for an unusable one."""
    if not _NAME.fullmatch(name):
        raise UserError("name: use small letters, digits, - and _, at most 63, the first a letter or digit")
    if name in set(configured):
        raise UserError(f"{name}: is in the configuration; choose another name, or change it there")
    check_password(name, password)
    added = connection.execute(
        "INSERT INTO people (name, password_hash, roles, owners, groups) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (name) DO NOTHING RETURNING name",
        [name, hash_password(password), list(rights.roles), list(rights.owners), list(rights.groups)],
    ).fetchone()
    if added is None:
        raise UserError(f"{name}: there is such an account already; change it, or choose another name")
    add_entry(connection, actor, "account added", name, rights.details)


def change_rights(connection: Connection, name: str, rights: Rights, *, actor: str) -> None:
    """Give an account other roles and another scope. Raises UserError where there is none."""
    find_person(connection, name)
    connection.execute(
        "UPDATE people SET roles = %s, owners = %s, groups = %s WHERE name = %s",
        [list(rights.roles), list(rights.owners), list(rights.groups), name],
    )
    add_entry(connection, actor, "rights changed", name, rights.details)


def change_password(connection: Connection, name: str, password: str, *, actor: str) -> None:
    """Give an account another password, which ends its sessions. Raises UserError for an unusable one."""
    find_person(connection, name)
    check_password(name, password)
    connection.execute("UPDATE people SET password_hash = %s WHERE name = %s", [hash_password(password), name])
    connection.execute("DELETE FROM sessions WHERE name = %s", [name])
    add_entry(connection, actor, "password changed", name)


def set_disabled(connection: Connection, name: str, *, disabled: bool, actor: str) -> None:
    """Disable an account, which ends its sessions, or enable it. Raises UserError where there is none."""
    find_person(connection, name)
    connection.execute("UPDATE people SET disabled = %s WHERE name = %s", [disabled, name])
    if disabled:
        connection.execute("DELETE FROM sessions WHERE name = %s", [name])
    add_entry(connection, actor, "account disabled" if disabled else "account enabled", name)


def check_password(name: str, password: str) -> None:
    """Raise UserError for a password that is too short or too long, or is made of the name."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise UserError(f"password: use {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters, such as four words")
    if not password.lower().replace(name, ""):
        raise UserError("password: is the name again; choose another one")
