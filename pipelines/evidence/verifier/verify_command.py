"""Verification of files from the command line, with a report in Indonesian and English."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.evidence.verifier.container import read_package
from pipelines.evidence.verifier.custody_check import check_custody
from pipelines.evidence.verifier.findings import Finding, Verdict
from pipelines.evidence.verifier.package_check import Sealed, check_package, id_of_name
from pipelines.evidence.verifier.signatures import TrustedKey, read_keys
from pipelines.evidence.verifier.strict_json import MAX_JSON_BYTES

HEADLINES = (
    (
        "UTUH: paket tidak diubah dan ditandatangani dengan kunci tepercaya.",
        "INTACT: unchanged, and signed by a trusted key.",
    ),
    ("TIDAK SAH: paket tidak dapat dipercaya.", "INVALID: the package cannot be trusted."),
    (
        "TIDAK DAPAT DIPUTUSKAN: yang diperlukan tidak ada.",
        "UNDECIDED: something is missing that the verification needs.",
    ),
)
"""First lines of the report by exit status, in Indonesian and English."""

PROOF_HEADLINE = (
    "BUKTI LOG SAH: riwayat berikut benar dan ditandatangani dengan kunci tepercaya. Paketnya sendiri tidak diperiksa.",
    "VALID PROOF: the history below is right, and signed by a trusted key. The package itself was not examined.",
)
"""First lines instead of the first ones of HEADLINES for a proof without its package."""


def verify(
    package: Path | None,
    key_files: Sequence[Path] = (),
    *,
    expected_id: str | None = None,
    proof: Path | None = None,
    checkpoint: Path | None = None,
) -> Verdict:
    """Return the verdict on a package and its custody, or on the custody of a package that is no longer there.

    key_files: trusted public keys. expected_id: id of the package; by default the one in its file name. proof: of
    custody. checkpoint: of the log, kept by a witness.
    """
    keys: dict[str, TrustedKey] = {}
    findings: list[Finding] = []
    for path in key_files:
        content = _read(path, findings)
        if content is not None:
            found, faults = read_keys(content, path.name)
            keys |= found
            findings += faults
    trusted = keys or None
    sealed: Sealed | None = None
    statements: list[str] = []
    if package is not None:
        wanted = expected_id if expected_id is not None else id_of_name(package.name)
        sealed, faults = check_package(read_package(package), trusted, wanted)
        findings += faults
        statements += [] if sealed is None else sealed.subject
    elif proof is None:
        findings.append(Finding("nothing", "PACKAGE"))
    elif expected_id is None:
        findings.append(Finding("no-id", proof.name))
    else:
        statements.append(f"  paket / package: {expected_id}")
    witness = None if checkpoint is None else _read(checkpoint, findings)
    if proof is None and checkpoint is not None:
        findings.append(Finding("no-proof", checkpoint.name))
    proof_data = None if proof is None else _read(proof, findings)
    if proof_data is not None:
        faults, history = check_custody(proof_data, sealed, expected_id, trusted, witness)
        findings += faults
        statements += history
    return Verdict(tuple(dict.fromkeys(findings)), tuple(statements), package is not None)


def report(verdict: Verdict) -> str:
    """Return a verdict as text."""
    is_valid_proof = not (verdict.has_package or verdict.exit_status)
    indonesian, english = PROOF_HEADLINE if is_valid_proof else HEADLINES[verdict.exit_status]
    lines = [f"[id] {indonesian}", f"[en] {english}", *(finding.text() for finding in verdict.findings)]
    if verdict.statements:
        lines += ["Isi menurut dokumen / the documents state:", *verdict.statements]
    return "\n".join(lines)


def _read(path: Path, findings: list[Finding]) -> bytes | None:
    """Return the content of a small file; None, and a finding, where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        findings.append(Finding("unreadable", str(path), error.strerror or type(error).__name__))
        return None
    return content


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a package; return the exit status: 0 intact, 1 invalid, 2 undecided."""
    parser = argparse.ArgumentParser(
        description="Periksa paket bukti Simpang / verify a package of evidence of Simpang.",
        epilog="Status keluar / exit status: 0 utuh / intact, 1 tidak sah / invalid, 2 tidak pasti / undecided.",
    )
    parser.add_argument(
        "package", type=Path, nargs="?", metavar="PACKAGE", help="berkas ZIP atau folder / ZIP file or folder"
    )
    parser.add_argument(
        "--key", type=Path, action="append", default=[], metavar="FILE", help="kunci tepercaya / trusted key"
    )
    parser.add_argument("--id", metavar="ID", help="id paket yang diharapkan / expected id of the package")
    parser.add_argument("--proof", type=Path, metavar="FILE", help="bukti log / proof of custody")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="titik periksa saksi / checkpoint of a witness")
    given = parser.parse_args(arguments)
    verdict = verify(given.package, given.key, expected_id=given.id, proof=given.proof, checkpoint=given.checkpoint)
    text = report(verdict)
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    return verdict.exit_status
