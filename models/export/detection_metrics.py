"""Average precision of a detector on labelled images, as COCO defines it, by supervision."""

from dataclasses import dataclass

import numpy as np
import supervision as sv
from numpy.typing import NDArray
from supervision.metrics import MeanAveragePrecision

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """Mean average precision over the classes in the ground truth, 0..1.

    map50: boxes match from an intersection over union of 0.5; map50_95: mean over 0.5, 0.55 to 0.95 (COCO).
    by_kind: at 0.5, by class. shown: labelled road users that count, by class. pictures: number of images.
    """

    map50: float
    map50_95: float
    by_kind: dict[str, float]
    shown: dict[str, int]
    pictures: int


class DetectionEvaluator:
    """Evaluation of a detector over labelled images. Detections need a confidence near 0, for the whole curve."""

    def __init__(self) -> None:
        self._metric = MeanAveragePrecision()
        self._shown = np.zeros(len(ROAD_USERS), dtype=np.int64)
        self._images = 0

    def update(self, found: Detections, truth: Detections, is_labelled: NDArray[np.bool_] | None = None) -> None:
        """Add one image.

        is_labelled: mask of the ground truth that counts, by default all. The rest is neither required nor counted as
        a false positive, like COCO's crowds.
        """
        is_labelled = np.ones(len(truth), dtype=np.bool_) if is_labelled is None else is_labelled
        wanted = _as_supervision(truth)
        wanted.data["iscrowd"] = (~is_labelled).astype(np.int64)
        self._metric.update(_as_supervision(found), wanted)
        self._shown += np.bincount(truth.class_id[is_labelled], minlength=len(ROAD_USERS))
        self._images += 1

    def result(self) -> AveragePrecision:
        """Average precision over all images so far."""
        computed = self._metric.compute()
        by_class = dict(zip(computed.matched_classes.tolist(), computed.ap_per_class[:, 0].tolist(), strict=True))
        present = np.flatnonzero(self._shown).tolist()
        return AveragePrecision(
            map50=float(computed.map50),
            map50_95=float(computed.map50_95),
            by_kind={ROAD_USERS[k].value: float(by_class[k]) for k in present},
            shown={ROAD_USERS[k].value: int(self._shown[k]) for k in present},
            pictures=self._images,
        )


def _as_supervision(boxes: Detections) -> sv.Detections:
    return sv.Detections(boxes.xyxy, confidence=boxes.confidence, class_id=boxes.class_id)
