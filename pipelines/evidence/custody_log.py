"""Log of custody: acts on packages of evidence in a Merkle tree that only grows, with proofs and signed checkpoints.

Entries are lines of canonical JSON. The hashes of their tree are kept beside them; damaged ones are made again.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from pipelines.atomic_file import write_atomically
from pipelines.errors import UserError
from pipelines.evidence.keyring import Keyring, locked, utc_text
from pipelines.evidence.merkle_tree import MerkleTree
from pipelines.evidence.verifier.custody_check import CHECKPOINT_FORMAT, PROOF_FORMAT
from pipelines.evidence.verifier.merkle import leaf_hash
from pipelines.evidence.verifier.shapes import ENTRY, wrong_fields
from pipelines.evidence.verifier.signatures import CHECKPOINT_CONTEXT
from pipelines.evidence.verifier.strict_json import NotCanonical, canonical, parse_canonical

MAX_LINE_BYTES = 65_536
"""Longest line of the log; texts of an entry are limited by `verifier.shapes.MAX_TEXT`. [assumption]"""


class CustodyLog:
    """Log in a folder, which processes of one machine share. Thread-safe.

    An entry is on disk when `append` returns. Raises UserError where the log is damaged.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._entries, self._tree = folder / "custody.jsonl", folder / "custody.tree"
        self._lock, self._issued = folder / "custody.lock", folder / "custody.checkpoint"
        self._origin = folder / "custody.origin"

    def append(
        self, action: str, package_id: str, manifest_sha256: str, *, actor: str, reason: str = "", since: str = ""
    ) -> dict[str, Any]:
        """Add an entry and return it. since: time before which it cannot be, where the clock was set back.

        Raises UserError for texts that an entry cannot contain.
        """
        with self._opened() as (lines, tree):
            entry = {
                "index": tree.size,
                "at": max(utc_text(datetime.now(UTC)), self._latest(lines), since),
                "action": action,
                "package_id": package_id,
                "manifest_sha256": manifest_sha256,
                "actor": actor,
                "reason": reason,
            }
            faults = wrong_fields(entry, ENTRY)
            if faults:
                raise UserError(f"{', '.join(faults)}: not possible in the log of custody; give one line of text")
            content = canonical(entry)
            lines.seek(0, os.SEEK_END)
            lines.write(content + b"\n")
            _sync(lines)
            tree.append(leaf_hash(content))
            _sync(tree.hashes)
            return entry

    def earliest_time(self) -> str:
        """Return the present time, or that of the newest entry where the clock was set back behind it."""
        with self._opened() as (lines, _):
            return max(utc_text(datetime.now(UTC)), self._latest(lines))

    def entries(self, package_id: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of a package, or all, the oldest first."""
        with self._opened() as (lines, _):
            return _entries(lines, package_id)

    def checkpoint(self, keyring: Keyring) -> dict[str, Any]:
        """Return the signed size and root of the log, for a witness."""
        with self._opened() as (lines, tree):
            return self._checkpoint(keyring, lines, tree)

    def rotate_key(self, keyring: Keyring) -> str:
        """Replace the key that signs and return the id of the new one; no checkpoint is signed meanwhile."""
        with self._opened() as (lines, _):
            return keyring.rotate(max(utc_text(datetime.now(UTC)), self._latest(lines)))

    def prove(self, package_id: str, keyring: Keyring, *, since: int | None = None) -> dict[str, Any]:
        """Return a proof of all entries of a package. since: size of the checkpoint that a witness has; None for none.

        Raises UserError where the log has no such package, or was never as long as `since`.
        """
        with self._opened() as (lines, tree):
            entries = _entries(lines, package_id)
            if not entries:
                raise UserError(f"{package_id}: the log of custody has no such package; check the id")
            if since is not None and not 0 < since <= tree.size:
                raise UserError(f"the log of custody has {tree.size} entries; give a size from 1 to {tree.size}")
            proven = [
                {"entry": entry, "path": [node.hex() for node in tree.path(entry["index"], 0, tree.size)]}
                for entry in entries
            ]
            consistency = None
            if since is not None:
                path = tree.consistency(since, 0, tree.size, is_whole=True)
                consistency = {"size": since, "path": [node.hex() for node in path]}
            checkpoint = self._checkpoint(keyring, lines, tree)
        return {"format": PROOF_FORMAT, "checkpoint": checkpoint, "entries": proven, "consistency": consistency}

    def _checkpoint(self, keyring: Keyring, lines: IO[bytes], tree: MerkleTree) -> dict[str, Any]:
        document = {
            "format": CHECKPOINT_FORMAT,
            "origin": self._origin_text(),
            "size": tree.size,
            "root": tree.root(0, tree.size).hex(),
            "at": max(utc_text(datetime.now(UTC)), self._latest(lines)),
        }
        signed = keyring.sign(document, CHECKPOINT_CONTEXT)
        write_atomically(self._issued, canonical(signed))
        return signed

    def _origin_text(self) -> str:
        if not self._origin.exists():
            write_atomically(self._origin, f"simpang/{uuid4().hex}")
        return self._origin.read_text()

    def _latest(self, lines: IO[bytes]) -> str:
        """Return the time of the newest entry or issued checkpoint; times in the log never fall."""
        entry = _last_line(lines)
        issued = "" if not self._issued.exists() else str(parse_canonical(self._issued.read_bytes())["at"])
        return max(issued, "" if entry is None else str(parse_canonical(entry)["at"]))

    @contextmanager
    def _opened(self) -> Iterator[tuple[IO[bytes], MerkleTree]]:
        """Yield the entries and their tree, while no other process uses them."""
        with locked(self._lock), _open(self._entries) as lines, _open(self._tree) as hashes:
            try:
                _cut_torn_line(lines)
                tree = MerkleTree(hashes)
                newest = _last_line(lines)
                if not tree.ends_with(None if newest is None else leaf_hash(newest)):
                    _rebuild(tree, lines)
                lines.seek(0)
                yield lines, tree
            except NotCanonical:
                raise UserError(f"{self._entries}: the log of custody is damaged; restore it from a copy") from None


def _open(path: Path) -> IO[bytes]:
    """Open a file for reading and writing, which is made where it is missing."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o640), "r+b")


def _entries(lines: IO[bytes], package_id: str | None) -> list[dict[str, Any]]:
    content = lines.read()
    if package_id is None:
        return [json.loads(line) for line in content.splitlines()]
    # The log of a year has 25 MB: its lines are not separated for the few of one package.
    mark = canonical({"package_id": package_id})[1:-1]
    found: list[dict[str, Any]] = []
    at = content.find(mark)
    while at >= 0:
        end = content.index(b"\n", at)
        found.append(json.loads(content[content.rfind(b"\n", 0, at) + 1 : end]))
        at = content.find(mark, end)
    return [entry for entry in found if entry["package_id"] == package_id]


def _rebuild(tree: MerkleTree, lines: IO[bytes]) -> None:
    """Compute the hashes again from the entries. Raises NotCanonical where an entry is not at its place."""
    tree.clear()
    for number, line in enumerate(lines.read().splitlines()):
        if parse_canonical(line)["index"] != number:
            raise NotCanonical("proof-order")
        tree.append(leaf_hash(line))
    _sync(tree.hashes)


def _last_line(lines: IO[bytes]) -> bytes | None:
    end = lines.seek(0, os.SEEK_END)
    lines.seek(max(0, end - MAX_LINE_BYTES))
    found = lines.read().splitlines()
    lines.seek(0)
    return found[-1] if found else None


def _cut_torn_line(lines: IO[bytes]) -> None:
    """Remove an entry without its end, which a power cut left; its `append` never returned."""
    end = lines.seek(0, os.SEEK_END)
    lines.seek(max(0, end - MAX_LINE_BYTES))
    tail = lines.read()
    if tail and not tail.endswith(b"\n"):
        lines.truncate(end - len(tail) + tail.rfind(b"\n") + 1)
    lines.seek(0)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
