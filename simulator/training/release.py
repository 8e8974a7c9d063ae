"""From a trained network to weights that anybody can run, and a report of how well they do on other seeds."""

import json
from collections.abc import Callable, Sequence
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from models.weights.bundled import DEMO_CITY_WEIGHTS, RENDERINGS, TRAINED_ON
from simulator.training.pipeline import Plan, fingerprint, rendered

if TYPE_CHECKING:
    from models.training.dataset import LabelledImage
    from models.training.trainer import Trainer

EXAMINED_FROM = 0.001
"""Confidence: average precision wants the doubtful ones, too."""

CALIBRATION_PICTURES = 300
_PARTS = ("torch", "ultralytics-opencv-headless", "openvino", "nncf", "libsumo", "numpy")
_NAME = DEMO_CITY_WEIGHTS.name.removesuffix("_int8_openvino_model")

Progress = Callable[[str, int, int], None]


def publish(
    training: "Trainer", plan: Plan, *, start: Path, work: Path, out: Path, progress: Progress
) -> dict[str, Any]:
    """Writes the INT8 folder and `report.json` to `out`; returns the report. Raises UnusableWeights.

    start: what training began with. work: as for `train`.
    """
    from models.export.exporter import export_weights  # noqa: PLC0415 - torch takes seconds to load
    from models.export.quantization import quantize  # noqa: PLC0415
    from models.training.dataset import read_labelled_frames  # noqa: PLC0415
    from models.training.trainer import save_weights  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    weights = work / f"{_NAME}.pt"
    save_weights(training.average, weights)
    exported = export_weights(weights)
    _mark(exported / "metadata.yaml")
    learned_from = rendered("training", plan.training, work, progress)
    quantised = out / DEMO_CITY_WEIGHTS.name
    pictures = read_labelled_frames(learned_from)
    step = max(1, len(pictures) // CALIBRATION_PICTURES)
    quantize(exported, [picture.image for picture in pictures[::step]], quantised)
    examined = read_labelled_frames(rendered("examination", plan.examination, work, progress))
    report = _described(plan, training, start)
    for precision, folder in (("fp32", exported), ("int8", quantised)):
        report[precision] = examined_on(folder, examined, lambda n: progress("examining", n, len(examined)))
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


def examined_on(
    folder: Path, pictures: Sequence["LabelledImage"], progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Average precision of an OpenVINO folder: at an overlap of 0.5 by class, and the means."""
    from models.detection.openvino import find_xml  # noqa: PLC0415
    from models.export.detection_metrics import DetectionEvaluator  # noqa: PLC0415
    from models.training.reference_inference import reference_network  # noqa: PLC0415

    detect, evaluator = reference_network(find_xml(folder), confidence=EXAMINED_FROM), DetectionEvaluator()
    for done, picture in enumerate(pictures, start=1):
        evaluator.update(detect(picture.image), picture.labels.truth, picture.labels.is_labelled)
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


def _described(plan: Plan, training: "Trainer", start: Path) -> dict[str, Any]:
    """What was done, with what, from what."""
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


def _count(stretches: Sequence[Any]) -> int:
    return sum(stretch.frames for stretch in stretches)


def _mark(metadata: Path) -> None:
    """So that whoever opens the folder knows, and `simpang run` can refuse it on a real road."""
    said = yaml.safe_load(metadata.read_text(encoding="utf-8"))
    said["description"] = "Simpang: detector of the simulated city. It knows renderings only; not for real roads"
    said[TRAINED_ON] = RENDERINGS
    metadata.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")
