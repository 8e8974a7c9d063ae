"""Export of a trained detector to INT8 weights, and a report of its accuracy on other seeds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.training.dataset import MIN_HEIGHT_PX, MIN_VISIBLE_SHARE, MIN_WIDTH_PX, read_labelled_frames
from models.weights.bundled import RENDERINGS, TRAINED_ON
from pipelines.atomic_file import write_atomically
from simulator.training.pipeline import Progress, TrainingPlan, render_segments, segments_fingerprint
from simulator.weights import DEMO_CITY_WEIGHTS

if TYPE_CHECKING:
    from models.training.trainer import Trainer

CALIBRATION_FRAMES = 300
"""Frames for the calibration of the INT8 quantisation, about [assumption]."""

# Packages whose versions the report states.
_PARTS = ("torch", "ultralytics-opencv-headless", "openvino", "nncf", "libsumo", "numpy")
_NAME = DEMO_CITY_WEIGHTS.name.removesuffix("_int8_openvino_model")
"""Name of the weights before their export to INT8."""

_METADATA = {
    "description": "Simpang: detector of the simulated city. It knows renderings only; not for real roads",
    TRAINED_ON: RENDERINGS,
}
"""Entries of metadata.yaml by which `simpang run` refuses the weights on a real road."""


def release(
    training: "Trainer", plan: TrainingPlan, *, start: Path, work: Path, out: Path, progress: Progress
) -> dict[str, Any]:
    """Write the INT8 weights and `report.json` to `out`; return the report. Raises UnusableWeights.

    start: weights that the training began with. work: as for `pipeline.train`.
    """
    from models.export.quantization import quantize  # noqa: PLC0415 - OpenVINO takes seconds to load
    from models.training.trained_weights import evaluate_weights, export_trained  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    exported = export_trained(training.average, work / f"{_NAME}.pt", _METADATA)
    learned_from = render_segments("training", plan.training, work, progress)
    quantised = out / DEMO_CITY_WEIGHTS.name
    frames = read_labelled_frames(learned_from)
    step = max(1, len(frames) // CALIBRATION_FRAMES)
    quantize(exported, [frame.image for frame in frames[::step]], quantised)
    examined = read_labelled_frames(render_segments("examination", plan.examination, work, progress))
    report = _described(plan, training, start)
    for precision, folder in (("fp32", exported), ("int8", quantised)):
        report[precision] = evaluate_weights(folder, examined, lambda n: progress("examining", n, len(examined)))
    write_atomically(out / "report.json", json.dumps(report, indent=1) + "\n")
    return report


def _described(plan: TrainingPlan, training: "Trainer", start: Path) -> dict[str, Any]:
    """Provenance of the weights: data, start weights, training and versions."""
    from models.training.trained_weights import EXAMINED_FROM, origin, versions  # noqa: PLC0415

    return {
        "trained_on": RENDERINGS,
        "start": origin(start),
        "seed": plan.seed,
        "training": {"pictures": _count(plan.training), "stretches": segments_fingerprint(plan.training)},
        "examination": {
            "pictures": _count(plan.examination),
            "stretches": segments_fingerprint(plan.examination),
            "overlap": 0.5,
            "confidence_from": EXAMINED_FROM,
            "counts_from": {"share": MIN_VISIBLE_SHARE, "width_px": MIN_WIDTH_PX, "height_px": MIN_HEIGHT_PX},
        },
        "made_by": training.summary(),
        "versions": versions(_PARTS),
    }


def _count(segments: Sequence[Any]) -> int:
    return sum(segment.frames for segment in segments)
