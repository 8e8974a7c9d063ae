"""Resolution of weights: an explicit path, a bundled name, else the cache, else a pinned and verified download."""

import hashlib
import os
import tempfile
from pathlib import Path

import httpx
import platformdirs
import structlog

from models.errors import UnusableWeights
from models.weights.bundled import DEFAULT_WEIGHTS, bundled_names, bundled_weights
from models.weights.registry import RegisteredModel, registered_model, registered_models

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


def local_weights(weights: str | None, *, prefer_torch: bool = False, cache: Path | None = None) -> Path | None:
    """File or folder that `resolve_weights` takes without a download; None where there is none on this machine."""
    if weights and weights not in registered_models() and bundled_weights(weights) is None:
        return Path(weights) if Path(weights).exists() else None
    versions = cached_versions(weights or DEFAULT_WEIGHTS, cache or cache_folder())
    if prefer_torch and versions and versions[-1].suffix == ".pt":
        return versions[-1]
    return bundled_weights(weights) or (versions[0] if versions else None)


def resolve_weights(weights: str | None, *, prefer_torch: bool = False, cache: Path | None = None) -> Path:
    """File or folder to load: `weights` where it is a path, else the weights of that name.

    weights: a path, or a name: of bundled weights (`street`, `demo-city`) or of the registry (`yolo11n`); None for
    `street`. prefer_torch: prefer the cached .pt to an OpenVINO export, for a GPU.
    Raises UnusableWeights, with the remedy, where there are none.
    """
    found = local_weights(weights, prefer_torch=prefer_torch, cache=cache)
    if found is not None:
        return found
    if not weights or weights not in registered_models():
        names = ", ".join([*bundled_names(), *registered_models()])
        raise UnusableWeights(f"{weights}: no such weights; give a file or folder, or one of {names}")
    try:
        return fetch(registered_model(weights), cache=cache)
    except UnusableWeights as error:
        raise UnusableWeights(
            f"{weights} is not on this machine and cannot be fetched ({error}); run `simpang models fetch {weights}` "
            "where there is a network, or leave `weights` out: `street` comes with Simpang"
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
