"""Old names of keys in configuration files, which go on working with one warning each."""

from collections.abc import Mapping
from typing import Any

import structlog

from pipelines.errors import UserError

log = structlog.get_logger()

RENAMED_SETTINGS = {
    "analysis.looks_per_s": "analysis.analysis_fps",
    "analysis.most_looks_per_s": "analysis.max_analysis_fps",
}
"""Old key -> current key of the settings of a city. Both have the same parent section. [names up to 0.1.0]"""


def with_current_keys(content: dict[str, Any], renamed: Mapping[str, str], source: str) -> dict[str, Any]:
    """Return `content` with each old key replaced by its current name, and log one warning for each.

    content: nested mappings, as read from YAML, JSON or the environment; it is not changed. renamed: dotted old key ->
    dotted current key, of which only the last part may differ. source: for messages, such as the path of the file.
    Raises UserError where both names of a key are given.
    """
    for old, new in renamed.items():
        *parents, name = old.split(".")
        section: Any = content
        for parent in parents:
            section = section.get(parent) if isinstance(section, dict) else None
        if not isinstance(section, dict) or name not in section:
            continue
        new_name = new.rsplit(".", 1)[-1]
        if new_name in section:
            raise UserError(f"{source}: {old} is the old name of {new}, and both are given; remove {old}")
        log.warning("old name of a setting; use the new one", source=source, old=old, new=new)
        content = _replaced(content, parents, {name: new_name})
    return content


def _replaced(section: dict[str, Any], parents: list[str], names: Mapping[str, str]) -> dict[str, Any]:
    if parents:
        first, *rest = parents
        return {**section, first: _replaced(section[first], rest, names)}
    return {names.get(name, name): value for name, value in section.items()}
