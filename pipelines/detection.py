"""The detector of a pipeline, with trouble told in the words of the command line."""

from models.detector import Detector
from models.errors import UnusableWeights
from models.load import load_detector
from pipelines.errors import BadInput


def open_detector(
    weights: str | None,
    *,
    device: str = "auto",
    confidence: float = 0.25,
    picture_size: tuple[int, int] | None = None,
) -> Detector:
    """`models.load.load_detector`; raises BadInput for weights that are missing or of the wrong kind."""
    try:
        return load_detector(weights, device=device, confidence=confidence, picture_size=picture_size)
    except UnusableWeights as error:
        raise BadInput(str(error)) from error
