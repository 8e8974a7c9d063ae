"""Quantise weights to INT8 on images of a city's cameras, and check the result against the original."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork, find_xml
from models.detection.tensorrt_cache import EngineCache
from models.errors import UnusableWeights
from models.export.accuracy_report import AccuracyReport, compare_accuracy
from models.export.exporter import export_weights
from models.export.quantization import CALIBRATION_IMAGES, has_nncf, quantize
from models.weights.resolver import engine_folder
from pipelines.commands.export.calibration_samples import Samples, sample_images
from pipelines.commands.export.engine_hardware import require_hardware
from pipelines.errors import UserError

REPORT = "export_report.json"
"""File name of the report beside the network."""

MIN_IMAGES_EACH = 4
"""Least images of each source, so that one can be held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Images of the calibration, and how the result is checked.

    sources: see `sample_images`. images: their number over all sources; width: in pixels. over_s: time over which
    cameras are sampled. labelled: data.yaml of a data set to measure average precision on. accept: use the result
    despite its shortfalls.
    """

    sources: Sequence[str]
    width: int = 640
    images: int = CALIBRATION_IMAGES
    over_s: float = 60.0
    labelled: Path | None = None
    accept: bool = False

    def samples(self) -> Samples:
        """Sample the images. Raises UserError without a source."""
        if not self.sources:
            raise UserError("INT8 needs images of your cameras; give --images or --config")
        each = max(MIN_IMAGES_EACH, -(-self.images // len(self.sources)))
        return sample_images(self.sources, each=each, width=self.width, over_s=self.over_s)


@dataclass(frozen=True, slots=True)
class QuantisedModel:
    """A quantised model.

    path: of the model; None where it was deleted. report: file with its origin and accuracy, if any. kept: its accuracy
    against the original. accepted: whether the model is in use from now on.
    """

    path: Path | None
    report: Path | None
    kept: AccuracyReport
    accepted: bool


def quantise(weights: Path, by: Calibration, *, to: str) -> QuantisedModel:
    """Quantise to INT8 for a runtime. to: "openvino" or "engine". Raises UserError, also for another runtime."""
    match to:
        case "openvino":
            return quantise_for_cpu(weights, by)
        case "engine":
            return quantise_for_gpu(weights, by, EngineCache(engine_folder()))
        case _:
            raise UserError("--int8 is for --to openvino and --to engine; ONNX Runtime gets --half at most")


def quantise_for_cpu(weights: Path, by: Calibration) -> QuantisedModel:
    """Write an OpenVINO INT8 network to NAME_int8_openvino_model beside the weights, with `export_report.json`.

    weights: a .pt, or a float OpenVINO export. A rejected network is in NAME_int8_rejected_openvino_model, which no
    command uses by itself; an earlier INT8 network stays. Raises UserError.
    """
    if not has_nncf():
        raise UserError("quantising needs NNCF; run `pip install 'simpang[quantise]'`")
    samples = by.samples()
    try:
        original = export_weights(weights) if weights.suffix == ".pt" else weights
        name, folder = find_xml(original).stem, (original if original.is_dir() else original.parent).parent
        trial = folder / f"{name}_int8_rejected_openvino_model"
        mark = quantize(original, samples.used, trial, mark=_mark(weights, samples, by.width))

        kept = compare_accuracy(
            lambda confidence: OpenVinoDetector(OpenVinoNetwork(original, confidence=confidence)),
            lambda confidence: OpenVinoDetector(OpenVinoNetwork(trial, confidence=confidence)),
            samples.held_back,
            labelled=by.labelled,
            width=by.width,
        )
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    accepted = by.accept or not kept.shortfalls
    report = {"calibration": mark, "accepted": accepted, "kept": kept.as_json()}
    (trial / REPORT).write_text(json.dumps(report, indent=2) + os.linesep, encoding="utf-8")
    if not accepted:
        return QuantisedModel(trial, trial / REPORT, kept, accepted=False)
    final = folder / f"{name}_int8_openvino_model"
    shutil.rmtree(final, ignore_errors=True)
    trial.rename(final)
    return QuantisedModel(final, final / REPORT, kept, accepted=True)


def quantise_for_gpu(weights: Path, by: Calibration, engines: EngineCache) -> QuantisedModel:
    """Build a TensorRT INT8 engine for this machine's GPU into the cache, where the .pt uses it from then on.

    A rejected engine is deleted. Raises UserError. Not covered by tests: it needs a GPU.
    """
    hardware = require_hardware()
    if weights.suffix != ".pt":
        raise UserError(f"{weights}: an engine is built from a .pt; give one")
    samples = by.samples()
    try:
        from models.detection.ultralytics import UltralyticsDetector  # noqa: PLC0415 - torch takes seconds to load

        built, key = engines.build(weights, hardware, "int8", samples.used)
        kept = compare_accuracy(
            lambda confidence: UltralyticsDetector(weights, confidence=confidence),
            lambda confidence: UltralyticsDetector(built, confidence=confidence),
            samples.held_back,
            labelled=by.labelled,
            width=by.width,
        )
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    accepted = by.accept or not kept.shortfalls
    if not accepted:
        engines.discard(built)
        return QuantisedModel(None, None, kept, accepted=False)
    mark = {**_mark(weights, samples, by.width), **asdict(key)}
    path = engines.keep(weights, key, built, {"calibration": mark, "accepted": True, "kept": kept.as_json()})
    return QuantisedModel(path, path.with_suffix(".json"), kept, accepted=True)


def _mark(weights: Path, samples: Samples, width: int) -> dict[str, Any]:
    measured = weights if weights.is_file() else find_xml(weights).with_suffix(".bin")
    with measured.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "weights": weights.name,
        "weights_sha256": digest,
        "calibrated_on": samples.sources,
        "without": samples.missing,
        "held_back": len(samples.held_back),
        "width": width,
    }
