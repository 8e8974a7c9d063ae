"""Text and JSON files of users: UTF-8, with or without a byte order mark. An error is one line with a remedy."""

import json
from pathlib import Path
from typing import Any

from pipelines.errors import UserError


def read_text(path: Path, *, expected: str) -> str:
    """Read a text file in UTF-8, without its byte order mark.

    expected: the file to give instead, for messages, such as `the path of a camera.json`. Raises UserError.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; give {expected}") from error
    except ValueError as error:
        raise UserError(f"{str(path)!r}: {error}; give {expected}") from error


def parse_json(text: str) -> Any:
    """Parse JSON. Raises ValueError, also for content that is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
