"""Boxes around a part of a vehicle, such as the cab of a lorry, and boxes around several vehicles.

Non-maximum suppression removes boxes of about equal size only. Method, figures: docs/adr/0103-one-vehicle-one-count.md.
"""

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.geometry.boxes import MIN_AREA_PX, box_areas, overlap_areas, parts_of
from analytics.road_users import NMS_GROUP, ROAD_USERS, RoadUser

MIN_WHOLE_CONFIDENCE = 0.5
"""Confidence of the whole, as a share of that of its part, below which the part is the vehicle [assumption]."""

MAX_SHARED_SHARE = 0.1
"""Share of the smaller of two boxes inside the other up to which they are apart [assumption]."""

IS_VEHICLE = np.array([NMS_GROUP[road_user] == NMS_GROUP[RoadUser.CAR] for road_user in ROAD_USERS])
"""Mask by class id of cars, buses and trucks. Riders and pedestrians hide others of their size, not parts."""


def whole_vehicles(detections: Detections) -> NDArray[np.bool_]:
    """Mask (N,) that keeps each car, bus and truck once: the box of the whole vehicle, without those of its parts.

    The part stays, and the larger box goes, where that is much less confident, or holds two vehicles: boxes that are
    apart from each other, and both more confident than it. Other classes stay.
    """
    kept = np.ones(len(detections), dtype=np.bool_)
    rows = IS_VEHICLE[detections.class_id].nonzero()[0]
    if len(rows) < 2:
        return kept
    boxes, confidence = detections.xyxy[rows].astype(np.float64), detections.confidence[rows]
    is_part = parts_of(boxes, boxes)
    has_part = np.asarray(is_part.any(axis=0))
    if not has_part.any():
        return kept
    largest_first = np.argsort(-box_areas(boxes), kind="stable")
    for whole in largest_first[has_part[largest_first]].tolist():
        parts = np.flatnonzero(is_part[:, whole] & kept[rows])
        if not kept[rows[whole]] or not len(parts):
            continue
        surer = parts[confidence[parts] > confidence[whole]]
        is_weak = confidence[whole] < MIN_WHOLE_CONFIDENCE * confidence[parts].max()
        kept[rows[[whole] if is_weak or _has_two_apart(boxes[surer]) else parts]] = False
    return kept


def without_fragments(detections: Detections) -> Detections:
    """Detections of `whole_vehicles`."""
    return detections.rows(whole_vehicles(detections))


def _has_two_apart(boxes: NDArray[np.float64]) -> bool:
    """Whether two of the (N, 4) boxes share little."""
    areas = np.maximum(box_areas(boxes), MIN_AREA_PX)
    return bool((overlap_areas(boxes, boxes) <= MAX_SHARED_SHARE * np.minimum(areas[:, None], areas)).any())
