"""From weights and a city's pictures to an INT8 network that has shown what it keeps of the original."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.errors import UnusableWeights
from models.export import export_weights
from models.kept_accuracy import KeptAccuracy, measure_kept_accuracy
from models.openvino_backend import find_xml
from models.quantise import ENOUGH_PICTURES, has_nncf, quantise
from pipelines.errors import BadInput
from pipelines.sample_pictures import Samples, sample_pictures

REPORT = "export_report.json"
FEWEST_EACH = 4
"""So that one can be held back."""


@dataclass(frozen=True, slots=True)
class QuantisedModel:
    """path: where the model lies. kept: what it keeps. accepted: it bears the name under which it is used."""

    path: Path
    kept: KeptAccuracy
    accepted: bool

    @property
    def report(self) -> Path:
        return self.path / REPORT


def quantise_weights(
    weights: Path,
    sources: Sequence[str],
    *,
    width: int = 640,
    pictures: int = ENOUGH_PICTURES,
    over_s: float = 60.0,
    labelled: Path | None = None,
    accept: bool = False,
) -> QuantisedModel:
    """Calibrate on `sources` (see `sample_pictures`), measure on what was held back, write both beside the weights.

    weights: a .pt, or a float OpenVINO export. pictures: how many to take of all sources together. accept: use the
    network whatever it lost. One that is not accepted lies in NAME_int8_rejected_openvino_model, where nothing takes it
    for a model to use by itself, and an earlier INT8 network stays.
    Raises BadInput.
    """
    if not has_nncf():
        raise BadInput("quantising needs NNCF; run `pip install 'simpang[quantise]'`")
    if not sources:
        raise BadInput("INT8 needs pictures of your cameras; give --pictures or --config")
    try:
        original = export_weights(weights) if weights.suffix == ".pt" else weights
        xml = find_xml(original)
        samples = sample_pictures(
            sources, each=max(FEWEST_EACH, -(-pictures // len(sources))), width=width, over_s=over_s
        )
        name, folder = xml.stem, (original if original.is_dir() else original.parent).parent
        trial = folder / f"{name}_int8_rejected_openvino_model"
        mark = quantise(original, samples.used, trial, mark=_mark(weights, samples, width))
        kept = measure_kept_accuracy(original, trial, samples.held_back, labelled=labelled, width=width)
    except UnusableWeights as error:
        raise BadInput(str(error)) from error
    accepted = accept or not kept.shortfalls
    _write_report(trial / REPORT, {"calibration": mark, "accepted": accepted, "kept": kept.as_json()})
    if not accepted:
        return QuantisedModel(trial, kept, accepted=False)
    final = folder / f"{name}_int8_openvino_model"
    shutil.rmtree(final, ignore_errors=True)
    trial.rename(final)
    return QuantisedModel(final, kept, accepted=True)


def _mark(weights: Path, samples: Samples, width: int) -> dict[str, Any]:
    measured = weights if weights.is_file() else find_xml(weights).with_suffix(".bin")
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "weights": weights.name,
        "weights_sha256": hashlib.sha256(measured.read_bytes()).hexdigest(),
        "calibrated_on": samples.sources,
        "without": samples.missing,
        "held_back": len(samples.held_back),
        "width": width,
    }


def _write_report(path: Path, report: dict[str, Any]) -> None:
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(report, indent=2) + os.linesep, encoding="utf-8")
    partial.replace(path)
