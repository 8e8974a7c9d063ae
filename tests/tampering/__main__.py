"""`python -m tests.tampering [--seed N] [--number N] [--json OUT]`: tampering that was missed, and speed."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.strict_json import canonical
from pipelines.evidence.verifier.verify_command import verify
from tests.support.evidence import sealed
from tests.tampering.trials import run_trials

CLIP_BYTES = 20_000_000
"""Clip of 20 s at 8 Mbit/s."""
YEAR_ENTRIES = 100_000
"""Entries of a year: about 50 packages a day with five acts each."""


def main() -> int:
    """Return 0 where all tampering was found and no clean package refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.tampering", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run_trials(Path(folder), seed=options.seed, tamperings=options.number, clean=options.number)
    missed = found.missed.total()
    figures = {
        "tamperings": found.tampered,
        "tamperings_found": found.tampered - missed,
        "clean_packages": found.clean,
        "clean_packages_refused": len(found.refused),
        **_speed(),
    }
    sys.stdout.write("".join(f"{name:24} {value:>12}\n" for name, value in figures.items()))
    sys.stdout.write("".join(f"missed: {kind}, {number} times\n" for kind, number in found.missed.items()))
    sys.stdout.write("".join(f"refused: {text}\n" for text in found.refused[:5]))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1))
    return 1 if missed or found.refused else 0


def _speed() -> dict[str, float]:
    """CPU time of sealing and verifying a package, and of a proof in the log of a year."""
    with tempfile.TemporaryDirectory() as folder:
        store = EvidenceStore(Path(folder))
        _fill(Path(folder), YEAR_ENTRIES)
        sealing_s = _cpu_s(lambda: sealed(store, "p", clip_bytes=CLIP_BYTES))
        verifying_s = _cpu_s(lambda: verify(store.path_of("p"), [store.keyring.public_file]))
        proof_s = _cpu_s(lambda: store.log.prove("p", store.keyring, since=YEAR_ENTRIES // 2))
    return {"seal_cpu_s": sealing_s, "verify_cpu_s": verifying_s, "proof_cpu_ms": round(1000 * proof_s, 1)}


def _fill(folder: Path, number: int) -> None:
    """Write the log of a year at once: its hashes are made at the first use."""
    entry = {"at": "2026-01-02T10:00:00.000Z", "manifest_sha256": "ab" * 32, "actor": "worker-1", "reason": ""}
    lines = [
        canonical(
            {
                **entry,
                "action": "created" if index % 5 == 0 else "viewed",
                "index": index,
                "package_id": f"y{index // 5}",
            }
        )
        for index in range(number)
    ]
    (folder / "custody.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    EvidenceStore(folder).log.earliest_time()


def _cpu_s(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return round(time.process_time() - began, 4)


sys.exit(main())
