"""Weights of a trained network: export, average precision, and what a report states of their origin."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from models.detection.openvino import find_xml
from models.export.detection_metrics import DetectionEvaluator
from models.export.exporter import export_weights
from models.training.dataset import LabelledImage
from models.training.reference_inference import reference_network

if TYPE_CHECKING:
    import torch

EXAMINED_FROM = 0.001
"""Lowest confidence of the examined detections: average precision needs the low ones too [assumption]."""


def export_trained(network: "torch.nn.Module", weights: Path, metadata: Mapping[str, Any]) -> Path:
    """Write a .pt and, beside it, its OpenVINO folder; return the folder. Raises UnusableWeights.

    weights: path of the .pt. metadata: entries for the folder's metadata.yaml.
    """
    from models.training.trainer import save_weights  # noqa: PLC0415 - torch takes seconds to load

    save_weights(network, weights)
    exported = export_weights(weights)
    file = exported / "metadata.yaml"
    content = {**yaml.safe_load(file.read_text(encoding="utf-8")), **metadata}
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return exported


def evaluate_weights(
    folder: Path, frames: Sequence[LabelledImage], progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Average precision of OpenVINO weights: by class at an overlap (IoU) of 0.5, and the means over the classes.

    progress: receives the number of examined frames.
    """
    detect, evaluator = reference_network(find_xml(folder), confidence=EXAMINED_FROM), DetectionEvaluator()
    for done, frame in enumerate(frames, start=1):
        evaluator.update(detect(frame.image), frame.labels.truth, frame.labels.is_labelled)
        progress(done)
    score = evaluator.result()
    return {
        "weights_bytes": size_of(folder),
        "map50": round(score.map50, 4),
        "map50_95": round(score.map50_95, 4),
        "classes": {
            name: {"average_precision_50": round(precision, 4), "shown": score.shown[name]}
            for name, precision in score.by_kind.items()
        },
    }


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir())


def weights_file(weights: Path) -> Path:
    """File with the numbers: the .pt itself, or the .bin of an OpenVINO folder. Raises UnusableWeights."""
    return weights if weights.suffix == ".pt" else find_xml(weights).with_suffix(".bin")


def origin(weights: Path) -> dict[str, str]:
    """Names and SHA-256 of the weights that a training began with."""
    file = weights_file(weights)
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    return {"weights": weights.name, "file": file.name, "sha256": digest}


def versions(parts: Iterable[str]) -> dict[str, str]:
    """Versions of installed packages."""
    return {part: version(part) for part in parts}
