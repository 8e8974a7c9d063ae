"""Sign-in, sign-out, and the user of the present session."""

import math
import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status

from portal.auth.permissions import CurrentSession, CurrentUser
from portal.auth.route_rules import ALL_CLIENTS
from portal.auth.schemas import Session, SessionUser, SignIn
from portal.auth.session_cookie import delete_session_cookie, require_usable_cookie, set_session_cookie
from portal.auth.users import User
from portal.dependencies import LiveDep, ServicesDep
from portal.schemas import Problem

ATTEMPTS_PER_NAME = 5
"""Wrong passwords for one name from one address within five minutes. [assumption]"""
ATTEMPTS_PER_ADDRESS = 50
"""Wrong passwords from one address within five minutes; a whole office may share an address. [assumption]"""

router = APIRouter(prefix="/api/session", tags=["session"])


def _client_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


ClientAddress = Annotated[str, Depends(_client_address)]


@router.get("", dependencies=[ALL_CLIENTS])
def current_session(user: CurrentUser) -> Session:
    """The user of this session, null without one."""
    return _as_json(user)


@router.post(
    "",
    responses={401: {"model": Problem}, 403: {"model": Problem}, 429: {"model": Problem}},
    dependencies=[ALL_CLIENTS],
)
def sign_in(
    given: SignIn, services: ServicesDep, address: ClientAddress, request: Request, response: Response
) -> Session:
    """Open a session and set its cookie.

    After five wrong passwords for a name from one address, both together are refused for five minutes. Plain HTTP is
    refused if the public address of the portal is https.
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
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Name or password is wrong.")
    services.sign_in_limiter.reset(by_name)
    services.sign_in_limiter.refund(by_address)
    session = services.sessions.open(user, time.time())
    set_session_cookie(request, response, services.sessions.cookie, session, public_url)
    return _as_json(user)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, dependencies=[ALL_CLIENTS])
def sign_out(
    session: CurrentSession, services: ServicesDep, live: LiveDep, request: Request, response: Response
) -> None:
    """Revoke the session, end its open streams and delete the cookie."""
    if session is not None:
        services.sessions.revoke(session, time.time())
        live.broadcaster.end_session(session.id)
    delete_session_cookie(request, response, services.sessions.cookie)


def _as_json(user: User | None) -> Session:
    return Session(user=SessionUser(name=user.name, roles=sorted(user.roles)) if user else None)
