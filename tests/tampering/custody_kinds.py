"""Kinds of tampering with a proof of custody, each at a random place."""

import random
from typing import Any


def entry_changed(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    entry = rng.choice(proof["entries"])["entry"]
    name = rng.choice(list(entry))
    values: dict[str, list[Any]] = {
        "index": [entry["index"] + 1, max(0, entry["index"] - 1) if entry["index"] else 7],
        "at": ["2026-01-02T10:00:00.000Z", "2030-01-01T00:00:00.000Z"],
        "action": [action for action in ("viewed", "released", "destroyed", "created") if action != entry["action"]],
        "package_id": ["other"],
        "manifest_sha256": ["00" * 32],
        "actor": ["x", "Budi"],
        "reason": ["x", "sidang"],
    }
    entry[name] = rng.choice(values[name])
    return proof


def entry_removed(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    del proof["entries"][0]
    return proof


def entries_reordered(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    proof["entries"].reverse()
    return proof


def node_changed(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    paths = [item["path"] for item in proof["entries"]] + [proof["consistency"]["path"]]
    path = rng.choice([path for path in paths if path])
    rng.choice([path.pop, path.reverse if path != path[::-1] else path.pop, lambda: path.append("00" * 32)])()
    return proof


def checkpoint_changed(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    checkpoint = proof["checkpoint"]
    checkpoint.update(
        rng.choice(
            [
                {"size": checkpoint["size"] + rng.choice([-1, 1])},
                {"root": "00" * 32},
                {"at": "2030-01-01T00:00:00.000Z"},
                {"origin": "simpang/other"},
                {"signature": "00" * 64},
            ]
        )
    )
    return proof


def rolled_back(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    """An older proof and checkpoint, which agree with each other."""
    return older


def comparison_removed(rng: random.Random, proof: dict[str, Any], older: dict[str, Any]) -> dict[str, Any]:
    proof["consistency"] = None
    return proof


CUSTODY_KINDS = (
    entry_changed,
    entry_changed,
    entry_removed,
    entries_reordered,
    node_changed,
    checkpoint_changed,
    rolled_back,
    comparison_removed,
)
"""Kinds of tampering with a proof."""
