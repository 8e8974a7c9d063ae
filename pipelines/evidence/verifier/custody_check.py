"""Checks of a proof of custody: entries of one package in a log that only grows, against a witness of that log."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

from pipelines.evidence.verifier.findings import Finding
from pipelines.evidence.verifier.merkle import is_consistent, is_included, leaf_hash
from pipelines.evidence.verifier.package_check import Sealed, read_document
from pipelines.evidence.verifier.shapes import CHECKPOINT, PROOF, time_of
from pipelines.evidence.verifier.signatures import CHECKPOINT_CONTEXT, TrustedKeys, check_signature
from pipelines.evidence.verifier.strict_json import canonical

CHECKPOINT_FORMAT, PROOF_FORMAT = "simpang-custody-checkpoint/1", "simpang-custody-proof/1"
"""Values of `format` in documents of this version."""

MAX_LOGGING_DELAY = timedelta(minutes=10)
"""Longest time between the sealing of a package and its entry in the log; both are one step. [assumption]"""

Checkpoint = Mapping[str, Any]
"""Signed size and root of a log (`shapes.CHECKPOINT`)."""


def check_custody(
    proof_data: bytes,
    sealed: Sealed | None,
    expected_id: str | None,
    keys: TrustedKeys | None,
    witness_data: bytes | None,
) -> tuple[list[Finding], list[str]]:
    """Return the faults of a proof of custody, and the history of the package as lines.

    sealed: what the proof must be about; None without a usable package: then the proof is about the package of its
    first entry, which must have the id `expected_id`, where that is given. witness_data: checkpoint that
    another organisation kept; None for none.
    """
    proof, faults = read_document(proof_data, PROOF, PROOF_FORMAT, "proof")
    if proof is None:
        return faults, []
    found = check_checkpoint(proof["checkpoint"], keys, "proof: checkpoint")
    entries = [item["entry"] for item in proof["entries"]]
    found += [*_check_inclusion(proof), *_check_order(entries, proof["checkpoint"])]
    if sealed is not None and _is_destroyed_unexported(entries):
        found.append(Finding("destroyed", f"proof: #{entries[-1]['index']}"))
    if sealed is None and entries:
        first = entries[0]
        sealed = Sealed(expected_id or first["package_id"], first["manifest_sha256"], first["at"])
    found += [Finding("proof-none", "proof")] if sealed is None else _check_subject(entries, sealed)
    if witness_data is not None:
        witness, faults = read_document(witness_data, CHECKPOINT, CHECKPOINT_FORMAT, "checkpoint")
        found += faults
        if witness is not None:
            found += [*check_checkpoint(witness, keys, "checkpoint"), *_check_witness(proof, entries, witness)]
    return found, [_line(entry) for entry in entries]


def check_checkpoint(checkpoint: Checkpoint, keys: TrustedKeys | None, where: str) -> list[Finding]:
    """Return the faults of the signature of a checkpoint."""
    return check_signature(checkpoint, CHECKPOINT_CONTEXT, checkpoint["at"], keys, where)


def _check_inclusion(proof: Mapping[str, Any]) -> list[Finding]:
    size, root = proof["checkpoint"]["size"], bytes.fromhex(proof["checkpoint"]["root"])
    found = []
    for item in proof["entries"]:
        index, path = item["entry"]["index"], [bytes.fromhex(node) for node in item["path"]]
        if not is_included(leaf_hash(canonical(item["entry"])), index, size, path, root):
            found.append(Finding("proof-entry", f"proof: #{index}"))
    return found


def _check_order(entries: list[dict[str, Any]], checkpoint: Checkpoint) -> list[Finding]:
    last = {"index": checkpoint["size"], "at": checkpoint["at"]}
    return [
        Finding("proof-order", f"proof: #{one['index']}, #{other['index']}")
        for one, other in pairwise([*entries, last])
        if one["index"] >= other["index"] or one["at"] > other["at"]
    ]


def _check_subject(entries: list[dict[str, Any]], sealed: Sealed) -> list[Finding]:
    """Return the faults of entries that are not about the package, or that state another time for its creation."""
    found = [
        Finding("proof-other", f"proof: #{entry['index']}")
        for entry in entries
        if (entry["package_id"], entry["manifest_sha256"]) != (sealed.package_id, sealed.manifest_sha256)
    ]
    if not entries or entries[0]["action"] != "created" or found:
        return [*found, Finding("proof-none", "proof")]
    logged_at = entries[0]["at"]
    if logged_at < sealed.sealed_at:
        found.append(Finding("time-order", "proof: created", f"{sealed.sealed_at} > {logged_at}"))
    delay = time_of(logged_at) - time_of(sealed.sealed_at)
    if delay > MAX_LOGGING_DELAY:
        found.append(Finding("late", f"proof: #{entries[0]['index']}", str(delay)))
    return found


def _is_destroyed_unexported(entries: list[dict[str, Any]]) -> bool:
    """Return whether no copy of the package can exist, by what the log states."""
    actions = {entry["action"] for entry in entries}
    return "destroyed" in actions and "exported" not in actions


def _check_witness(proof: Mapping[str, Any], entries: list[dict[str, Any]], witness: Checkpoint) -> list[Finding]:
    """Return what contradicts a checkpoint that was kept elsewhere."""
    checkpoint, where = proof["checkpoint"], "checkpoint"
    if witness["origin"] != checkpoint["origin"]:
        return [Finding("witness-origin", where, witness["origin"])]
    if witness["size"] > checkpoint["size"]:
        return [Finding("rollback", f"{where}: {witness['size']} > {checkpoint['size']}", str(witness["size"]))]
    part = proof["consistency"] or {"size": checkpoint["size"] if witness["size"] else 0, "path": []}
    if part["size"] != witness["size"]:
        return [Finding("witness-missing", where, str(witness["size"]))]
    roots = bytes.fromhex(witness["root"]), bytes.fromhex(checkpoint["root"])
    path = [bytes.fromhex(node) for node in part["path"]]
    if not is_consistent(part["size"], roots[0], checkpoint["size"], roots[1], path):
        return [Finding("witness-path", where)]
    return [
        Finding("back-dated", f"proof: #{entry['index']}", witness["at"])
        for entry in entries
        if (entry["at"] < witness["at"] if entry["index"] >= witness["size"] else entry["at"] > witness["at"])
    ]


def _line(entry: Mapping[str, Any]) -> str:
    """Return an entry of the log as a line."""
    reason = f" ({entry['reason']})" if entry["reason"] else ""
    return f"  #{entry['index']} {entry['at']} {ACTION_WORDS[entry['action']]}: {entry['actor']}{reason}"


ACTION_WORDS = {
    "created": "dibuat / created",
    "viewed": "dilihat / viewed",
    "exported": "diekspor / exported",
    "redacted": "disamarkan / redacted",
    "held": "ditahan demi hukum / held",
    "released": "penahanan dicabut / released",
    "destroyed": "dimusnahkan / destroyed",
}
"""Acts on a package in Indonesian and English."""
