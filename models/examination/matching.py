"""One-to-one matching of the detections of a picture with its labels: pure array functions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analytics.detections import Detections
from analytics.geometry.boxes import shares_inside
from analytics.road_users import ROAD_USERS, TWO_WHEELERS, RoadUser
from models.pictures.picture_set import PictureLabels
from models.tracking.association import pairwise_iou

MATCH_IOU = 0.35
"""Least intersection over union of a match [source: issue 13]. Far road users are a few pixels, labels are loose."""

MOSTLY_INSIDE = 0.5
"""Share of a detection's area from which it lies in an ignored area or on a two-wheeler [source: docs/picture-sets.md].
"""

_OVERLAP_WEIGHT = 1e-3
"""Weight of the overlap of a match, beside 1 for the match and 1 for the right class.

Overlaps only decide between matchings that are equal in both [assumption].
"""

_PERSON = ROAD_USERS.index(RoadUser.PERSON)
"""Class id of a person."""

_IS_TWO_WHEELER = np.array([road_user in TWO_WHEELERS for road_user in ROAD_USERS])
"""Mask by class id."""


@dataclass(frozen=True, slots=True)
class PictureMatch:
    """Match of N labels with D detections.

    detection: (N,) int64 index of each label's detection, -1 for a missed label. is_right: (N,) bool, found with the
    label's class. is_false: (D,) bool, matches nothing and counts against the detector.
    """

    detection: NDArray[np.int64]
    is_right: NDArray[np.bool_]
    is_false: NDArray[np.bool_]

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """(N,) mask of the labels with a detection of any class."""
        return np.asarray(self.detection >= 0)


def match_detections(found: Detections, labels: PictureLabels) -> PictureMatch:
    """Match each label with at most one detection of any class, from an overlap of `MATCH_IOU`.

    Of all one-to-one matchings, the one with the most matches and right classes together; of equal ones, the largest
    overlap. Boxes of both are in the same pixels.
    """
    overlap = pairwise_iou(labels.xyxy.astype(np.float64), found.xyxy.astype(np.float64))
    allowed = overlap >= MATCH_IOU
    same_class = labels.class_id[:, None] == found.class_id
    gain = np.where(allowed, 1.0 + same_class + _OVERLAP_WEIGHT * overlap, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    kept = allowed[rows, columns]
    rows, columns = rows[kept], columns[kept]
    detection = np.full(len(labels.xyxy), -1, dtype=np.int64)
    detection[rows] = columns
    is_right = np.zeros(len(detection), dtype=np.bool_)
    is_right[rows] = same_class[rows, columns]
    is_false = ~may_be_unmatched(found, labels)
    is_false[columns] = False
    return PictureMatch(detection, is_right, is_false)


def may_be_unmatched(found: Detections, labels: PictureLabels) -> NDArray[np.bool_]:
    """(D,) mask of the detections that count neither for nor against the detector where they match no label.

    Those of a class that the picture does not label fully, those mostly in an ignored area, and persons mostly on a
    labelled two-wheeler: its rider is a part of that label.
    """
    boxes = found.xyxy.astype(np.float64)
    inside = shares_inside(boxes, labels.ignored.astype(np.float64)) >= MOSTLY_INSIDE
    two_wheelers = labels.xyxy[_IS_TWO_WHEELER[labels.class_id]].astype(np.float64)
    is_rider = (found.class_id == _PERSON) & (shares_inside(boxes, two_wheelers) >= MOSTLY_INSIDE)
    return np.asarray(inside | is_rider | ~labels.labelled_classes[found.class_id])
