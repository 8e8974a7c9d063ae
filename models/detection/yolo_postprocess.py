"""Raw output of a YOLO network to detections: pure array functions."""

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import NMS_GROUP, ROAD_USERS
from models.detection.fragments import without_fragments
from models.detection.rider_merge import least_confidences
from models.weights.model_metadata import UNMAPPED_CLASS

NMS_IOU = 0.6
"""Intersection over union above which two boxes of one group are one road user [assumption]."""

_GROUP_OF_CLASS = np.array([NMS_GROUP[road_user] for road_user in ROAD_USERS], dtype=np.int32)
"""Group by class id (`analytics.road_users.NMS_GROUP`)."""


def decode_anchor_free(output: NDArray[np.float32], road_users: NDArray[np.int64], confidence: float) -> Detections:
    """Candidates of the `[4 + classes, N]` head (YOLOv8 to YOLO12), before non-maximum suppression.

    output: rows ``cx, cy, w, h`` in pixels of the network's input, then one row of scores for each model class.
    road_users: (classes,) index into ROAD_USERS or UNMAPPED_CLASS (see `ModelMetadata.road_users`). confidence: least
    confidence of a detection; two-wheelers below it are returned for `models.detection.rider_merge`.
    """
    mapped = np.flatnonzero(road_users != UNMAPPED_CLASS)
    scores = output[4 + mapped]
    best = scores.max(axis=0)
    least = least_confidences(confidence)
    kept = np.flatnonzero(best >= least.min())
    class_id = road_users[mapped[scores[:, kept].argmax(axis=0)]]
    confident = best[kept] >= least[class_id]
    kept, class_id = kept[confident], class_id[confident]
    centre, half = output[:2, kept].T, output[2:4, kept].T / 2
    return Detections(
        np.concatenate([centre - half, centre + half], axis=1),
        best[kept],
        class_id,
    )


def decode_end_to_end(output: NDArray[np.float32], road_users: NDArray[np.int64], confidence: float) -> Detections:
    """Detections of the `[N, 6]` head (YOLOv10, YOLO26): rows ``x1, y1, x2, y2, confidence, class``.

    road_users, confidence: as for `decode_anchor_free`.
    """
    least = least_confidences(confidence)
    rows = output[output[:, 4] >= least.min()]
    rows = rows[rows[:, 5] < len(road_users)]  # other classes have no name in the metadata
    class_id = road_users[rows[:, 5].astype(np.int64)]
    kept = (class_id != UNMAPPED_CLASS) & (rows[:, 4] >= least[class_id])
    return Detections(rows[kept, :4].copy(), rows[kept, 4].copy(), class_id[kept])


def nms(detections: Detections, iou: float = NMS_IOU) -> Detections:
    """Non-maximum suppression within the groups of `analytics.road_users.NMS_GROUP`, most confident first.

    Boxes of parts of a vehicle are removed, too (`models.detection.fragments`).
    """
    if len(detections) == 0:
        return detections
    boxes = detections.xyxy.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(),
        detections.confidence.tolist(),
        _GROUP_OF_CLASS[detections.class_id].tolist(),
        0.0,
        iou,
    )
    return without_fragments(detections.rows(np.asarray(kept, dtype=np.int64).reshape(-1)))
