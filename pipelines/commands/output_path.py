"""Early checks of the paths to which a command writes its results."""

from pathlib import Path

from pipelines.errors import UserError


def require_folder(*paths: str | Path | None) -> None:
    """Raise UserError where the folder of a path does not exist. None and `-` (standard output) pass."""
    for path in paths:
        if path not in (None, "-") and not Path(path).resolve().parent.is_dir():
            raise UserError(f"{path}: the folder {Path(path).resolve().parent} does not exist; create it first")
