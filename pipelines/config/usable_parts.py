"""Reading of a configuration for `simpang doctor`: an entry that cannot be used does not hide all others."""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.config.config_file import check_geometry, problem_of, read_settings, validated, variable_of
from pipelines.config.settings import Config, VariableError
from pipelines.errors import UserError

MAX_PROBLEMS = 100
"""Most problems of a configuration that are listed. [assumption]"""


def read_usable_parts(path: Path) -> tuple[Config, list[str]]:
    """Return the configuration without the entries that cannot be used, and one line for each of them.

    Raises UserError where no part of it can be read.
    """
    raw = read_settings(path)
    problems = [f"{path}: {problem}" for problem in _drop_conflicts(raw)]
    while True:
        try:
            config = validated(raw, path)
            break
        except ValidationError as error:
            problem, variable = problem_of(error, path), variable_of(error)
            location = error.errors(include_url=False, include_input=False)[0]["loc"]
            is_dropped = _drop(raw, location) if variable is None else _drop_variable(variable)
            if len(problems) >= MAX_PROBLEMS or not is_dropped:
                raise UserError(problem) from error
            problems.append(problem)
        except VariableError as error:
            if not _drop_variable(error.variable):
                raise
            problems.append(str(error))
    usable = []
    for camera in config.cameras:
        try:
            check_geometry(config, camera)
            usable.append(camera)
        except UserError as error:
            problems.append(f"camera {camera.id}: {error}")
    return config.model_copy(update={"cameras": tuple(usable)}), problems


def _drop(raw: dict[str, Any], location: tuple[int | str, ...]) -> bool:
    """Remove the entry of a list, or else the key, that is wrong. Returns False where the file does not have it."""
    if not location or location[0] not in raw:
        return False
    key, *rest = location
    inner, inner_key = raw[str(key)], rest[0] if rest else None
    is_entry = isinstance(inner, list) and isinstance(inner_key, int) and inner_key < len(inner)
    if is_entry or (isinstance(inner, dict) and inner_key in inner):
        del inner[inner_key]
    else:
        del raw[str(key)]
    return True


def _drop_variable(variable: str) -> bool:
    """Remove an environment variable from this process. Returns False where there is none of this name."""
    names = [name for name in os.environ if name.upper() == variable.upper()]
    for name in names:
        del os.environ[name]
    return bool(names)


def _drop_conflicts(raw: dict[str, Any]) -> list[str]:
    """Remove entries whose id is taken, and sites that do not exist, and return what is wrong with them."""
    problems = []
    for kind, name in (("sites", "id"), ("cameras", "id"), ("users", "name"), ("webhooks", "id")):
        seen: list[Any] = []
        for entry in _entries(raw, kind):
            if entry.get(name) in seen:
                raw[kind].remove(entry)
                problems.append(f"{kind}: id {entry[name]!r} is used twice; give each its own")
            seen.append(entry.get(name))
    known = [site.get("id") for site in _entries(raw, "sites")]
    for camera in _entries(raw, "cameras"):
        if camera.get("site") is not None and camera["site"] not in known:
            site = camera.pop("site")
            problems.append(f"cameras: {camera.get('id')} is at site {site!r}, which is not listed under sites; add it")
    return problems


def _entries(raw: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the entries of a list that are mappings."""
    found = raw.get(kind)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
