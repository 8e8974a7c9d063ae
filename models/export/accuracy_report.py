"""What an INT8 network keeps of its original: measured, put into words, and judged."""

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

LEAST_AGREEMENT = 0.95
"""Recall and precision over all road users."""

LEAST_RECALL_OF_A_KIND = 0.85
ENOUGH_OF_A_KIND = 30
"""Boxes; of fewer, each one weighs too much to judge by."""

LARGEST_LOSS = 0.03
"""Of mAP50-95."""

_FOR_THE_WHOLE_CURVE = 0.01

OpenDetector = Callable[[float], Detector]
"""Is given the least confidence."""


@dataclass(frozen=True, slots=True)
class AccuracyReport:
    """agreement: by road user and for "all", on `pictures` pictures that calibration never saw.

    original, quantised: against the truth of a labelled data set, None where none was given.
    """

    agreement: Mapping[str, Agreement]
    pictures: int
    original: AveragePrecision | None = None
    quantised: AveragePrecision | None = None

    @property
    def shortfalls(self) -> list[str]:
        """What speaks against using the INT8 network, in words; empty where nothing does."""
        return [*_too_little_agreement(self.agreement), *_too_much_lost(self.original, self.quantised)]

    def as_json(self) -> dict[str, Any]:
        """Numbers that do not exist are null."""
        rows = {
            kind: {**asdict(told), "recall": told.recall, "precision": told.precision}
            for kind, told in self.agreement.items()
        }
        return {
            "pictures": self.pictures,
            "iou": MATCH_IOU,
            "confident": HIGH_CONFIDENCE,
            "agreement": {kind: {key: _or_null(value) for key, value in row.items()} for kind, row in rows.items()},
            "average_precision": None
            if self.original is None or self.quantised is None
            else {"original": asdict(self.original), "int8": asdict(self.quantised)},
            "bounds": {
                "agreement": LEAST_AGREEMENT,
                "recall_of_a_kind": LEAST_RECALL_OF_A_KIND,
                "from_boxes": ENOUGH_OF_A_KIND,
                "map50_95_lost": LARGEST_LOSS,
            },
            "shortfalls": self.shortfalls,
        }


def compare_accuracy(
    original: OpenDetector,
    quantised: OpenDetector,
    held_back: Sequence[RgbImage],
    *,
    labelled: Path | None = None,
    width: int = 640,
) -> AccuracyReport:
    """held_back: pictures that calibration never saw. labelled: data.yaml of a data set in YOLO's format.

    width: at which its pictures are looked at, in pixels.
    Raises UnusableWeights where a network does not run, or the data set cannot be read.
    """
    agreement = agreement_by_road_user(_found(original, held_back), _found(quantised, held_back))
    if labelled is None:
        return AccuracyReport(agreement, len(held_back))
    truths = [
        average_precision(open_detector(_FOR_THE_WHOLE_CURVE), labelled, width=width)
        for open_detector in (original, quantised)
    ]
    return AccuracyReport(agreement, len(held_back), *truths)


def _found(open_detector: OpenDetector, pictures: Sequence[RgbImage]) -> list[Detections]:
    with closing(open_detector(MIN_CONFIDENCE)) as detector:
        return [future.result() for future in [detector.submit(picture) for picture in pictures]]


def _too_little_agreement(agreement: Mapping[str, Agreement]) -> list[str]:
    overall = agreement["all"]
    if overall.expected < ENOUGH_OF_A_KIND:
        return [
            f"the original is confident of {overall.expected} road users in the held-back pictures, and "
            f"{ENOUGH_OF_A_KIND} are needed to judge; give more pictures, with traffic on them"
        ]
    told = [
        f"{name} {value:.3f} of the original's confident boxes is below {LEAST_AGREEMENT}"
        for name, value in (("recall", overall.recall), ("precision", overall.precision))
        if not value >= LEAST_AGREEMENT
    ]
    return told + [
        f"recall {kind_told.recall:.3f} of {kind} is below {LEAST_RECALL_OF_A_KIND}"
        for kind, kind_told in agreement.items()
        if kind != "all" and kind_told.expected >= ENOUGH_OF_A_KIND and kind_told.recall < LEAST_RECALL_OF_A_KIND
    ]


def _too_much_lost(original: AveragePrecision | None, quantised: AveragePrecision | None) -> list[str]:
    if original is None or quantised is None:
        return []
    lost = original.map50_95 - quantised.map50_95
    return [f"mAP50-95 falls by {lost:.3f}, more than {LARGEST_LOSS}"] if lost > LARGEST_LOSS else []


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
