"""One-time codes of the own account."""

import time

from fastapi import APIRouter, HTTPException, status

from pipelines.errors import UserError
from pipelines.store.pool import transaction
from portal.auth.limited_code import check_limited_code
from portal.auth.permissions import SignedIn
from portal.auth.schemas import CodesRemoval, CodesSetUp, CodesState, NewSecret, PasswordOnly, RecoveryCodes
from portal.auth.second_factor import CodeCheck, has_codes, remove_codes, set_up_codes
from portal.auth.session_list_routes import require_own_password
from portal.auth.totp import address_of, new_secret
from portal.dependencies import ServicesDep
from portal.schemas import Problem

router = APIRouter(
    prefix="/api/session/codes",
    tags=["session"],
    responses={code: {"model": Problem} for code in (401, 403, 409, 429)},
)


@router.get("")
def codes(session: SignedIn, services: ServicesDep) -> CodesState:
    """Whether the own account is asked for one-time codes."""
    with transaction(services.pool) as connection:
        return CodesState(active=has_codes(connection, session.user.name))


@router.post("/secret")
def secret(given: PasswordOnly, session: SignedIn, services: ServicesDep) -> NewSecret:
    """A new secret for an application that shows one-time codes. Nothing changes before it is set up."""
    require_own_password(given.password, session, services)
    value = new_secret()
    return NewSecret(secret=value, address=address_of(value, session.user.name, f"Simpang {services.config.city.name}"))


@router.put("")
def set_up(given: CodesSetUp, session: SignedIn, services: ServicesDep) -> RecoveryCodes:
    """Ask the own account for one-time codes from now on. The recovery codes are shown only in this answer.

    Codes that are set up already are removed first.
    """
    require_own_password(given.password, session, services)
    try:
        with transaction(services.pool) as connection:
            found = set_up_codes(connection, session.user.name, given.secret, given.code, time.time())
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{error}.") from error
    return RecoveryCodes(codes=found)


@router.post("/removal", status_code=status.HTTP_204_NO_CONTENT)
def remove(given: CodesRemoval, session: SignedIn, services: ServicesDep) -> None:
    """Ask the own account for its password only. Needs a code: the password and a stolen session are not enough."""
    require_own_password(given.password, session, services)
    if check_limited_code(session.user.name, given.code, services) in (CodeCheck.WRONG, CodeCheck.MISSING):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "The code is wrong, or was used already.")
    try:
        with transaction(services.pool) as connection:
            remove_codes(connection, session.user.name, actor=session.user.name)
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{error}.") from error
