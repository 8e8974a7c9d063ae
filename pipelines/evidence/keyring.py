"""Signing key of a machine, and the public keys of its earlier ones."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from pipelines.atomic_file import replacing, write_atomically
from pipelines.errors import UserError
from pipelines.evidence.verifier.shapes import KEYRING, wrong_fields
from pipelines.evidence.verifier.signatures import ALGORITHM, key_id_of, signed_part
from pipelines.evidence.verifier.strict_json import NotCanonical, canonical, parse_canonical

KEYRING_FORMAT = "simpang-keyring/1"
"""Value of `format` in keyrings of this version."""

KEYRING_NAME = "keyring.json"
"""Name of the file of public keys, which is given to the receivers of evidence."""


class Keyring:
    """Keys in a folder, which is made with a first key where there is none. Raises UserError for a damaged keyring.

    The private key is a file that only its owner can read. The public keys are in `keyring.json`, the present one last.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(folder / ".lock"):
            if not self._read():
                self._write([self._new_key()])

    @property
    def public_file(self) -> Path:
        """The file of public keys."""
        return self._folder / KEYRING_NAME

    def sign(self, document: Mapping[str, Any], context: str) -> dict[str, Any]:
        """Return the document with its key and signature. context: kind of document (`verifier.signatures`)."""
        # Read each time: another process may have replaced the key.
        with locked(self._folder / ".lock"):
            entry = self._read()[-1]
            key = self._private_key(entry["key_id"])
        signing = {name: entry[name] for name in ("algorithm", "key_id", "public_key")}
        unsigned = {**document, "signing": signing}
        return {**unsigned, "signature": key.sign(signed_part(unsigned, context)).hex()}

    def rotate(self, at: str) -> str:
        """Replace the key that signs, keep its public key as valid until `at`, and return the id of the new one."""
        with locked(self._folder / ".lock"):
            entries = self._read()
            entries[-1]["not_after"] = at
            self._write([*entries, self._new_key()])
            (self._folder / f"{entries[-1]['key_id']}.pem").unlink(missing_ok=True)
            return str(self._read()[-1]["key_id"])

    def _read(self) -> list[dict[str, Any]]:
        try:
            keyring = parse_canonical(self.public_file.read_bytes())
        except FileNotFoundError:
            return []
        except NotCanonical:
            keyring = None
        if keyring is None or wrong_fields(keyring, KEYRING) or not keyring["keys"]:
            raise UserError(f"{self.public_file}: the keyring is damaged; restore it from a copy")
        entries: list[dict[str, Any]] = keyring["keys"]
        return entries

    def _write(self, entries: list[dict[str, Any]]) -> None:
        write_atomically(self.public_file, canonical({"format": KEYRING_FORMAT, "keys": entries}))

    def _new_key(self) -> dict[str, Any]:
        """Store a new private key and return its entry of the keyring."""
        key = Ed25519PrivateKey.generate()
        public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key_id = key_id_of(public_key)
        with replacing(self._folder / f"{key_id}.pem") as draft:
            draft.touch(mode=0o600)
            draft.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        # No beginning: a clock that was ahead at this moment would make later evidence invalid.
        period = {"not_before": None, "not_after": None}
        return {"key_id": key_id, "algorithm": ALGORITHM, "public_key": public_key.hex(), **period}

    def _private_key(self, key_id: str) -> Ed25519PrivateKey:
        path = self._folder / f"{key_id}.pem"
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise UserError(f"{path}: the signing key cannot be read; restore it, or run `simpang evidence rotate-key`")
        return key


@contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file among processes. Raises BlockingIOError where it is taken and `wait` is False."""
    with path.open("ab") as file:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield


def utc_text(time: datetime) -> str:
    """Return a time as documents of evidence state it.

    >>> utc_text(datetime(2026, 11, 30, 10, 0, 0, 123999, tzinfo=UTC))
    '2026-11-30T10:00:00.123Z'
    """
    utc = time.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
