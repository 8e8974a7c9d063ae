"""Trials of the verifier: clean packages must pass, and packages with random tampering must not."""

import copy
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.strict_json import canonical
from pipelines.evidence.verifier.verify_command import verify
from tests.support.evidence import sealed
from tests.tampering.custody_kinds import CUSTODY_KINDS
from tests.tampering.kinds import KINDS


class Trials(NamedTuple):
    """Result. missed: kinds whose tampering was not found, and how often. refused: clean packages that were."""

    tampered: int
    missed: Counter[str]
    clean: int
    refused: list[str]


def run_trials(folder: Path, *, seed: int, tamperings: int, clean: int) -> Trials:
    """Tamper with packages at random; then verify others as they are."""
    rng = random.Random(seed)
    store = EvidenceStore(folder / "store")
    originals = [sealed(store, f"p{number}", seed=number) for number in range(4)]
    keys = [store.keyring.public_file]
    suspect = folder / "p1.evidence.zip"
    missed: Counter[str] = Counter()
    package, other = originals[1].read_bytes(), originals[2].read_bytes()
    for _ in range(tamperings * 3 // 4):
        kind = rng.choice(KINDS)
        suspect.write_bytes(kind(rng, package, other))
        if verify(suspect, keys).exit_status != 1:
            missed[kind.__name__] += 1
    custody = tamperings - tamperings * 3 // 4
    missed += _custody_trials(store, folder, rng, custody)
    refused = []
    for number in range(clean):
        path = sealed(store, f"clean-{number}", seed=rng.randrange(2**32), clip_bytes=rng.randint(200, 20_000))
        if rng.random() < 0.1:
            store.keyring.rotate(store.log.earliest_time())
        verdict = verify(path, keys)
        if verdict.exit_status:
            refused.append(verdict.findings[0].text())
        path.unlink()
    return Trials(tamperings, missed, clean, refused)


def _custody_trials(store: EvidenceStore, folder: Path, rng: random.Random, number: int) -> Counter[str]:
    """Tamper with a proof of the package `p1`, whose log a witness saw at two sizes."""
    names = package, proof_path, witness = store.path_of("p1"), folder / "proof.json", folder / "witness.json"
    older = _plain(store.log.prove("p1", store.keyring, since=store.log.checkpoint(store.keyring)["size"]))
    for action in ("viewed", "exported", "held"):
        store.act(action, "p1", actor="polisi", reason="LP/12/2026")
        store.act("viewed", "p2", actor="polisi")
    seen = store.log.checkpoint(store.keyring)
    witness.write_bytes(canonical(seen))
    store.act("released", "p1", actor="polisi", reason="selesai")
    store.act("viewed", "p3", actor="polisi")
    proof = _plain(store.log.prove("p1", store.keyring, since=seen["size"]))
    missed: Counter[str] = Counter()
    for _ in range(number):
        kind = rng.choice(CUSTODY_KINDS)
        proof_path.write_bytes(canonical(kind(rng, copy.deepcopy(proof), older)))
        if verify(package, [store.keyring.public_file], proof=proof_path, checkpoint=witness).exit_status != 1:
            missed[kind.__name__] += 1
    proof_path.write_bytes(canonical(proof))
    verdict = verify(package, [store.keyring.public_file], proof=proof_path, checkpoint=witness)
    missed["clean proof refused"] += verdict.exit_status
    for path in names[1:]:
        path.unlink()
    return +missed


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(canonical(document))
    return copied
