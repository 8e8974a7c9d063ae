"""Accuracy of an INT8 network compared with its original, with the shortfalls that speak against its use."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analytics.detections import Detections
from models.detection.detector import Detector, RgbImage
from models.export.detection_metrics import AveragePrecision
from models.export.detector_agreement import (
    HIGH_CONFIDENCE,
    MATCH_IOU,
    MIN_CONFIDENCE,
    Agreement,
    agreement_by_road_user,
)
from models.export.yolo_dataset import average_precision

MIN_AGREEMENT = 0.95
"""Least recall and precision over all road users, 0..1 [assumption]."""

MIN_CLASS_RECALL = 0.85
"""Least recall of each class, 0..1 [assumption]."""

MIN_CLASS_BOXES = 30
"""Boxes of a class below which its recall is not judged; each of fewer weighs too much [assumption]."""

MAX_MAP_LOSS = 0.03
"""Largest fall of mAP50-95 [assumption]."""

_CURVE_CONFIDENCE = 0.01
"""Least confidence, 0..1, of detections for a precision-recall curve [source: COCO evaluations use nearly 0]."""

OpenDetector = Callable[[float], Detector]
"""Factory of a detector, given the least confidence of its detections, 0..1."""


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """Comparison of two networks.

    agreement: by class and for "all", on `pictures` images that were not used for calibration. original, quantized: on
    a labelled data set, None without one.
    """

    agreement: Mapping[str, Agreement]
    pictures: int
    original: AveragePrecision | None = None
    quantized: AveragePrecision | None = None

    @property
    def shortfalls(self) -> list[str]:
        """Reasons against the use of the INT8 network; empty without any."""
        return [*_agreement_shortfalls(self.agreement), *_precision_shortfalls(self.original, self.quantized)]

    def as_json(self) -> dict[str, Any]:
        """Content of the report; NaN becomes null."""
        rows = {
            name: {**asdict(agreement), "recall": agreement.recall, "precision": agreement.precision}
            for name, agreement in self.agreement.items()
        }
        return {
            "pictures": self.pictures,
            "iou": MATCH_IOU,
            "confident": HIGH_CONFIDENCE,
            "agreement": {name: {key: _or_null(value) for key, value in row.items()} for name, row in rows.items()},
            "average_precision": None
            if self.original is None or self.quantized is None
            else {"original": asdict(self.original), "int8": asdict(self.quantized)},
            "bounds": {
                "agreement": MIN_AGREEMENT,
                "recall_of_a_kind": MIN_CLASS_RECALL,
                "from_boxes": MIN_CLASS_BOXES,
                "map50_95_lost": MAX_MAP_LOSS,
            },
            "shortfalls": self.shortfalls,
        }


def compare_accuracy(
    original: OpenDetector,
    quantized: OpenDetector,
    images: Sequence[RgbImage],
    *,
    labelled: Path | None = None,
    width: int = 640,
) -> AccuracyReport:
    """Comparison of a quantized detector with its original.

    images: not used for calibration. labelled: data.yaml of a data set in YOLO's format. width: of the detector's input
    for its images, pixels. Raises UnusableWeights where a network does not run, or the data set cannot be read.
    """
    agreement = agreement_by_road_user(_detections(original, images), _detections(quantized, images))
    if labelled is None:
        return AccuracyReport(agreement, len(images))
    precisions = [
        average_precision(open_detector(_CURVE_CONFIDENCE), labelled, width=width)
        for open_detector in (original, quantized)
    ]
    return AccuracyReport(agreement, len(images), *precisions)


def _detections(open_detector: OpenDetector, images: Sequence[RgbImage]) -> list[Detections]:
    with closing(open_detector(MIN_CONFIDENCE)) as detector:
        return [future.result() for future in [detector.submit(image) for image in images]]


def _agreement_shortfalls(agreement: Mapping[str, Agreement]) -> list[str]:
    overall = agreement["all"]
    if overall.expected < MIN_CLASS_BOXES:
        return [
            f"the original is confident of {overall.expected} road users in the held-back pictures, and "
            f"{MIN_CLASS_BOXES} are needed to judge; give more pictures, with traffic on them"
        ]
    shortfalls = [
        f"{name} {value:.3f} of the original's confident boxes is below {MIN_AGREEMENT}"
        for name, value in (("recall", overall.recall), ("precision", overall.precision))
        if not value >= MIN_AGREEMENT
    ]
    return shortfalls + [
        f"recall {of_class.recall:.3f} of {name} is below {MIN_CLASS_RECALL}"
        for name, of_class in agreement.items()
        if name != "all" and of_class.expected >= MIN_CLASS_BOXES and of_class.recall < MIN_CLASS_RECALL
    ]


def _precision_shortfalls(original: AveragePrecision | None, quantized: AveragePrecision | None) -> list[str]:
    if original is None or quantized is None:
        return []
    lost = original.map50_95 - quantized.map50_95
    return [f"mAP50-95 falls by {lost:.3f}, more than {MAX_MAP_LOSS}"] if lost > MAX_MAP_LOSS else []


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
