"""Weights bundled with Simpang: the detector of the simulated city, which detects nothing on real roads."""

from pathlib import Path

import yaml

from models.errors import UnusableWeights

DEMO_CITY = "demo-city"
"""Name that `weights` may have instead of a path."""

DEMO_CITY_FOLDER = Path(__file__).with_name("demo_city")
"""Folder of the weights and of the report of their training."""

DEMO_CITY_WEIGHTS = DEMO_CITY_FOLDER / "simulated-city-only_int8_openvino_model"
"""OpenVINO folder of the weights."""
"""OpenVINO folder of the weights."""

DEMO_CITY_STEPS = 15_600
"""Steps of the training that made the weights, and default for a new training [source: demo_city/report.json]."""

TRAINED_ON, RENDERINGS = "trained_on", "renderings of a simulated city, and nothing else"
"""Key of an exported model's metadata.yaml, and its value for weights that must not be used on a real road."""


def bundled_weights(name: str | None) -> Path | None:
    """Folder of the bundled model of that name; None where there is none."""
    return DEMO_CITY_WEIGHTS if name == DEMO_CITY and DEMO_CITY_WEIGHTS.is_dir() else None


def refuse_on_real_roads(path: Path) -> None:
    """Raise UnusableWeights for weights that were trained on renderings only."""
    folder = path if path.is_dir() else path.parent
    try:
        metadata = yaml.safe_load((folder / "metadata.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return  # loading the weights reports what is wrong with them
    if isinstance(metadata, dict) and metadata.get(TRAINED_ON) == RENDERINGS:
        raise UnusableWeights(
            f"{path}: these weights were trained on {RENDERINGS}; they would miscount a real road. Choose others "
            "(see simpang models list); where the cameras are simulated, set city.simulated: true, or give --simulated"
        )
