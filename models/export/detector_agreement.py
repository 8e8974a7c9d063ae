"""Agreement of two detectors on the same images: pure functions of their detections."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS
from models.detection.detector import DEFAULT_CONFIDENCE
from models.tracking.association import pairwise_iou

MATCH_IOU = 0.5
"""Intersection over union from which two boxes match [source: PASCAL VOC]."""

HIGH_CONFIDENCE = 0.4
"""Confidence, 0..1, from which a detection of one detector is expected of the other [assumption]."""

MIN_CONFIDENCE = DEFAULT_CONFIDENCE
"""Least confidence, 0..1, of a detection that can match."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one class of road users, or on all.

    expected: confident boxes of the original. found: those of them that the other has. claimed: confident boxes of the
    other. backed: those of them that the original has. confidence_change: mean change from the original to the other
    over the boxes found; NaN without any.
    """

    expected: int
    found: int
    claimed: int
    backed: int
    confidence_change: float

    @property
    def recall(self) -> float:
        """Share of the expected boxes that were found; NaN without any."""
        return self.found / self.expected if self.expected else float("nan")

    @property
    def precision(self) -> float:
        """Share of the claimed boxes that the original has; NaN without any."""
        return self.backed / self.claimed if self.claimed else float("nan")


def agreement_by_road_user(original: Sequence[Detections], other: Sequence[Detections]) -> dict[str, Agreement]:
    """Agreement on each class of road users that occurs, and on "all" together.

    original, other: detections in the same images, with a confidence of `MIN_CONFIDENCE` or more.
    Boxes are paired within a class, the largest overlaps first, each box once.
    """
    pairs = [_pairs(a, b) for a, b in zip(original, other, strict=True)]
    occurring = np.unique(np.concatenate([found.class_id for found in (*original, *other)] or [np.empty(0, np.int64)]))
    by_class = {
        str(ROAD_USERS[class_id]): _agreement(original, other, pairs, [class_id]) for class_id in occurring.tolist()
    }
    return {"all": _agreement(original, other, pairs, list(range(len(ROAD_USERS)))), **by_class}


def _pairs(a: Detections, b: Detections) -> list[tuple[int, int]]:
    overlap = pairwise_iou(a.xyxy.astype(np.float64), b.xyxy.astype(np.float64))
    overlap[a.class_id[:, None] != b.class_id[None]] = 0
    pairs: list[tuple[int, int]] = []
    while overlap.size and overlap.max() >= MATCH_IOU:
        i, j = np.unravel_index(overlap.argmax(), overlap.shape)
        pairs.append((int(i), int(j)))
        overlap[i, :] = overlap[:, j] = 0
    return pairs


def _agreement(
    original: Sequence[Detections],
    other: Sequence[Detections],
    pairs: Sequence[list[tuple[int, int]]],
    class_ids: list[int],
) -> Agreement:
    expected = sum(int(_confident(found, class_ids).sum()) for found in original)
    claimed = sum(int(_confident(found, class_ids).sum()) for found in other)
    backed, changes = 0, []
    for a, b, paired in zip(original, other, pairs, strict=True):
        wanted, claims = _confident(a, class_ids), _confident(b, class_ids)
        backed += sum(bool(claims[j]) for _, j in paired)
        changes += [float(b.confidence[j] - a.confidence[i]) for i, j in paired if wanted[i]]
    return Agreement(expected, len(changes), claimed, backed, float(np.mean(changes)) if changes else float("nan"))


def _confident(found: Detections, class_ids: list[int]) -> NDArray[np.bool_]:
    return np.asarray((found.confidence >= HIGH_CONFIDENCE) & np.isin(found.class_id, class_ids))
