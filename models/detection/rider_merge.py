"""Merging of riders with the motorcycle or bicycle under them: together they are one road user."""

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, TWO_WHEELERS, RoadUser

_PERSON = ROAD_USERS.index(RoadUser.PERSON)
"""Class id of a person."""

_IS_TWO_WHEELER = np.array([road_user in TWO_WHEELERS for road_user in ROAD_USERS])
"""Mask by class id."""

RIDDEN_CONFIDENCE = 0.1
"""Least confidence, 0..1, of a two-wheeler with a rider on it [measured: docs/adr/0100-riders-and-walkers.md]."""

MIN_SEATED_SHARE = 0.5
"""Overlap of rider and two-wheeler across, as a share of the narrower one, seen from any side [assumption]."""

MIN_DUPLICATE_SHARE = 0.7
"""Overlap across of two boxes of one two-wheeler, as a share of the narrower one [assumption]."""

MAX_WHEEL_DISTANCE = 0.15
"""Distance between the bottoms of two boxes of one two-wheeler, in heights of the lower box [assumption]."""

MAX_FEET_BELOW_WHEELS = 0.25
"""Distance of the rider's feet below the wheels, in heights of the two-wheeler [assumption]."""

MAX_HEAD_DEPTH = 0.5
"""Distance of the rider's head below the top of the two-wheeler, in heights of it [assumption]."""

RIDER_HEIGHT_RANGE = (0.3, 3.0)
"""Height of a rider, in heights of the two-wheeler, exclusive [assumption]."""

MIN_WIDTH_PX = 1e-6
"""Smallest width before a division, pixels; avoids a division by zero."""


def least_confidences(confidence: float) -> NDArray[np.float32]:
    """Least confidence (classes,) of a candidate, so that `merge_riders` can keep a two-wheeler by its rider.

    confidence: least confidence of a reported detection.
    """
    return np.where(_IS_TWO_WHEELER, min(confidence, RIDDEN_CONFIDENCE), confidence).astype(np.float32)


def merge_riders(detections: Detections, confidence: float) -> Detections:
    """Extend each two-wheeler by the boxes of its riders, and drop those persons.

    A person rides the two-wheeler that overlaps it across by half of the narrower box, with its feet at or above the
    wheels and its head above the saddle. The bottom of the merged box stays that of the two-wheeler where it is lower.
    Its confidence is that of the most confident box. A two-wheeler below `confidence` is kept only where it is
    no other's second box and a person rides it that rides no other.
    """
    is_weak = _IS_TWO_WHEELER[detections.class_id] & (detections.confidence < confidence)
    found = _without_duplicate_boxes(detections.rows(~is_weak))
    found, _ = _with_riders(found, np.flatnonzero(_IS_TWO_WHEELER[found.class_id]))
    if not is_weak.any():
        return found
    weak = _without_duplicate_boxes(detections.rows(is_weak))
    certain = found.xyxy[_IS_TWO_WHEELER[found.class_id]]
    weak = weak.rows([row for row, box in enumerate(weak.xyxy) if not _have_same_wheels(box, certain).any()])
    merged, ridden = _with_riders(Detections.joined([weak, found]), np.arange(len(weak)))
    return merged.rows(np.concatenate([ridden, np.ones(len(merged) - len(weak), dtype=np.bool_)]))


def _with_riders(detections: Detections, two_wheelers: NDArray[np.intp]) -> tuple[Detections, NDArray[np.bool_]]:
    """Detections with the riders merged into some of the two-wheelers, and which of those have a rider."""
    persons = np.flatnonzero(detections.class_id == _PERSON)
    ridden = np.zeros(len(two_wheelers), dtype=np.bool_)
    if not len(persons) or not len(two_wheelers):
        return detections, ridden
    fit = _riding_fit(detections.xyxy[persons], detections.xyxy[two_wheelers])
    boxes, confidences = detections.xyxy.copy(), detections.confidence.copy()
    rides = fit.max(axis=1) > 0
    for person, k in zip(persons[rides], fit[rides].argmax(axis=1), strict=True):
        two_wheeler = two_wheelers[k]
        boxes[two_wheeler] = _union(boxes[two_wheeler], boxes[person])
        confidences[two_wheeler] = max(confidences[two_wheeler], confidences[person])
        ridden[k] = True
    kept = np.ones(len(detections), dtype=np.bool_)
    kept[persons[rides]] = False
    return Detections(boxes, confidences, detections.class_id).rows(kept), ridden


def _without_duplicate_boxes(detections: Detections) -> Detections:
    """Each two-wheeler once: a detector may box it alone and, a second time, together with its rider.

    Such boxes have the same bottom; the more confident one stays and takes the extent of both.
    """
    two_wheelers = np.flatnonzero(_IS_TWO_WHEELER[detections.class_id])
    if len(two_wheelers) < 2:
        return detections
    boxes = detections.xyxy.copy()
    kept = np.ones(len(detections), dtype=np.bool_)
    by_confidence = two_wheelers[np.argsort(-detections.confidence[two_wheelers], kind="stable")]
    for rank, two_wheeler in enumerate(by_confidence):
        if not kept[two_wheeler]:
            continue
        others = by_confidence[rank + 1 :]
        same = others[kept[others] & _have_same_wheels(boxes[two_wheeler], boxes[others])]
        for other in same:
            boxes[two_wheeler] = _union(boxes[two_wheeler], boxes[other])
        kept[same] = False
    return Detections(boxes, detections.confidence, detections.class_id).rows(kept)


def _union(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smallest box around two boxes, (4,) each."""
    return np.concatenate([np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])


def _have_same_wheels(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Mask of the boxes that overlap `box` across and end at its bottom."""
    x1, y1, x2, y2 = others.T
    across = np.minimum(x2, box[2]) - np.maximum(x1, box[0])
    lower_height = np.minimum(y2 - y1, box[3] - box[1])
    one_above_the_other = across >= MIN_DUPLICATE_SHARE * np.minimum(x2 - x1, box[2] - box[0])
    return np.asarray(one_above_the_other & (np.abs(y2 - box[3]) <= MAX_WHEEL_DISTANCE * lower_height))


def _riding_fit(persons: NDArray[np.float32], two_wheelers: NDArray[np.float32]) -> NDArray[np.float64]:
    """(P, M) overlap across of person and two-wheeler, as a share of the narrower one; 0 where it is no rider."""
    px1, py1, px2, py2 = (column[:, None].astype(np.float64) for column in persons.T)
    mx1, my1, mx2, my2 = (column[None, :].astype(np.float64) for column in two_wheelers.T)
    across = np.minimum(px2, mx2) - np.maximum(px1, mx1)
    share = across / np.maximum(np.minimum(px2 - px1, mx2 - mx1), MIN_WIDTH_PX)
    person_height, height = py2 - py1, my2 - my1
    shortest, tallest = RIDER_HEIGHT_RANGE
    is_astride = py2 > my1
    feet_off_ground = py2 < my2 + MAX_FEET_BELOW_WHEELS * height
    head_above = py1 < my1 + MAX_HEAD_DEPTH * height
    sizes_fit = (person_height < tallest * height) & (person_height > shortest * height)
    rides = (share >= MIN_SEATED_SHARE) & is_astride & feet_off_ground & head_above & sizes_fit
    return np.where(rides, share, 0.0)
