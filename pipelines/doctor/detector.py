"""Check of the detector: whether its weights load, and how many images a second it processes."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing

import numpy as np

from analytics.detections import Detections
from models.detection.detector import Detector, RgbImage
from models.weights.registry import registered_models
from models.weights.resolver import local_weights
from pipelines.analysis.detector_factory import open_live_detector
from pipelines.config.settings import Config
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.errors import UserError

TYPICAL_ROI = 640, 352
"""(width, height) in pixels of the input for a usual camera [assumption]."""

MEASURED_IMAGES = 24
"""Number of images from which the rate is measured [assumption]."""

RESULT_TIMEOUT_S = 60.0
"""Longest wait (s) for one image, on an overloaded machine [assumption]."""


def check_detector(config: Config) -> Iterator[CheckResult]:
    """Load the detector of the configuration and measure its rate."""
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
        images_per_s = round(_images_per_s(detector), 1)
    width, height = TYPICAL_ROI
    wanted = len(config.active_cameras) * config.analysis.analysis_fps
    enough = wanted <= images_per_s
    yield CheckResult(
        area="detector",
        subject=detector.name,
        message=f"about {images_per_s:.0f} images/s at {width}x{height}, with the machine as busy as it is now",
        state=CheckState.OK if enough else CheckState.ADVICE,
        advice=""
        if enough
        else f"{len(config.active_cameras)} cameras need {wanted:g} images/s; draw zones, so that a smaller "
        "part of each frame is analysed, or lower analysis.analysis_fps",
        # `looks_per_s` is the name of 0.1.0.
        facts={
            "name": detector.name,
            "images_per_s": images_per_s,
            "looks_per_s": images_per_s,
            "wanted_per_s": wanted,
        },
    )


def _problem(message: str, advice: str) -> CheckResult:
    return CheckResult(area="detector", subject="weights", message=message, state=CheckState.PROBLEM, advice=advice)


def _missing_weights(weights: str | None) -> str:
    """Return the advice for weights that are not on this machine, else "". A check downloads nothing."""
    if local_weights(weights) is not None:
        return ""
    if weights in registered_models():
        return f"run simpang models fetch {weights}, or leave `weights` out: `street` comes with Simpang"
    return f"{weights}: no such file or folder; correct `weights`, or see simpang models list"


def _images_per_s(detector: Detector) -> float:
    width, height = TYPICAL_ROI
    image: RgbImage = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    detector.submit(image).result(RESULT_TIMEOUT_S)
    began = time.perf_counter()
    pending: list[Future[Detections]] = [detector.submit(image) for _ in range(MEASURED_IMAGES)]
    for result in pending:
        result.result(RESULT_TIMEOUT_S)
    return MEASURED_IMAGES / (time.perf_counter() - began)
