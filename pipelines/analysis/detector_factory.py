"""Detectors for pipelines: `models.detection.loader` with the errors of the command line."""

from pathlib import Path

from models.detection.detector import Detector
from models.detection.loader import load_detector
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
) -> Detector:
    """Load a detector as `models.detection.loader.load_detector` does. Raises UserError for unusable weights.

    simulated: the frames are of the simulated city, so that weights trained on nothing else are accepted.
    """
    try:
        if weights and not simulated:
            refuse_on_real_roads(bundled_weights(weights) or Path(weights))
        return load_detector(
            weights, device=device, confidence=confidence, image_size=image_size, max_batch_delay_s=max_batch_delay_s
        )
    except UnusableWeights as error:
        raise UserError(str(error)) from error


def open_live_detector(config: Config) -> Detector:
    """Load the one detector that all live cameras of a city share. Raises UserError."""
    return open_detector(
        config.weights,
        device=config.analysis.device,
        confidence=config.analysis.confidence,
        simulated=config.city.simulated,
        max_batch_delay_s=MAX_BATCH_DELAY_S,
    )
