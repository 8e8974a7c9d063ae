"""One-time codes by time (TOTP, RFC 6238), and recovery codes that replace one."""

import base64
import binascii
import hashlib
import hmac
import secrets
from urllib.parse import quote

STEP_S = 30
"""Seconds for which a code is shown. [source: RFC 6238, section 4]"""
DIGITS = 6
"""Digits of a code. [source: RFC 4226, section 5.3]"""
TOLERATED_STEPS = 1
"""Steps by which the clock of the device may differ. [source: RFC 6238, section 5.2]"""
SECRET_BYTES = 20
"""Random bytes of a secret: 160 bits. [source: RFC 4226, section 4, R6]"""
RECOVERY_CODES = 10
"""Recovery codes of an account. [assumption]"""
RECOVERY_BYTES = 10
"""Random bytes of a recovery code: 80 bits, so that its plain hash cannot be searched. [source: OWASP ASVS 5.0, 6.5]"""


def new_secret() -> str:
    """A random secret as base32, as applications for one-time codes take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether the text is a secret of full length."""
    try:
        return len(base64.b32decode(text)) >= SECRET_BYTES
    except (binascii.Error, ValueError):
        return False


def code_of(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of a step.

    >>> code_of(base64.b32encode(b"12345678901234567890").decode(), 59 // STEP_S, digits=8)
    '94287082'
    """
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: str, code: str, now: float, used_step: int) -> int | None:
    """The step of a code that is valid at `now`; None for a wrong one, and for one that was used already."""
    current = int(now // STEP_S)
    found = None
    for step in range(current - TOLERATED_STEPS, current + TOLERATED_STEPS + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > used_step:
            found = step
    return found


def address_of(secret: str, name: str, issuer: str) -> str:
    """Address by which an application takes the secret over.

    >>> address_of("ABC", "rina", "Simpang Batam")
    'otpauth://totp/Simpang%20Batam:rina?secret=ABC&issuer=Simpang%20Batam'
    """
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?secret={secret}&issuer={quote(issuer)}"


def new_recovery_codes() -> list[str]:
    """Random recovery codes, such as abcd-efgh-ijkl-mnop."""
    texts = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[start : start + 4] for start in range(0, 16, 4)) for text in texts]


def recovery_hash(code: str) -> str:
    """SHA-256 of a recovery code, however it is typed."""
    return hashlib.sha256("".join(c for c in code.lower() if c.isalnum()).encode()).hexdigest()
