"""How well a detector does on pictures whose truth is known: average precision as COCO defines it, by supervision."""

from dataclasses import dataclass

import numpy as np
import supervision as sv
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """Mean over the kinds of road users in the truth, 0..1.

    map50: boxes count from an intersection over union of 0.5; map50_95: mean over 0.5, 0.55 to 0.95 (COCO).
    by_kind: at 0.5, of those that were shown. shown: how many of each counted.
    """

    map50: float
    map50_95: float
    by_kind: dict[str, float]
    shown: dict[str, int]
    pictures: int


class DetectionEvaluator:
    """Is given, picture by picture, what was found (with a confidence near 0, for the curve to be whole) and the truth.

    counts: which of the truth's road users do; the others are neither asked for nor held against the detector, as
    COCO's crowds are. All of them do by default.
    """

    def __init__(self) -> None:
        self._metric = sv.metrics.MeanAveragePrecision()
        self._shown = np.zeros(len(ROAD_USERS), dtype=np.int64)
        self._pictures = 0

    def see(self, found: Detections, truth: Detections, counts: NDArray[np.bool_] | None = None) -> None:
        counts = np.ones(len(truth), dtype=np.bool_) if counts is None else counts
        wanted = _as_supervision(truth)
        wanted.data["iscrowd"] = (~counts).astype(np.int64)
        self._metric.update(_as_supervision(found), wanted)
        self._shown += np.bincount(truth.class_id[counts], minlength=len(ROAD_USERS))
        self._pictures += 1

    def result(self) -> AveragePrecision:
        told = self._metric.compute()
        of_kind = dict(zip(told.matched_classes.tolist(), told.ap_per_class[:, 0].tolist(), strict=True))
        present = np.flatnonzero(self._shown).tolist()
        return AveragePrecision(
            map50=float(told.map50),
            map50_95=float(told.map50_95),
            by_kind={ROAD_USERS[k].value: float(of_kind[k]) for k in present},
            shown={ROAD_USERS[k].value: int(self._shown[k]) for k in present},
            pictures=self._pictures,
        )


def _as_supervision(boxes: Detections) -> sv.Detections:
    return sv.Detections(boxes.xyxy, confidence=boxes.confidence, class_id=boxes.class_id)
