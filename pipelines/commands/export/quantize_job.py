"""From weights and a city's pictures to an INT8 network that has shown what it keeps of the original."""

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
from models.detection.tensorrt_cache import EngineCache, this_hardware
from models.errors import UnusableWeights
from models.export.accuracy_report import AccuracyReport, compare_accuracy
from models.export.exporter import export_weights
from models.export.quantization import CALIBRATION_IMAGES, has_nncf, quantize
from pipelines.commands.export.calibration_samples import Samples, sample_pictures
from pipelines.errors import UserError

REPORT = "export_report.json"
FEWEST_EACH = 4
"""So that one can be held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What to quantise by, and how to judge it.

    sources: see `sample_pictures`; `pictures` are taken of all together, `width` pixels wide, of cameras over `over_s`
    seconds. labelled: data.yaml of a data set to measure average precision on. accept: use the result whatever it lost.
    """

    sources: Sequence[str]
    width: int = 640
    pictures: int = CALIBRATION_IMAGES
    over_s: float = 60.0
    labelled: Path | None = None
    accept: bool = False

    def samples(self) -> Samples:
        """Raises UserError."""
        if not self.sources:
            raise UserError("INT8 needs pictures of your cameras; give --pictures or --config")
        each = max(FEWEST_EACH, -(-self.pictures // len(self.sources)))
        return sample_pictures(self.sources, each=each, width=self.width, over_s=self.over_s)


@dataclass(frozen=True, slots=True)
class QuantisedModel:
    """path: where the model lies; None where nothing was kept. accepted: it is where it will be used.

    report: the file that tells all this, where there is one.
    """

    path: Path | None
    report: Path | None
    kept: AccuracyReport
    accepted: bool


def quantise_for_cpu(weights: Path, by: Calibration) -> QuantisedModel:
    """An OpenVINO INT8 network beside the weights, in NAME_int8_openvino_model, with `export_report.json`.

    weights: a .pt, or a float OpenVINO export. A network that is not accepted lies in
    NAME_int8_rejected_openvino_model, where nothing takes it by itself, and an earlier INT8 network stays.
    Raises UserError.
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
    """A TensorRT INT8 engine for this machine's GPU, in the cache, where the .pt finds it from then on.

    One that is not accepted is not kept. Raises UserError. Never run by us: it needs a GPU.
    """
    hardware = this_hardware()
    if hardware is None:
        raise UserError(NO_ENGINE_HERE)
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


NO_ENGINE_HERE = (
    "an engine is built on the GPU that will run it, and here is no CUDA GPU or no TensorRT; do it there, after "
    "`pip install 'simpang[yolo,tensorrt]'`"
)


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
