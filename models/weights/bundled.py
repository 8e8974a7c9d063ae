"""Weights bundled with installed packages, found by entry point; weights of renderings are refused on real roads."""

from importlib.metadata import entry_points
from pathlib import Path

import yaml

from models.errors import UnusableWeights
from models.text.decoding import decode_text

STREET_WEIGHTS = Path(__file__).with_name("street") / "street_int8_openvino_model"
"""OpenVINO folder of the detector for real cameras; the report of its training lies beside it."""

DEFAULT_WEIGHTS = "street"
"""Name of the weights where none are configured; the entry point in pyproject.toml has the same name."""

BUNDLED_LICENCE = "AGPL-3.0"
"""Licence of all bundled weights [source: they continue ultralytics' YOLO11n]."""

ENTRY_POINT_GROUP = "simpang.weights"
"""Entry points of bundled weights: their name is the name of the weights, their value the path of the folder."""

TRAINED_ON, RENDERINGS = "trained_on", "renderings of a simulated city, and nothing else"
"""Key of an exported model's metadata.yaml, and its value for weights that must not be used on a real road."""


def bundled_names() -> list[str]:
    """Names of all bundled weights, in alphabetical order."""
    return sorted(entry_points(group=ENTRY_POINT_GROUP).names)


def bundled_weights(name: str | None) -> Path | None:
    """Folder of the bundled weights of that name, or of the default ones; None where there are none."""
    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name or DEFAULT_WEIGHTS):
        folder: Path = entry.load()
        return folder if folder.is_dir() else None
    return None


def refuse_on_real_roads(path: Path) -> None:
    """Raise UnusableWeights for weights that were trained on renderings only."""
    folder = path if path.is_dir() else path.parent
    try:
        metadata = yaml.safe_load(decode_text((folder / "metadata.yaml").read_bytes()))
    except (OSError, ValueError, yaml.YAMLError):
        return  # loading the weights reports what is wrong with them
    if isinstance(metadata, dict) and metadata.get(TRAINED_ON) == RENDERINGS:
        raise UnusableWeights(
            f"{path}: these weights were trained on {RENDERINGS}; they would miscount a real road. Choose others "
            "(see simpang models list); where the cameras are simulated, set city.simulated: true, or give --simulated"
        )
