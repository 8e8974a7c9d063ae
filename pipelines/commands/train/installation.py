"""Installation of a trained network: its files and its report replace those of an earlier training."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from pipelines.atomic_file import write_atomically
from pipelines.errors import UserError

REPORT = "report.json"
"""File name of the report, in the folder of the weights."""


def require_writable(out: Path) -> None:
    """Create the folder, and write to it, before a training of hours. Raises UserError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror or error}); choose another folder") from error


def install(paths: Iterable[Path], report: dict[str, Any], out: Path) -> None:
    """Copy files and folders into `out`, each completely or not at all, then the report. Raises UserError."""
    try:
        for path in paths:
            _replace(path, out / path.name)
        write_atomically(out / REPORT, json.dumps(report, indent=1) + "\n")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror or error}); choose another folder") from error


def _replace(source: Path, target: Path) -> None:
    draft = target.with_name(f"{target.name}.part")
    _remove(draft)
    if source.is_dir():
        shutil.copytree(source, draft)
    else:
        shutil.copy2(source, draft)
    _remove(target)
    draft.rename(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
