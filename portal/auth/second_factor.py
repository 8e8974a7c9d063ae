"""One-time codes of accounts in the database."""

from enum import Enum

from psycopg import Connection

from pipelines.errors import UserError
from pipelines.store.audit_log import add_entry
from portal.auth.totp import is_secret, matching_step, new_recovery_codes, recovery_hash

MAX_CODE_LENGTH = 40
"""Longest text that is taken as a code. [assumption: a recovery code has 19 characters]"""


class CodeCheck(Enum):
    """Result of the check of a one-time code."""

    NOT_NEEDED = "not needed"
    MISSING = "missing"
    RIGHT = "right"
    WRONG = "wrong"


def check_code(connection: Connection, name: str, code: str, now: float) -> CodeCheck:
    """Check the one-time or recovery code of an account, and let it not be used a second time.

    now: seconds since 1970.
    """
    row = connection.execute(
        "SELECT totp_secret, totp_step, recovery_hashes FROM people WHERE name = %s FOR UPDATE", [name]
    ).fetchone()
    if row is None or row[0] is None:
        return CodeCheck.NOT_NEEDED
    secret, used_step, hashes = row
    code = "".join(code.split())
    if not code:
        return CodeCheck.MISSING
    step = matching_step(secret, code, now, used_step)
    if step is not None:
        connection.execute("UPDATE people SET totp_step = %s WHERE name = %s", [step, name])
        return CodeCheck.RIGHT
    digest = recovery_hash(code)
    if digest not in hashes:
        return CodeCheck.WRONG
    connection.execute(
        "UPDATE people SET recovery_hashes = array_remove(recovery_hashes, %s) WHERE name = %s", [digest, name]
    )
    add_entry(connection, name, "recovery code used", name, {"left": len(hashes) - 1})
    return CodeCheck.RIGHT


def set_up_codes(connection: Connection, name: str, secret: str, code: str, now: float) -> list[str]:
    """Ask the account for one-time codes from now on. Returns its recovery codes, which are shown once.

    Raises UserError for a code that is not of this secret, and for an account that is asked for codes already.
    """
    step = matching_step(secret, "".join(code.split()), now, 0) if is_secret(secret) else None
    if step is None:
        raise UserError("code: is not the one of this secret now; check the clock of the device and type the next code")
    codes = new_recovery_codes()
    changed = connection.execute(
        "UPDATE people SET totp_secret = %s, totp_step = %s, recovery_hashes = %s"
        " WHERE name = %s AND totp_secret IS NULL RETURNING name",
        [secret, step, [recovery_hash(each) for each in codes], name],
    ).fetchone()
    if changed is None:
        raise UserError(f"{name}: has codes already; remove them first")
    add_entry(connection, name, "one-time codes set up", name)
    return codes


def remove_codes(connection: Connection, name: str, *, actor: str) -> None:
    """Ask the account for its password only. Raises UserError for an account without one-time codes."""
    removed = connection.execute(
        "UPDATE people SET totp_secret = NULL, totp_step = 0, recovery_hashes = '{}'"
        " WHERE name = %s AND totp_secret IS NOT NULL RETURNING name",
        [name],
    ).fetchone()
    if removed is None:
        raise UserError(f"{name}: has none set up")
    add_entry(connection, actor, "one-time codes removed", name)


def has_codes(connection: Connection, name: str) -> bool:
    """Whether the account is asked for one-time codes."""
    row = connection.execute("SELECT totp_secret IS NOT NULL FROM people WHERE name = %s", [name]).fetchone()
    return bool(row and row[0])
