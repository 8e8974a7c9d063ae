"""Signing in and out."""

import math
import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status

from portal.auth.permissions import CurrentUser
from portal.auth.schemas import Session, SessionUser, SignIn
from portal.auth.sessions import COOKIE, LIFETIME_S
from portal.auth.users import User
from portal.dependencies import ServicesDep
from portal.schemas import Problem

TRIES_PER_NAME = 5
TRIES_PER_ADDRESS = 50
"""Many people of one office share an address."""

router = APIRouter(prefix="/api/session", tags=["session"])


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


Address = Annotated[str, Depends(_address)]


@router.get("")
def who_am_i(user: CurrentUser) -> Session:
    """The user of this session, null for an anonymous user."""
    return _session(user)


@router.post("", responses={401: {"model": Problem}, 429: {"model": Problem}})
def sign_in(given: SignIn, services: ServicesDep, address: Address, response: Response) -> Session:
    """Sets the session cookie. Five wrong passwords for a name from one address close that door for minutes."""
    name = given.name.strip().lower()
    by_name, by_address = ("name", name, address), ("address", address)
    limits = {by_name: TRIES_PER_NAME, by_address: TRIES_PER_ADDRESS}
    wait_s = services.sign_in_limiter.attempt(limits, time.monotonic())
    if wait_s > 0:
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many wrong passwords; please wait a few minutes.",
            {"Retry-After": f"{math.ceil(wait_s)}"},
        )
    user = services.users.check(name, given.password)
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Name or password is wrong.")
    services.sign_in_limiter.forget(by_name)
    services.sign_in_limiter.take_back(by_address)
    response.set_cookie(
        COOKIE,
        services.sessions.issue(user, time.time()),
        max_age=LIFETIME_S,
        httponly=True,
        samesite="lax",
        secure=(services.config.portal.public_url or "").startswith("https:"),
    )
    return _session(user)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT)
def sign_out(response: Response) -> None:
    """Takes the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def _session(user: User | None) -> Session:
    return Session(user=SessionUser(name=user.name, roles=sorted(user.roles)) if user else None)
