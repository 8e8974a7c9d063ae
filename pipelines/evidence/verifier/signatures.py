"""Signed documents: canonical JSON whose member `signature` signs the rest, and the public keys that are trusted."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from pipelines.evidence.verifier.findings import Finding
from pipelines.evidence.verifier.shapes import KEYRING, wrong_fields
from pipelines.evidence.verifier.strict_json import NotCanonical, canonical, parse_canonical

ALGORITHM = "Ed25519"
"""The one algorithm of signatures. [source: RFC 8032]"""

MANIFEST_CONTEXT, CHECKPOINT_CONTEXT = "simpang evidence manifest v1", "simpang custody checkpoint v1"
"""First line of what is signed, so that a signature of one kind of document is none of another."""


@dataclass(frozen=True)
class TrustedKey:
    """Public key. not_before, not_after: period in which it signs; None without limit."""

    public_key: bytes
    not_before: str | None = None
    not_after: str | None = None


TrustedKeys = Mapping[str, TrustedKey]
"""Id of each trusted key -> the key."""


def key_id_of(public_key: bytes) -> str:
    """Return the id of a public key of 32 bytes."""
    return f"ed25519-{hashlib.sha256(public_key).hexdigest()[:32]}"


def signed_part(document: Mapping[str, Any], context: str) -> bytes:
    """Return the bytes that the signature of a document signs."""
    return context.encode() + b"\n" + canonical({key: value for key, value in document.items() if key != "signature"})


def check_signature(
    document: Mapping[str, Any], context: str, at: str, keys: TrustedKeys | None, where: str
) -> list[Finding]:
    """Return the faults of the signature of a document. at: its time of signing. keys: None where none was given."""
    signing = document["signing"]
    if signing["algorithm"] != ALGORITHM:
        return [Finding("algorithm", f"{where}: signing.algorithm", repr(signing["algorithm"])[:80])]
    public_key, key_id = bytes.fromhex(signing["public_key"]), signing["key_id"]
    if key_id != key_id_of(public_key):
        return [Finding("key-id", f"{where}: signing.key_id")]
    found = []
    if keys is None:
        found.append(Finding("no-key", where, key_id))
    elif key_id not in keys:
        found.append(Finding("key-unknown", f"{where}: signing.key_id", key_id))
    else:
        key = keys[key_id]
        public_key = key.public_key
        if at < (key.not_before or at) or at > (key.not_after or at):
            found.append(Finding("key-period", where, f"{key.not_before or '...'} - {key.not_after or '...'}"))
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            bytes.fromhex(document["signature"]), signed_part(document, context)
        )
    except (InvalidSignature, ValueError):
        # A foreign key over damaged content: the damage alone is the fault that can be shown.
        found = [*(finding for finding in found if finding.code != "no-key"), Finding("signature", where)]
    return found


def read_keys(content: bytes, where: str) -> tuple[dict[str, TrustedKey], list[Finding]]:
    """Return the keys of a file by id: public keys in PEM, one behind another, or a keyring of Simpang."""
    if content.lstrip().startswith(b"{"):
        return _keys_of_keyring(content, where)
    found: dict[str, TrustedKey] = {}
    for block in re.findall(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", content, re.DOTALL):
        try:
            key = load_pem_public_key(block + b"\n")
        except (ValueError, UnsupportedAlgorithm):
            return {}, [Finding("key-file", where)]
        if not isinstance(key, Ed25519PublicKey):
            return {}, [Finding("key-file", where)]
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        found[key_id_of(raw)] = TrustedKey(raw)
    return found, [] if found else [Finding("key-file", where)]


def _keys_of_keyring(content: bytes, where: str) -> tuple[dict[str, TrustedKey], list[Finding]]:
    try:
        keyring = parse_canonical(content.strip())
    except NotCanonical as error:
        return {}, [Finding("key-file", where), Finding(error.code, where)]
    faults = wrong_fields(keyring, KEYRING)
    if faults:
        return {}, [Finding("key-file", f"{where}: {fault}") for fault in faults]
    entries: Iterable[dict[str, Any]] = keyring["keys"]
    found = {}
    for entry in entries:
        raw = bytes.fromhex(entry["public_key"])
        if entry["algorithm"] != ALGORITHM or entry["key_id"] != key_id_of(raw):
            return {}, [Finding("key-file", f"{where}: {entry['key_id']}")]
        found[entry["key_id"]] = TrustedKey(raw, entry["not_before"], entry["not_after"])
    return found, []
