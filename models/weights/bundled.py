"""Weights bundled with installed packages, found by entry point; weights of renderings are refused on real roads."""

from importlib.metadata import entry_points
from pathlib import Path

import yaml

from models.errors import UnusableWeights

ENTRY_POINT_GROUP = "simpang.weights"
"""Entry points of bundled weights: their name is the name of the weights, their value the path of the folder."""

TRAINED_ON, RENDERINGS = "trained_on", "renderings of a simulated city, and nothing else"
"""Key of an exported model's metadata.yaml, and its value for weights that must not be used on a real road."""


def bundled_weights(name: str | None) -> Path | None:
    """Folder of the bundled weights of that name; None where there are none."""
    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name) if name else ():
        folder: Path = entry.load()
        return folder if folder.is_dir() else None
    return None


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
