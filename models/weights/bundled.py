"""Weights that come with Simpang itself: those of the simulated city's detector, which know nothing else."""

from pathlib import Path

import yaml

from models.errors import UnusableWeights

DEMO_CITY = "demo-city"
"""What `weights` may be set to in place of a path."""

DEMO_CITY_FOLDER = Path(__file__).with_name("demo_city")
DEMO_CITY_WEIGHTS = DEMO_CITY_FOLDER / "simulated-city-only_int8_openvino_model"

DEMO_CITY_STEPS = 15_600
"""Steps of training that made them, and that make them anew."""

TRAINED_ON, RENDERINGS = "trained_on", "renderings of a simulated city, and nothing else"
"""Key of an exported model's metadata.yaml, and what it says for weights that must not watch a real road."""


def bundled_weights(name: str | None) -> Path | None:
    """The folder of the packaged model of that name; None where there is none."""
    return DEMO_CITY_WEIGHTS if name == DEMO_CITY and DEMO_CITY_WEIGHTS.is_dir() else None


def refuse_on_real_roads(path: Path) -> None:
    """Raises UnusableWeights for weights that know renderings only."""
    folder = path if path.is_dir() else path.parent
    try:
        said = yaml.safe_load((folder / "metadata.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return  # whoever loads the weights says what is wrong with them
    if isinstance(said, dict) and said.get(TRAINED_ON) == RENDERINGS:
        raise UnusableWeights(
            f"{path}: these weights were trained on {RENDERINGS}; they would miscount a real road. Choose others "
            "(see simpang models list); where the cameras are simulated, set city.simulated: true, or give --simulated"
        )
