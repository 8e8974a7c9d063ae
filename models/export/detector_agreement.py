"""How much of what one detector finds another finds too: pure functions of their detections."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS
from models.tracking.association import pairwise_iou

MATCH_IOU = 0.5
"""Intersection over union from which two boxes are one."""

HIGH_CONFIDENCE = 0.4
"""What the original is this sure of, the other should find."""

MIN_CONFIDENCE = 0.25
"""Counts as found; what detection takes for a road user by default."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one kind of road user, or of all.

    expected: confident boxes of the original. found: those that the other has too, of the same kind. claimed, backed:
    the other's confident boxes, and those that the original has too. confidence_change: mean over the expected boxes
    that were found, the other's less the original's; NaN where there were none.
    """

    expected: int
    found: int
    claimed: int
    backed: int
    confidence_change: float

    @property
    def recall(self) -> float:
        """NaN where nothing was to be found."""
        return self.found / self.expected if self.expected else float("nan")

    @property
    def precision(self) -> float:
        """NaN where nothing was claimed."""
        return self.backed / self.claimed if self.claimed else float("nan")


def agreement_by_road_user(original: Sequence[Detections], other: Sequence[Detections]) -> dict[str, Agreement]:
    """Agreement on each kind of road user that occurs, and on "all" of them together.

    original, other: what both found in the same pictures, with a confidence of `MIN_CONFIDENCE` or more.
    Boxes are paired within a kind, the largest overlaps first, each box once.
    """
    pairs = [_pairs(ours, theirs) for ours, theirs in zip(original, other, strict=True)]
    occurring = np.unique(np.concatenate([found.class_id for found in (*original, *other)] or [np.empty(0, np.int64)]))
    by_kind = {str(ROAD_USERS[kind]): _agreement(original, other, pairs, [kind]) for kind in occurring.tolist()}
    return {"all": _agreement(original, other, pairs, list(range(len(ROAD_USERS)))), **by_kind}


def _pairs(ours: Detections, theirs: Detections) -> list[tuple[int, int]]:
    overlap = pairwise_iou(ours.xyxy.astype(np.float64), theirs.xyxy.astype(np.float64))
    overlap[ours.class_id[:, None] != theirs.class_id[None]] = 0
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
    kinds: list[int],
) -> Agreement:
    expected = sum(int(_confident(found, kinds).sum()) for found in original)
    claimed = sum(int(_confident(found, kinds).sum()) for found in other)
    backed, changes = 0, []
    for ours, theirs, paired in zip(original, other, pairs, strict=True):
        wanted, claims = _confident(ours, kinds), _confident(theirs, kinds)
        backed += sum(bool(claims[j]) for _, j in paired)
        changes += [float(theirs.confidence[j] - ours.confidence[i]) for i, j in paired if wanted[i]]
    return Agreement(expected, len(changes), claimed, backed, float(np.mean(changes)) if changes else float("nan"))


def _confident(found: Detections, kinds: list[int]) -> NDArray[np.bool_]:
    return np.asarray((found.confidence >= HIGH_CONFIDENCE) & np.isin(found.class_id, kinds))
