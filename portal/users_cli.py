"""`simpang users`: accounts in the database, and their open sessions."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, get_args

import click
from psycopg import Connection

from pipelines.config.config_file import read_config
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import open_database, transaction
from portal.auth.people import (
    Rights,
    add_person,
    all_people,
    change_password,
    change_rights,
    find_person,
    set_disabled,
)
from portal.auth.second_factor import remove_codes
from portal.auth.session_table import open_sessions_of
from portal.auth.users import Role
from portal.cameras.camera_scope import CameraScope

ACTOR = "command line"
"""Actor in the audit log."""

CONFIG = click.argument("config", type=click.Path(path_type=Path))
"""Path of the configuration of a city."""
NAME = click.argument("name")
"""Name of an account."""


def _rights(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of roles and scope, and give the command the rights."""

    @click.option("--role", "roles", multiple=True, type=click.Choice(get_args(Role)), required=True)
    @click.option("--owner", "owners", multiple=True, help="Only cameras of this owner; may be repeated.")
    @click.option("--group", "groups", multiple=True, help="Only cameras of this group; may be repeated.")
    @wraps(command)
    def with_rights(roles: Any, owners: tuple[str, ...], groups: tuple[str, ...], **others: Any) -> None:
        command(rights=Rights(roles, owners, groups), **others)

    return with_rights


@click.group()
def users() -> None:
    """Add and change accounts of the portal. Those in the configuration are changed there.

    A running portal takes a change up within seconds.
    """


@users.command("list")
@click.option("--sessions", is_flag=True, help="List the open sessions, too.")
@CONFIG
def list_users(config: Path, *, sessions: bool) -> None:
    """List the accounts of the city in CONFIG, with the number of cameras for which their roles count."""
    settings = read_config(config)
    with _database(settings) as connection:
        configured = {user.name for user in settings.users}
        for user in settings.users:
            scope = CameraScope(frozenset(user.owners), frozenset(user.groups))
            _print(user.name, user.roles, scope, settings, "in the configuration")
        for person in all_people(connection):
            state = "ignored: the name is in the configuration" if person.name in configured else ""
            _print(person.name, person.roles, person.scope, settings, "disabled" if person.disabled else state)
        for session in open_sessions_of(connection, None, datetime.now(UTC)) if sessions else ():
            seen = session.seen_at.isoformat(timespec="minutes")
            click.echo(f"session  {session.name}  {seen}  {session.browser or 'other program'}  {session.network}")


@users.command()
@CONFIG
@NAME
@_rights
def add(config: Path, name: str, rights: Rights) -> None:
    """Add the account NAME; asks for its password, or reads it from standard input."""
    settings = read_config(config)
    password = _password()
    with _database(settings) as connection:
        names = [user.name for user in settings.users]
        add_person(connection, name, password, rights, actor=ACTOR, configured=names)
    _print(name, rights.roles, rights.scope, settings, "added")


@users.command()
@CONFIG
@NAME
@_rights
def rights(config: Path, name: str, rights: Rights) -> None:
    """Give the account NAME these roles and this scope in place of its own."""
    settings = read_config(config)
    with _database(settings) as connection:
        change_rights(connection, name, rights, actor=ACTOR)
    _print(name, rights.roles, rights.scope, settings, "changed")


@users.command()
@CONFIG
@NAME
def password(config: Path, name: str) -> None:
    """Give the account NAME another password, which ends its sessions."""
    settings = read_config(config)
    with _database(settings) as connection:
        find_person(connection, name)
    typed = _password()
    with _database(settings) as connection:
        change_password(connection, name, typed, actor=ACTOR)
    click.echo(f"{name}: password changed, sessions ended")


@users.command()
@CONFIG
@NAME
def disable(config: Path, name: str) -> None:
    """Disable the account NAME, which ends its sessions."""
    with _database(read_config(config)) as connection:
        set_disabled(connection, name, disabled=True, actor=ACTOR)
    click.echo(f"{name}: disabled, sessions ended")


@users.command()
@CONFIG
@NAME
def enable(config: Path, name: str) -> None:
    """Enable the account NAME again."""
    with _database(read_config(config)) as connection:
        set_disabled(connection, name, disabled=False, actor=ACTOR)
    click.echo(f"{name}: enabled")


@users.command("remove-codes")
@CONFIG
@NAME
def remove_codes_of(config: Path, name: str) -> None:
    """Ask the account NAME for its password only, after the device with its one-time codes was lost."""
    with _database(read_config(config)) as connection:
        find_person(connection, name)
        remove_codes(connection, name, actor=ACTOR)
    click.echo(f"{name}: is asked for its password only")


@contextmanager
def _database(settings: Config) -> Iterator[Connection]:
    try:
        with open_database(settings, max_connections=1) as pool, transaction(pool) as connection:
            yield connection
    except DatabaseUnavailable as error:
        raise UserError(f"{error}; run the command again") from error


def _password() -> str:
    """The password from the terminal, typed twice; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="Repeat the password", err=True)
    return typed


def _print(name: str, roles: Any, scope: CameraScope, settings: Config, state: str) -> None:
    number = sum(scope.covers(camera) for camera in settings.cameras)
    limits = [f"{kind} {', '.join(sorted(values))}" for kind, values in _limits(scope) if values]
    parts = [name, ", ".join(sorted(roles)), f"{number} of {len(settings.cameras)} cameras", *limits, state]
    click.echo("  ".join(part for part in parts if part))


def _limits(scope: CameraScope) -> list[tuple[str, frozenset[str]]]:
    return [("owner", scope.owners), ("group", scope.groups)]
