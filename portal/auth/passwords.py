"""Hashing and verification of passwords with Argon2id."""

import secrets
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

MAX_CONCURRENT_VERIFICATIONS = 2
"""Verifications at the same time. Each needs 64 MiB, and many sign-ins must not exhaust the memory. [assumption]"""

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Hash a password with the recommended parameters of argon2-cffi."""
    return _hasher.hash(password)


def is_password_hash(text: str) -> bool:
    """Whether `text` is a hash that can be verified; its parameters may differ from today's."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


class PasswordVerifier:
    """Verifies passwords, a few at the same time; other threads wait."""

    def __init__(self) -> None:
        self._slots = BoundedSemaphore(MAX_CONCURRENT_VERIFICATIONS)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash. None takes as long as a wrong password, and returns False."""
        with self._slots:
            try:
                return _hasher.verify(password_hash or self._hash_of_no_user, password) and password_hash is not None
            except VerificationError:
                return False

    @cached_property
    def _hash_of_no_user(self) -> str:
        return hash_password(secrets.token_urlsafe())
