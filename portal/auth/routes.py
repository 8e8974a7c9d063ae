"""Sign-in, sign-out, and the user of the present session."""

import math
import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status

from pipelines.store.audit_log import add_entry
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction
from portal.auth.client_description import describe_client, network_prefix
from portal.auth.limited_code import check_limited_code
from portal.auth.permissions import CurrentSession, CurrentUser
from portal.auth.route_rules import ALL_CLIENTS
from portal.auth.schemas import Session, SessionUser, SignIn
from portal.auth.second_factor import CodeCheck
from portal.auth.session_cookie import delete_session_cookie, require_usable_cookie, set_session_cookie
from portal.auth.sessions import UserSession
from portal.auth.users import User
from portal.dependencies import Live, LiveDep, Services, ServicesDep
from portal.schemas import Problem

ATTEMPTS_PER_NAME = 5
"""Wrong passwords for one name from one address within five minutes. [assumption]"""
ATTEMPTS_PER_ADDRESS = 50
"""Wrong passwords from one address within five minutes; a whole office may share an address. [assumption]"""
RECORDED_FAILURES = 10
"""Failed attempts within five minutes, for one account or for all names without one, that the audit log has: nothing is
deleted from it. [assumption]"""

router = APIRouter(prefix="/api/session", tags=["session"])


def _client_address(request: Request) -> str:
    return network_prefix(request.client.host) if request.client else "unknown"


ClientAddress = Annotated[str, Depends(_client_address)]


@router.get("", dependencies=[ALL_CLIENTS])
def current_session(user: CurrentUser) -> Session:
    """The user of this session, null without one."""
    return _as_json(user)


@router.post(
    "",
    responses={401: {"model": Problem}, 403: {"model": Problem}, 428: {"model": Problem}, 429: {"model": Problem}},
    dependencies=[ALL_CLIENTS],
)
def sign_in(
    given: SignIn,
    *,
    services: ServicesDep,
    live: LiveDep,
    previous: CurrentSession,
    address: ClientAddress,
    request: Request,
    response: Response,
) -> Session:
    """Open a session and set its cookie. The session that the client had ends.

    After five wrong passwords for a name from one address, both together are refused for five minutes, after five wrong
    codes the name. Plain HTTP is refused if the public address of the portal is https.
    """
    public_url = services.config.portal.public_url
    require_usable_cookie(request, public_url)
    name = given.name.strip().lower()
    by_name, by_address = ("name", name, address), ("address", address)
    limits = {by_name: ATTEMPTS_PER_NAME, by_address: ATTEMPTS_PER_ADDRESS}
    wait_s = services.sign_in_limiter.attempt(limits, time.monotonic())
    if wait_s > 0:
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many wrong passwords; please wait a few minutes.",
            {"Retry-After": f"{math.ceil(wait_s)}"},
        )
    user = services.users.authenticate(name, given.password)
    if user is None:
        _record_failure(services, name)
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Name or password is wrong.")
    try:
        check = _check_code(services, user, given.code)
    except DatabaseUnavailable:  # the password was right
        services.sign_in_limiter.refund(by_name)
        services.sign_in_limiter.refund(by_address)
        raise
    if check is CodeCheck.WRONG:
        _record_failure(services, name)
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "The code is wrong, or was used already.")
    services.sign_in_limiter.refund(by_address)
    if check is CodeCheck.MISSING:
        services.sign_in_limiter.refund(by_name)
        raise HTTPException(status.HTTP_428_PRECONDITION_REQUIRED, "This account needs a one-time code.")
    services.sign_in_limiter.reset(by_name)
    session = services.sessions.open(user, describe_client(request), time.time())
    if previous is not None:
        _end(previous, services, live)
    set_session_cookie(request, response, services.sessions.cookie, session, public_url)
    return _as_json(user)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, dependencies=[ALL_CLIENTS])
def sign_out(
    session: CurrentSession, services: ServicesDep, live: LiveDep, request: Request, response: Response
) -> None:
    """Revoke the session, end its open streams and delete the cookie."""
    if session is not None:
        _end(session, services, live)
    delete_session_cookie(request, response, services.sessions.cookie)


def _end(session: UserSession, services: Services, live: Live) -> None:
    services.sessions.revoke(session, time.time())
    live.broadcaster.end_session(session.id)


def _check_code(services: Services, user: User, code: str) -> CodeCheck:
    """Accounts of the configuration are never asked for a code."""
    if user in services.users.configured:
        return CodeCheck.NOT_NEEDED
    return check_limited_code(user.name, code, services)


def _record_failure(services: Services, name: str) -> None:
    """Add the attempt to the audit log, of many for one account the first ones.

    A name without an account may be a password in the wrong field.
    """
    subject = name if services.users.find(name) is not None else "unknown account"
    if services.sign_in_limiter.attempt({("recorded", subject): RECORDED_FAILURES}, time.monotonic()) > 0:
        return
    with transaction(services.pool) as connection:
        add_entry(connection, "unknown", "sign-in failed", subject)


def _as_json(user: User | None) -> Session:
    return Session(user=SessionUser(name=user.name, roles=sorted(user.roles)) if user else None)
