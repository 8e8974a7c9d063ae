"""Which detector would be used, and how often it can look."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import numpy as np

from analytics.detections import Detections
from models.detection.detector import Detector, RgbImage
from models.weights.bundled import bundled_weights
from models.weights.registry import default_model, registered_models
from models.weights.resolver import cache_folder, cached_versions
from pipelines.analysis.detector_factory import open_live_detector
from pipelines.config.settings import Config
from pipelines.doctor.check import Finding, State
from pipelines.errors import UserError

TYPICAL_VIEW = 640, 352
MEASURED_LOOKS = 24
WAIT_S = 60.0


def examine_detector(config: Config) -> Iterator[Finding]:
    missing = _missing_weights(config.weights)
    if missing:
        yield _problem("no weights here", missing)
        return
    try:
        detector = open_live_detector(config)
    except UserError as error:
        yield _problem("cannot be loaded", str(error))
        return
    with closing(detector):
        looks_per_s = _looks_per_s(detector)
    width, height = TYPICAL_VIEW
    wanted = len(config.active_cameras) * config.analysis.analysis_fps
    enough = wanted <= looks_per_s
    yield Finding(
        area="detector",
        subject=detector.name,
        says=f"about {looks_per_s:.0f} looks/s at {width}x{height}, with the machine as busy as it is now",
        state=State.OK if enough else State.ADVICE,
        advice=""
        if enough
        else f"{len(config.active_cameras)} cameras ask for {wanted:g} looks/s; draw zones, so that less of "
        "each picture is looked at, or lower analysis.analysis_fps",
        facts={"name": detector.name, "looks_per_s": round(looks_per_s, 1), "wanted_per_s": wanted},
    )


def _problem(says: str, advice: str) -> Finding:
    return Finding(area="detector", subject="weights", says=says, state=State.PROBLEM, advice=advice)


def _missing_weights(weights: str | None) -> str:
    """What to do where the weights would have to be fetched first, which an examination does not do; else ""."""
    if bundled_weights(weights) is not None or (weights and Path(weights).exists()):
        return ""
    if weights and weights not in registered_models():
        return f"{weights}: no such file or folder; correct `weights`, or see simpang models list"
    name = weights or default_model().name
    return "" if cached_versions(name, cache_folder()) else f"run simpang models fetch {name}, or set `weights`"


def _looks_per_s(detector: Detector) -> float:
    width, height = TYPICAL_VIEW
    picture: RgbImage = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    detector.submit(picture).result(WAIT_S)
    began = time.perf_counter()
    under_way: list[Future[Detections]] = [detector.submit(picture) for _ in range(MEASURED_LOOKS)]
    for look in under_way:
        look.result(WAIT_S)
    return MEASURED_LOOKS / (time.perf_counter() - began)
