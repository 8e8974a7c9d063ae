"""Check of one-time codes with a limit for each account, against guessing from many addresses."""

import math
import time

from fastapi import HTTPException, status

from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction
from portal.auth.second_factor import CodeCheck, check_code
from portal.dependencies import Services

ATTEMPTS = 5
"""Wrong codes of an account within five minutes, by clients that know its password: one of a million codes, of which
three are valid, is met within years. [assumption]"""


def check_limited_code(name: str, code: str, services: Services) -> CodeCheck:
    """Check the code of an account of the database. Raises 429 after several wrong ones, from whatever address."""
    key = ("code", name)
    wait_s = services.sign_in_limiter.attempt({key: ATTEMPTS}, time.monotonic())
    if wait_s > 0:
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Too many wrong codes; please wait a few minutes.",
            {"Retry-After": f"{math.ceil(wait_s)}"},
        )
    try:
        with transaction(services.pool) as connection:
            check = check_code(connection, name, code, time.time())
    except DatabaseUnavailable:
        services.sign_in_limiter.refund(key)
        raise
    if check is CodeCheck.RIGHT:
        services.sign_in_limiter.reset(key)
    elif check is not CodeCheck.WRONG:
        services.sign_in_limiter.refund(key)
    return check
