"""Reading of the configuration file: one line for each error, with the file or variable and the key."""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.addresses.broker_addresses import ELSEWHERE, is_security_setting
from pipelines.addresses.mask import remember_settings, without_credentials
from pipelines.config.renamed_keys import RENAMED_SETTINGS, with_current_keys
from pipelines.config.settings import ENV_PREFIX, CameraConfig, Config
from pipelines.config.text_file import parse_json, parse_yaml, read_text
from pipelines.errors import UserError, first_problem


def read_config(path: Path) -> Config:
    """Read and validate the configuration file `path`.

    Relative paths in the file (`data_dir`, `geometry`) are resolved against its folder. Geometry files are read once
    here, so that an error in one of them is reported at start. Raises UserError with one line that names the file and
    the key.
    """
    try:
        config = validated(read_settings(path), path)
    except ValidationError as error:
        raise UserError(problem_of(error, path)) from error
    for camera in config.cameras:
        check_geometry(config, camera)
    return config


def read_settings(path: Path) -> dict[str, Any]:
    """Read the keys of the configuration file `path`, not yet validated, and mask their secrets. Raises UserError."""
    text = read_text(path, expected="the path of a configuration file")
    try:
        raw = parse_yaml(text)
    except ValueError as error:
        problem = str(error)
        shown = f", {problem}" if problem.startswith("line") else f" ({problem})" if problem else ""
        raise UserError(f"{path}: not YAML{shown}; correct the syntax") from error
    remember_settings(raw)
    if raw is None and not any(name.startswith(ENV_PREFIX) for name in os.environ):
        raise UserError(f"{path}: the file is empty; list the cameras in it (docs/configuration.md)")
    if raw is not None and not isinstance(raw, dict):
        raise UserError(f"{path}: expected keys such as 'cameras:' at the top level")
    for key in raw or {}:
        if not isinstance(key, str) or key.startswith("_"):
            raise UserError(f"{path}: unknown key {key}; remove it or correct its spelling")
    return with_current_keys(raw or {}, RENAMED_SETTINGS, str(path))


def validated(raw: dict[str, Any], path: Path) -> Config:
    """Return the configuration with absolute paths. Raises ValidationError or UserError."""
    config = _with_absolute_paths(Config(**raw), path.resolve().parent)
    if config.data_dir.exists() and not config.data_dir.is_dir():
        raise UserError(f"{path}: data_dir: {config.data_dir} is a file; give a folder")
    return config


def check_geometry(config: Config, camera: CameraConfig) -> None:
    """Raise UserError where the geometry of `camera` cannot be used."""
    drawn = config.geometry_of(camera)
    if camera.analysis_url is not None and drawn.image_size is None and drawn.has_pixels:
        raise UserError(
            f"{camera.geometry}: image_size is missing; camera {camera.id} has two streams, so add the "
            "[width, height] of the frame on which it was drawn"
        )


def problem_of(error: ValidationError, path: Path) -> str:
    """Return the first error of the configuration as one line that names its source and the key."""
    problem = first_problem(error)
    match error.errors(include_url=False, include_input=False)[0]:
        case {"type": "extra_forbidden", "loc": ("bus", str(key))} if is_security_setting(key):
            problem = f"bus.{key}: {ELSEWHERE}"
    variable = variable_of(error)
    return f"{f'environment variable {variable}' if variable else path}: {without_credentials(problem)}"


def variable_of(error: ValidationError) -> str | None:
    """Return the environment variable whose value has the first error, None for a value of the file."""
    key = error.errors(include_url=False, include_input=False)[0]["loc"]
    for variable, value in os.environ.items():
        path = _setting_of(variable)
        is_whole = path == key[: len(path)] and _contains(value, key[len(path) :])
        if path and key and (is_whole or key == path[: len(key)]):
            return variable
    return None


def _setting_of(variable: str) -> tuple[str, ...]:
    """Return the path of the setting that an environment variable sets, empty for another variable.

    >>> _setting_of("SIMPANG_ANALYSIS__LOOKS_PER_S")
    ('analysis', 'analysis_fps')
    """
    if not variable.upper().startswith(ENV_PREFIX):
        return ()
    dotted = variable[len(ENV_PREFIX) :].lower().replace("__", ".")
    return tuple(RENAMED_SETTINGS.get(dotted, dotted).split("."))


def _contains(value: str, rest: tuple[int | str, ...]) -> bool:
    """Return whether the content of an environment variable has the key `rest`; the file may give it instead."""
    if not rest:
        return True
    try:
        content = parse_json(value)
    except ValueError:
        return True
    return isinstance(content, list) or (isinstance(content, dict) and rest[0] in content)


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    cameras = tuple(
        camera if camera.geometry is None else camera.model_copy(update={"geometry": folder / camera.geometry})
        for camera in config.cameras
    )
    portal = config.portal
    files = {name: getattr(portal, name) for name in ("basemap", "narration", "streets")}
    portal = portal.model_copy(update={name: folder / path for name, path in files.items() if path is not None})
    collect = config.collect
    if collect.folder is not None:
        collect = collect.model_copy(update={"folder": folder / collect.folder})
    update = {
        "bus": config.bus.below(folder),
        "cameras": cameras,
        "portal": portal,
        "collect": collect,
        "data_dir": folder / config.data_dir,
    }
    return config.model_copy(update=update)
