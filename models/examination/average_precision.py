"""Average precision at one overlap, with classes that are labelled in part and ignored areas.

The curve and its interpolation are COCO's. A picture is matched once; the average precision of any group of pictures
then is a sort, which `models.export.detection_metrics` would repeat for each group.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from models.examination.matching import may_be_unmatched
from models.pictures.picture_set import PictureLabels
from models.tracking.association import pairwise_iou

CURVE_IOU = 0.5
"""Least intersection over union of a true detection [source: PASCAL VOC, AP50]."""

RECALLS = np.linspace(0.0, 1.0, 101)
"""Recalls at which the precision is averaged [source: COCO]."""


@dataclass(frozen=True, slots=True)
class JudgedDetections:
    """Detections that count, of any number of pictures.

    confidence: (D,) float32. class_id: (D,) int64. is_true: (D,) bool, matches a label of its class.
    """

    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]
    is_true: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Iterable["JudgedDetections"]) -> "JudgedDetections":
        """All detections of several pictures."""
        none = Detections.empty()
        every = [cls(none.confidence, none.class_id, np.empty(0, np.bool_)), *parts]
        return cls(
            np.concatenate([part.confidence for part in every]),
            np.concatenate([part.class_id for part in every]),
            np.concatenate([part.is_true for part in every]),
        )


def judge_detections(found: Detections, labels: PictureLabels) -> JudgedDetections:
    """Detections of one picture, the most confident first choosing its label; those that do not count are left out.

    found: with a confidence near 0, for the whole curve. A label belongs to one detection.
    """
    overlap = pairwise_iou(found.xyxy.astype(np.float64), labels.xyxy.astype(np.float64))
    overlap[found.class_id[:, None] != labels.class_id] = 0.0
    is_true = np.zeros(len(found), dtype=np.bool_)
    for detection in np.argsort(-found.confidence, kind="stable").tolist():
        label = int(overlap[detection].argmax()) if overlap.shape[1] else -1
        if label >= 0 and overlap[detection, label] >= CURVE_IOU:
            is_true[detection] = True
            overlap[:, label] = 0.0
    counts = is_true | ~may_be_unmatched(found, labels)
    return JudgedDetections(found.confidence[counts], found.class_id[counts], is_true[counts])


def average_precision(judged: JudgedDetections, class_id: int, labels: int) -> float | None:
    """Average precision of a class, 0..1, interpolated at `RECALLS`; None without labels. labels: their number."""
    if not labels:
        return None
    of_class = judged.class_id == class_id
    order = np.argsort(-judged.confidence[of_class], kind="stable")
    is_true = judged.is_true[of_class][order]
    true = np.cumsum(is_true)
    recall = true / labels
    precision = true / np.arange(1, len(true) + 1)
    highest_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    first = np.searchsorted(recall, RECALLS, side="left")
    return float(np.append(highest_from_here, 0.0)[first].mean())
