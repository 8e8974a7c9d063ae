"""Metadata of an exported model: ultralytics' `metadata.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS
from models.errors import UnusableWeights
from models.text.decoding import decode_text

UNMAPPED_CLASS = -1
"""Class id of a model class that is none of ROAD_USERS."""

DEFAULT_STRIDE = 32
"""Stride in pixels where the metadata names none [source: YOLO heads]."""


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """Classes of a model, by index, and its stride: both sides of an input are multiples of it, in pixels."""

    names: Mapping[int, str]
    stride: int

    @property
    def road_users(self) -> NDArray[np.int64]:
        """(number of model classes,): index into `ROAD_USERS` for each class of the model, else UNMAPPED_CLASS.

        >>> ModelMetadata({0: "person", 1: "kite", 2: "Car"}, 32).road_users.tolist()
        [5, -1, 0]
        """
        class_ids = {str(road_user): index for index, road_user in enumerate(ROAD_USERS)}
        size = max(self.names, default=-1) + 1
        return np.array(
            [class_ids.get(self.names.get(i, "").lower(), UNMAPPED_CLASS) for i in range(size)], dtype=np.int64
        )


def read_metadata(path: Path) -> ModelMetadata:
    """Metadata from a file. Raises UnusableWeights where it is missing or the model detects no road users."""
    try:
        raw = yaml.safe_load(decode_text(path.read_bytes()))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UnusableWeights(
            f"{path}: cannot read the model's class names; give the whole folder that ultralytics exported"
        ) from error
    return checked_metadata(raw if isinstance(raw, dict) else {}, path)


def checked_metadata(raw: Mapping[str, Any], source: Path) -> ModelMetadata:
    """Metadata from parsed YAML. Raises UnusableWeights unless it is a detection model with one of ROAD_USERS."""
    task = raw.get("task", "detect")
    if task != "detect":
        raise UnusableWeights(f"{source}: this is a model for task '{task}'; give a detection model such as yolo11n")
    names = raw.get("names") or {}
    try:
        numbered = enumerate(names) if isinstance(names, list) else names.items()
        stride = max(1, int(raw.get("stride") or DEFAULT_STRIDE))
        metadata = ModelMetadata({int(k): str(v) for k, v in numbered}, stride)
    except (AttributeError, TypeError, ValueError) as error:
        raise UnusableWeights(
            f"{source}: `names` or `stride` cannot be read; give the whole folder that ultralytics exported"
        ) from error
    if not (metadata.road_users != UNMAPPED_CLASS).any():
        known = ", ".join(ROAD_USERS)
        raise UnusableWeights(f"{source}: the model knows none of {known}; give one trained on COCO or on road users")
    return metadata
