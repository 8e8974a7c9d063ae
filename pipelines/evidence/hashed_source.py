"""Hash of what the analysis used: a network or a geometry file."""

import hashlib
from pathlib import Path
from typing import Any

from pipelines.evidence.verifier.strict_json import canonical


def hashed_source(path: Path | None) -> dict[str, Any] | None:
    """Return name and SHA-256 of a file, or of a folder: of the canonical JSON of its files' names and hashes.

    None for no path, and where it cannot be read.
    """
    try:
        if path is None:
            return None
        if path.is_dir():
            files = {str(file.relative_to(path)): _sha256(file) for file in path.rglob("*") if file.is_file()}
            return {"name": path.name, "sha256": hashlib.sha256(canonical(files)).hexdigest()}
        return {"name": path.name, "sha256": _sha256(path)}
    except OSError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
