"""Open sessions of the own account, and its password."""

import time

from fastapi import APIRouter, HTTPException, status

from pipelines.errors import UserError
from pipelines.store.pool import transaction
from portal.auth.people import change_password
from portal.auth.permissions import SignedIn
from portal.auth.schemas import OpenSession, OpenSessions, PasswordChange
from portal.auth.session_table import StoredSession
from portal.auth.sessions import UserSession
from portal.dependencies import LiveDep, Services, ServicesDep
from portal.schemas import Problem

ATTEMPTS = 5
"""Wrong present passwords of an account within five minutes. [assumption]"""

router = APIRouter(prefix="/api", tags=["session"], responses={401: {"model": Problem}})


@router.get("/sessions")
def own_sessions(session: SignedIn, services: ServicesDep) -> OpenSessions:
    """Open sessions of the own account, the last used first."""
    found = services.sessions.sessions_of([session.user.name], time.time())
    return OpenSessions(sessions=[open_session(each, current_id=session.id) for each in found])


@router.delete("/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": Problem}})
def end_own_session(session_id: str, session: SignedIn, services: ServicesDep, live: LiveDep) -> None:
    """End a session of the own account, with its open streams."""
    name = session.user.name
    if not services.sessions.end(session_id, [name], time.time(), actor=name):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such session.")
    live.broadcaster.end_session(session_id)


@router.put(
    "/session/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={403: {"model": Problem}, 409: {"model": Problem}, 429: {"model": Problem}},
)
def change_own_password(given: PasswordChange, session: SignedIn, services: ServicesDep) -> None:
    """Change the password of the own account, which ends all its sessions, this one too."""
    require_own_password(given.present, session, services)
    name = session.user.name
    try:
        with transaction(services.pool) as connection:
            change_password(connection, name, given.next, actor=name)
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{error}.") from error
    services.users.forget()
    services.sessions.forget(name)


def require_own_password(password: str, session: UserSession, services: Services) -> None:
    """Raise an error where the password is not that of the account, and for accounts of the configuration."""
    name = session.user.name
    if any(user.name == name for user in services.users.configured):
        raise HTTPException(status.HTTP_409_CONFLICT, "This account is in the configuration; it is changed there.")
    if services.sign_in_limiter.attempt({("password", name): ATTEMPTS}, time.monotonic()) > 0:
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "Too many wrong passwords; please wait a few minutes.")
    if services.users.authenticate(name, password) is None:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "The present password is wrong.")
    services.sign_in_limiter.reset(("password", name))


def open_session(session: StoredSession, current_id: str | None = None) -> OpenSession:
    """JSON of a session. current_id: id of the session of the request."""
    return OpenSession(
        id=session.id,
        name=session.name,
        current=session.id == current_id,
        network=session.network,
        browser=session.browser,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
    )
