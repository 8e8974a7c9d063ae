"""Detectors for pipelines: `models.detection.loader` with the errors of the command line."""

from pathlib import Path

from models.detection.detector import Detector
from models.detection.loader import load_detector, weights_path
from models.errors import UnusableWeights
from models.weights.bundled import bundled_weights, refuse_on_real_roads
from pipelines.config.settings import Config
from pipelines.errors import UserError

MAX_BATCH_DELAY_S = 0.06
"""Longest wait (s) of a frame for a fuller batch. [assumption; effect: docs/adr/0046]"""


def open_detector(
    weights: str | None,
    *,
    device: str = "auto",
    confidence: float = 0.25,
    image_size: tuple[int, int] | None = None,
    simulated: bool = False,
    max_batch_delay_s: float = 0.0,
    threads: int | None = None,
) -> Detector:
    """Load a detector as `models.detection.loader.load_detector` does. Raises UserError for unusable weights.

    simulated: the frames are of the simulated city, so that weights trained on nothing else are accepted.
    """
    try:
        _refuse_demo_weights(weights, simulated=simulated)
        return load_detector(
            weights,
            device=device,
            confidence=confidence,
            image_size=image_size,
            max_batch_delay_s=max_batch_delay_s,
            threads=threads,
        )
    except UnusableWeights as error:
        raise UserError(str(error)) from error


def require_weights(config: Config) -> None:
    """Raise UserError where a city has no weights that could be loaded. Fetches them where they are not here."""
    try:
        _refuse_demo_weights(config.weights, simulated=config.city.simulated)
        weights_path(config.weights, config.analysis.device)
    except UnusableWeights as error:
        raise UserError(str(error)) from error


def _refuse_demo_weights(weights: str | None, *, simulated: bool) -> None:
    if weights and not simulated:
        refuse_on_real_roads(bundled_weights(weights) or Path(weights))


def open_live_detector(config: Config, *, threads: int | None = None) -> Detector:
    """Load the one detector that all live cameras of a process share. Raises UserError.

    threads: for inference on the CPU; by default one for each core.
    """
    return open_detector(
        config.weights,
        device=config.analysis.device,
        confidence=config.analysis.confidence,
        simulated=config.city.simulated,
        max_batch_delay_s=MAX_BATCH_DELAY_S,
        threads=threads,
    )
