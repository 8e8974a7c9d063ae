"""Accounts and their sessions, for admins. An admin manages accounts whose scope is within its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, HTTPException, status
from psycopg import Connection

from pipelines.errors import UserError
from pipelines.store.pool import transaction
from portal.auth.people import Person, Rights, add_person, all_people, change_password, change_rights, set_disabled
from portal.auth.permissions import Admin
from portal.auth.schemas import (
    Account,
    AccountChange,
    AccountRights,
    Accounts,
    NewAccount,
    NewPassword,
    OpenSessions,
)
from portal.auth.second_factor import remove_codes
from portal.auth.session_list_routes import open_session
from portal.auth.users import User
from portal.dependencies import LiveDep, Services, ServicesDep
from portal.schemas import Problem

router = APIRouter(
    prefix="/api/people", tags=["people"], responses={code: {"model": Problem} for code in (401, 403, 404, 409)}
)


@router.get("")
def people(admin: Admin, services: ServicesDep) -> Accounts:
    """Accounts that the admin may manage, with those of the configuration, by name."""
    with transaction(services.pool) as connection:
        stored = all_people(connection)
    configured = services.users.configured
    names = {user.name for user in configured}
    found = [_account(user, services, configured=True) for user in configured if admin.scope.contains(user.scope)]
    found += [
        _account(person.user, services, disabled=person.disabled)
        for person in stored
        if person.name not in names and admin.scope.contains(person.scope)
    ]
    cameras = [entry.camera for entry in services.catalogue.within(admin.scope)]
    return Accounts(
        accounts=sorted(found, key=lambda account: account.name),
        owners=sorted({camera.owner for camera in cameras if camera.owner}),
        groups=sorted({group for camera in cameras for group in camera.groups}),
    )


@router.post("", status_code=status.HTTP_201_CREATED)
def add(given: NewAccount, admin: Admin, services: ServicesDep) -> Account:
    """Add an account."""
    rights = _granted(given, admin)
    with _changing(services, given.name) as connection:
        names = [user.name for user in services.users.configured]
        add_person(connection, given.name, given.password, rights, actor=admin.name, configured=names)
        return _account(_find(connection, given.name, admin).user, services)


@router.put("/{name}")
def change(name: str, given: AccountChange, admin: Admin, services: ServicesDep) -> Account:
    """Change roles and scope of an account, disable it, which ends its sessions, or enable it.

    Not the own one: the last admin could not take that back.
    """
    _require_other(name, admin)
    rights = _granted(given, admin)
    with _changing(services, name) as connection:
        person = _find(connection, name, admin)
        # Sessions are deleted before the first entry of the audit log, as sign-in and sign-out lock them.
        if given.disabled != person.disabled:
            set_disabled(connection, name, disabled=given.disabled, actor=admin.name)
        if (set(rights.roles), rights.scope) != (set(person.roles), person.scope):
            change_rights(connection, name, rights, actor=admin.name)
        changed = _find(connection, name, admin)
        return _account(changed.user, services, disabled=changed.disabled)


@router.put("/{name}/password", status_code=status.HTTP_204_NO_CONTENT)
def give_password(name: str, given: NewPassword, admin: Admin, services: ServicesDep) -> None:
    """Give an account another password, which ends its sessions. The own one is changed with the present one only."""
    _require_other(name, admin)
    with _changing(services, name) as connection:
        _find(connection, name, admin)
        change_password(connection, name, given.password, actor=admin.name)


@router.delete("/{name}/codes", status_code=status.HTTP_204_NO_CONTENT)
def remove_codes_of(name: str, admin: Admin, services: ServicesDep) -> None:
    """Ask an account for its password only, after its device was lost. The own codes are removed with a code only."""
    _require_other(name, admin)
    with _changing(services, name) as connection:
        _find(connection, name, admin)
        remove_codes(connection, name, actor=admin.name)


@router.get("/{name}/sessions")
def sessions(name: str, admin: Admin, services: ServicesDep) -> OpenSessions:
    """Open sessions of an account, the last used first."""
    _require_manageable(name, admin, services)
    found = services.sessions.sessions_of([name], time.time())
    return OpenSessions(sessions=[open_session(each) for each in found])


@router.delete("/{name}/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
def end_session(name: str, session_id: str, admin: Admin, services: ServicesDep, live: LiveDep) -> None:
    """End a session of an account, with its open streams."""
    _require_manageable(name, admin, services)
    if not services.sessions.end(session_id, [name], time.time(), actor=admin.name):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such session.")
    live.broadcaster.end_session(session_id)


@contextmanager
def _changing(services: Services, name: str) -> Iterator[Connection]:
    """A transaction after which an account and its sessions are read again. Unusable values are answered with 422."""
    try:
        with transaction(services.pool) as connection:
            yield connection
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{error}.") from error
    services.users.forget()
    services.sessions.forget(name)


def _find(connection: Connection, name: str, admin: User) -> Person:
    """The account of the database with this name. Raises 404 for one that the admin may not manage."""
    person = next((each for each in all_people(connection) if each.name == name), None)
    if person is None or not admin.scope.contains(person.scope):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such account in the database.")
    return person


def _require_manageable(name: str, admin: User, services: Services) -> None:
    """Raise 404 for an account that the admin may not manage."""
    configured = next((user for user in services.users.configured if user.name == name), None)
    if configured is None:
        with transaction(services.pool) as connection:
            _find(connection, name, admin)
    elif not admin.scope.contains(configured.scope):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such account.")


def _require_other(name: str, admin: User) -> None:
    """Raise 409 for the own account: a stolen session must not change it."""
    if name == admin.name:
        raise HTTPException(status.HTTP_409_CONFLICT, "Let another admin change your own account.")


def _granted(given: AccountRights, admin: User) -> Rights:
    """Rights that an admin gives. Raises 403 for a scope that is wider than its own."""
    try:
        rights = Rights(tuple(dict.fromkeys(given.roles)), tuple(given.owners), tuple(given.groups))
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{error}.") from error
    if not admin.scope.contains(rights.scope):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your rights do not cover all cameras of this scope.")
    return rights


def _account(user: User, services: Services, *, disabled: bool = False, configured: bool = False) -> Account:
    return Account(
        name=user.name,
        roles=sorted(user.roles),
        owners=sorted(user.scope.owners),
        groups=sorted(user.scope.groups),
        disabled=disabled,
        configured=configured,
        cameras=len(services.catalogue.within(user.scope)),
    )
