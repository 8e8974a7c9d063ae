"""The detector of a pipeline, with trouble told in the words of the command line."""

from pathlib import Path

from models.detection.detector import Detector
from models.detection.loader import load_detector
from models.errors import UnusableWeights
from models.weights.bundled import bundled_weights, refuse_on_real_roads
from pipelines.config.settings import Config
from pipelines.errors import UserError

MAX_BATCH_DELAY_S = 0.06
"""An eighth of the half second in which a frame is to become facts. Two cores that watch thirty cameras spend 7 % less
on each look for it."""


def open_detector(
    weights: str | None,
    *,
    device: str = "auto",
    confidence: float = 0.25,
    image_size: tuple[int, int] | None = None,
    simulated: bool = False,
    max_batch_delay_s: float = 0.0,
) -> Detector:
    """`models.detection.loader.load_detector`; raises UserError for weights that are missing or of the wrong kind.

    simulated: what it is to see is the simulated city, so weights that know nothing else may be used.
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
    """The one for all live cameras of a city. Raises UserError."""
    return open_detector(
        config.weights,
        device=config.analysis.device,
        confidence=config.analysis.confidence,
        simulated=config.city.simulated,
        max_batch_delay_s=MAX_BATCH_DELAY_S,
    )
