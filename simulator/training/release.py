"""Export of a trained detector to INT8 weights, and a report of its accuracy on other seeds."""

import json
from collections.abc import Callable, Sequence
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from models.weights.bundled import RENDERINGS, TRAINED_ON
from pipelines.atomic_file import write_atomically
from simulator.training.pipeline import Progress, TrainingPlan, fingerprint, render_segments
from simulator.weights import DEMO_CITY_WEIGHTS

if TYPE_CHECKING:
    from models.training.dataset import LabelledImage
    from models.training.trainer import Trainer

EXAMINED_FROM = 0.001
"""Lowest confidence of the examined detections: average precision needs the low ones too [assumption]."""

CALIBRATION_FRAMES = 300
"""Frames for the calibration of the INT8 quantisation, about [assumption]."""

# Packages whose versions the report states.
_PARTS = ("torch", "ultralytics-opencv-headless", "openvino", "nncf", "libsumo", "numpy")
_NAME = DEMO_CITY_WEIGHTS.name.removesuffix("_int8_openvino_model")
"""Name of the weights before their export to INT8."""


def release(
    training: "Trainer", plan: TrainingPlan, *, start: Path, work: Path, out: Path, progress: Progress
) -> dict[str, Any]:
    """Write the INT8 weights and `report.json` to `out`; return the report. Raises UnusableWeights.

    start: weights that the training began with. work: as for `pipeline.train`.
    """
    from models.export.exporter import export_weights  # noqa: PLC0415 - torch takes seconds to load
    from models.export.quantization import quantize  # noqa: PLC0415
    from models.training.dataset import read_labelled_frames  # noqa: PLC0415
    from models.training.trainer import save_weights  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    weights = work / f"{_NAME}.pt"
    save_weights(training.average, weights)
    exported = export_weights(weights)
    _mark_as_renderings(exported / "metadata.yaml")
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


def evaluate_weights(
    folder: Path, frames: Sequence["LabelledImage"], progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Average precision of OpenVINO weights: by class at an overlap (IoU) of 0.5, and the means over the classes.

    progress: receives the number of examined frames.
    """
    from models.detection.openvino import find_xml  # noqa: PLC0415
    from models.export.detection_metrics import DetectionEvaluator  # noqa: PLC0415
    from models.training.reference_inference import reference_network  # noqa: PLC0415

    detect, evaluator = reference_network(find_xml(folder), confidence=EXAMINED_FROM), DetectionEvaluator()
    for done, frame in enumerate(frames, start=1):
        evaluator.update(detect(frame.image), frame.labels.truth, frame.labels.is_labelled)
        progress(done)
    score = evaluator.result()
    return {
        "weights_bytes": sum(f.stat().st_size for f in folder.iterdir()),
        "map50": round(score.map50, 4),
        "map50_95": round(score.map50_95, 4),
        "classes": {
            name: {"average_precision_50": round(precision, 4), "shown": score.shown[name]}
            for name, precision in score.by_kind.items()
        },
    }


def _described(plan: TrainingPlan, training: "Trainer", start: Path) -> dict[str, Any]:
    """Provenance of the weights: data, start weights, training and versions."""
    from models.detection.openvino import find_xml  # noqa: PLC0415
    from models.training.dataset import MIN_HEIGHT_PX, MIN_VISIBLE_SHARE, MIN_WIDTH_PX  # noqa: PLC0415

    file = start if start.suffix == ".pt" else find_xml(start).with_suffix(".bin")
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    return {
        "trained_on": RENDERINGS,
        "start": {"weights": start.name, "file": file.name, "sha256": digest},
        "seed": plan.seed,
        "training": {"pictures": _count(plan.training), "stretches": fingerprint(plan.training)},
        "examination": {
            "pictures": _count(plan.examination),
            "stretches": fingerprint(plan.examination),
            "overlap": 0.5,
            "confidence_from": EXAMINED_FROM,
            "counts_from": {"share": MIN_VISIBLE_SHARE, "width_px": MIN_WIDTH_PX, "height_px": MIN_HEIGHT_PX},
        },
        "made_by": training.summary(),
        "versions": {part: version(part) for part in _PARTS},
    }


def _count(segments: Sequence[Any]) -> int:
    return sum(segment.frames for segment in segments)


def _mark_as_renderings(metadata: Path) -> None:
    """Mark weights as trained on renderings, so that `simpang run` refuses them on a real road."""
    content = yaml.safe_load(metadata.read_text(encoding="utf-8"))
    content["description"] = "Simpang: detector of the simulated city. It knows renderings only; not for real roads"
    content[TRAINED_ON] = RENDERINGS
    write_atomically(metadata, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
