"""Resolution of weights: an explicit path or name, else the cache, else a pinned and verified download."""

import hashlib
import os
import tempfile
from pathlib import Path

import httpx
import platformdirs
import structlog

from models.errors import UnusableWeights
from models.weights.bundled import bundled_weights
from models.weights.registry import RegisteredModel, default_model, registered_model, registered_models

log = structlog.get_logger()

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds without data, and to connect, before a download fails [assumption]."""

_OPENVINO_FOLDERS = ("{}_int8_openvino_model", "{}_openvino_model")
"""Folder names of OpenVINO exports by model name, fastest first [source: ultralytics]."""


def cache_folder() -> Path:
    """Folder of fetched and exported models and of compiled networks, kept between runs."""
    return Path(platformdirs.user_cache_dir("simpang", appauthor=False))


def engine_folder(cache: Path | None = None) -> Path:
    """Folder of TensorRT engines (`models.detection.tensorrt_cache`)."""
    return (cache or cache_folder()) / "engines"


def cached_versions(name: str, cache: Path) -> list[Path]:
    """Cached files of a model, fastest on a CPU first: OpenVINO INT8, OpenVINO, .pt."""
    weights = cache / "weights"
    candidates = [weights / folder.format(name) for folder in _OPENVINO_FOLDERS] + [weights / f"{name}.pt"]
    return [path for path in candidates if path.exists()]


def resolve_weights(weights: str | None, *, prefer_torch: bool = False, cache: Path | None = None) -> Path:
    """File or folder to load: `weights` where it is a path, else the model of that name or the default one.

    weights: a path, a name from the registry (`yolo11n`), or `demo-city`; None for the default model.
    prefer_torch: prefer the cached .pt to an OpenVINO export, for a GPU.
    Raises UnusableWeights, with the remedy, where there are none.
    """
    cache = cache or cache_folder()
    bundled = bundled_weights(weights)
    if bundled is not None:
        return bundled
    if weights and (weights not in registered_models() or Path(weights).exists()):
        path = Path(weights)
        if not path.exists():
            raise UnusableWeights(
                f"{weights}: no such weights; give a file or folder, or one of {', '.join(registered_models())}"
            )
        return path
    model = default_model() if not weights else registered_model(weights)
    versions = cached_versions(model.name, cache)
    if versions:
        return versions[-1] if prefer_torch else versions[0]
    try:
        return fetch(model, cache=cache)
    except UnusableWeights as error:
        raise UnusableWeights(
            f"no weights were given, none are cached, and none could be fetched ({error}); run "
            f"`simpang models fetch {model.name}` where there is a network, or give --weights PATH or SIMPANG_WEIGHTS"
        ) from error


def fetch(model: RegisteredModel, *, cache: Path | None = None) -> Path:
    """Download a registered model into the cache, unless it is cached; return its .pt.

    The file gets its name only after its SHA-256 was verified. Raises UnusableWeights otherwise.
    """
    target = (cache or cache_folder()) / "weights" / f"{model.name}.pt"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    log.debug("fetching weights", model=model.name, url=model.url)
    descriptor, partial = tempfile.mkstemp(dir=target.parent, prefix=f"{model.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            digest = hashlib.sha256()
            with httpx.stream("GET", model.url, follow_redirects=True, timeout=_TIMEOUT) as response:
                response.raise_for_status()
                for chunk in response.iter_bytes():
                    digest.update(chunk)
                    file.write(chunk)
        if digest.hexdigest() != model.sha256:
            raise UnusableWeights(
                f"{model.url}: SHA-256 is {digest.hexdigest()}, expected {model.sha256}; not kept. "
                "Try again; if it fails again, the file was changed on the server or on the way"
            )
        Path(partial).replace(target)
        log.info("fetched weights", model=model.name, path=str(target))
    except (httpx.HTTPError, OSError) as error:
        raise UnusableWeights(
            f"{model.url}: cannot be fetched ({type(error).__name__}); try again where there is a network"
        ) from error
    finally:
        Path(partial).unlink(missing_ok=True)
    return target
