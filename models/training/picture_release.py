"""Release of a network trained on pictures: weights, their examination before and after, and the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.detection.detector import DEFAULT_CONFIDENCE, Detector
from models.detection.loader import load_detector
from models.examination.comparison import Change, compare
from models.examination.examine_pictures import Size, examine_pictures
from models.examination.figures import ExaminedPicture, examination_json
from models.export.quantization import CALIBRATION_IMAGES, quantize
from models.pictures.picture_set import LabelledPicture
from models.training.picture_training import (
    Progress,
    TrainingPlan,
    calibration_images,
    fingerprint_of,
    finish,
    read_images,
    train,
)
from models.training.score_shift import with_shifted_scores
from models.training.trained_weights import export_trained, origin, size_of, versions
from models.training.training_data import TrainingData

REPORTED = ("light", "set", "camera_group")
"""Attributes of a picture by which the report gives figures."""

PARTS = ("torch", "ultralytics-opencv-headless", "openvino", "nncf", "numpy", "opencv-python-headless")
"""Packages whose versions the report states."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Weights of one network, in one folder: NAME.pt, and its OpenVINO folders in floating point and INT8."""

    torch_file: Path
    floating: Path
    int8: Path

    @property
    def paths(self) -> tuple[Path, Path, Path]:
        """All three."""
        return self.torch_file, self.floating, self.int8


@dataclass(frozen=True, slots=True)
class Release:
    """A trained network. changes: of the figures on the deciding pictures, from the weights before to the new INT8."""

    weights: Exported
    report: dict[str, Any]
    changes: list[Change]


def train_and_release(
    data: TrainingData,
    plan: TrainingPlan,
    start: Path,
    *,
    before: Path,
    deciding: Sequence[LabelledPicture],
    name: str,
    work: Path,
    progress: Progress,
) -> Release:
    """Train, export and examine a network. Raises UnusablePictures, UnusableWeights.

    start: weights to train from. before: weights to compare with. deciding: held-back pictures on which `changes` are
    measured. name: of the weights. work: folder of the checkpoints and the exports.
    """
    images = read_images(data, start, progress)
    folder = work / fingerprint_of(data, plan, start)
    folder.mkdir(parents=True, exist_ok=True)
    training = train(images, plan, folder / "checkpoint.pt", progress)
    exported = _export(training.average, data.trained_on, plan, folder / "trained" / f"{name}.pt", progress)
    examined = {
        label: _examine(weights, data.held_back, f"examining {label}", progress)
        for label, weights in (("before", before), ("float", exported.floating), ("int8", exported.int8))
    }
    is_deciding = set(deciding)
    changes = compare(*([e for e in examined[label] if e.picture in is_deciding] for label in ("before", "int8")))
    report: dict[str, Any] = {
        "trained_on": data.described(),
        "start": origin(start),
        "seed": plan.seed,
        "score_shifts": {road_user.value: shift for road_user, shift in plan.score_shifts.items()},
        "training": training.summary(),
        "examination": {
            "pictures": len(data.held_back),
            "confidence": DEFAULT_CONFIDENCE,
            "before": {"weights": origin(before), **_figures(examined["before"])},
            "after": _figures(examined["int8"]),
            "int8_and_float": _precisions(examined["int8"], examined["float"]),
            "changes": [change.as_json() for change in changes],
        },
        "versions": versions(PARTS),
    }
    if plan.finish_steps:
        finished = finish(images, plan, training, folder / "finish.pt", progress)
        exported = _export(finished.average, data.pictures, plan, folder / "finished" / f"{name}.pt", progress)
        both = (_examine(w, data.held_back, "examining", progress) for w in (exported.int8, exported.floating))
        report["finish_on_all_pictures"] = {**finished.summary(), "int8_and_float": _precisions(*both)}
    report["weights_bytes"] = {path.name: size_of(path) for path in (exported.floating, exported.int8)}
    return Release(exported, report, changes)


def _export(
    network: torch.nn.Module, pictures: Sequence[LabelledPicture], plan: TrainingPlan, weights: Path, progress: Progress
) -> Exported:
    progress("exporting", 0, 2)
    weights.parent.mkdir(exist_ok=True)
    metadata = {"description": f"Simpang: {weights.stem}, a detector of road users for street cameras"}
    floating = export_trained(with_shifted_scores(network, plan.score_shifts), weights, metadata)
    progress("exporting", 1, 2)
    int8 = weights.with_name(f"{weights.stem}_int8_openvino_model")
    quantize(floating, calibration_images(pictures, CALIBRATION_IMAGES, plan.seed), int8)
    progress("exporting", 2, 2)
    return Exported(weights, floating, int8)


def _examine(
    weights: Path, pictures: Sequence[LabelledPicture], what: str, progress: Progress
) -> list[ExaminedPicture]:
    """Examination with the detector of production on the CPU, in the order of `pictures` of each size."""

    def open_detector(confidence: float, size: Size) -> Detector:
        return load_detector(str(weights), device="cpu", confidence=confidence, image_size=size)

    examined = []
    for picture in examine_pictures(pictures, open_detector, confidence=DEFAULT_CONFIDENCE):
        examined.append(picture)
        progress(what, len(examined), len(pictures))
    return examined


def _figures(examined: Sequence[ExaminedPicture]) -> dict[str, Any]:
    """Figures in total, by class, and by class and each attribute of `REPORTED`."""
    every = examination_json(examined)
    left_out = {"named", "by", *(key for key in every if key.startswith("by_"))} - {f"by_{name}" for name in REPORTED}
    return {key: value for key, value in every.items() if key not in left_out}


def _precisions(int8: Sequence[ExaminedPicture], floating: Sequence[ExaminedPicture]) -> dict[str, Any]:
    """AP50 of both exports on the held-back pictures, in total and by class, and the loss in points of 100."""
    after, exact = examination_json(int8), examination_json(floating)
    return {
        "int8_ap50": after["ap50"],
        "float_ap50": exact["ap50"],
        "loss_points": None if exact["ap50"] is None else round(100 * (exact["ap50"] - after["ap50"]), 2),
        "classes": {
            name: {"int8_ap50": after["classes"].get(name, {}).get("ap50"), "float_ap50": figures["ap50"]}
            for name, figures in exact["classes"].items()
        },
    }
