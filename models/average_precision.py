"""How well a detector does on pictures with exact boxes: average precision as COCO defines it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.facts import ROAD_USERS
from models.detector import RgbImage
from models.training_pictures import LabelledPicture

MATCH_IOU = 0.5
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class Score:
    """average_precision, recall: by class, of those that occur; at an overlap of 0.5. shown: how many there were."""

    average_precision: dict[str, float]
    recall: dict[str, float]
    shown: dict[str, int]

    @property
    def mean(self) -> float:
        """mAP50."""
        return float(np.mean(list(self.average_precision.values()))) if self.average_precision else 0.0


def examine(
    detect: Callable[[RgbImage], Detections],
    pictures: Sequence[LabelledPicture],
    progress: Callable[[int], None] = lambda _: None,
) -> Score:
    """detect: with a confidence bound near 0. Who does not count is neither asked for nor held against the detector.

    progress: told how many pictures are done.
    """
    confidences: list[list[float]] = [[] for _ in ROAD_USERS]
    hits: list[list[bool]] = [[] for _ in ROAD_USERS]
    shown = np.zeros(len(ROAD_USERS), dtype=int)
    for done, picture in enumerate(pictures, start=1):
        found, labels = detect(picture.image), picture.labels
        for k in range(len(ROAD_USERS)):
            mine = found.class_id == k
            counts = labels.counts & (labels.class_id == k)
            shown[k] += int(counts.sum())
            for confidence, hit in _judge(
                found.xyxy[mine], found.confidence[mine], labels.xyxy[counts], labels.xyxy[~labels.counts]
            ):
                confidences[k].append(confidence)
                hits[k].append(hit)
        progress(done)
    present = [k for k in range(len(ROAD_USERS)) if shown[k]]
    return Score(
        {ROAD_USERS[k].value: _average(confidences[k], hits[k], int(shown[k])) for k in present},
        {ROAD_USERS[k].value: float(sum(hits[k]) / shown[k]) for k in present},
        {ROAD_USERS[k].value: int(shown[k]) for k in present},
    )


def _judge(
    boxes: NDArray[np.float32],
    confidence: NDArray[np.float32],
    wanted: NDArray[np.float32],
    ignored: NDArray[np.float32],
) -> list[tuple[float, bool]]:
    """Of one class in one picture: confidence, and whether it is right. The most confident may choose first."""
    free = np.ones(len(wanted), dtype=bool)
    overlaps, excuses = iou(boxes, wanted), _inside(boxes, ignored)
    judged: list[tuple[float, bool]] = []
    for i in np.argsort(-confidence, kind="stable"):
        fits = np.where(free, overlaps[i], 0.0)
        if len(fits) and fits.max() >= MATCH_IOU:
            free[fits.argmax()] = False
            judged.append((float(confidence[i]), True))
        elif not (len(ignored) and excuses[i].max() >= MATCH_IOU):
            judged.append((float(confidence[i]), False))
    return judged


def _average(confidences: list[float], hits: list[bool], shown: int) -> float:
    order = np.argsort(-np.array(confidences), kind="stable")
    right = np.cumsum(np.array(hits, dtype=bool)[order])
    recall, precision = right / shown, right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, _RECALLS)
    return float(np.append(best, 0.0)[np.minimum(at, len(best))].mean())


def iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, M) intersection over union."""
    common = _common(a, b)
    return np.asarray(common / np.maximum(_area(a)[:, None] + _area(b)[None] - common, 1e-9))


def _inside(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, M) share of each `a` that lies in each `b`."""
    return np.asarray(_common(a, b) / np.maximum(_area(a)[:, None], 1e-9))


def _common(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None).astype(np.float64), axis=2))


def _area(xyxy: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(np.prod((xyxy[:, 2:] - xyxy[:, :2]).astype(np.float64), axis=1))
