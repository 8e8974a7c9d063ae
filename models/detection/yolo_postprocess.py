"""From the raw output of a YOLO network to detections: pure array functions."""

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.weights.model_metadata import UNMAPPED_CLASS

NMS_IOU = 0.6
"""Two boxes of one kind with a larger intersection over union are one road user."""

_KINDS = {
    RoadUser.CAR: 0,
    RoadUser.BUS: 0,
    RoadUser.TRUCK: 0,
    RoadUser.MOTORCYCLE: 1,
    RoadUser.BICYCLE: 1,
    RoadUser.PERSON: 2,
}
"""A van may look like a car and a truck at once, but it is one thing; a rider does overlap his machine."""
_KIND_OF_CLASS = np.array([_KINDS[road_user] for road_user in ROAD_USERS], dtype=np.int32)


def decode_anchor_free(output: NDArray[np.float32], road_users: NDArray[np.int64], confidence: float) -> Detections:
    """Candidates of the `[4 + classes, N]` head (YOLOv8 to YOLO12), duplicates included.

    output: rows ``cx, cy, w, h`` in pixels of the network's input, then one row of scores for each model class.
    road_users: (classes,) index into ROAD_USERS or IGNORED (see `ModelMetadata.road_users`).
    """
    ours = np.flatnonzero(road_users != UNMAPPED_CLASS)
    scores = output[4 + ours]
    best = scores.max(axis=0)
    kept = np.flatnonzero(best >= confidence)
    centre, half = output[:2, kept].T, output[2:4, kept].T / 2
    return Detections(
        np.concatenate([centre - half, centre + half], axis=1),
        best[kept],
        road_users[ours[scores[:, kept].argmax(axis=0)]],
    )


def decode_end_to_end(output: NDArray[np.float32], road_users: NDArray[np.int64], confidence: float) -> Detections:
    """Detections of the `[N, 6]` head (YOLOv10, YOLO26): rows ``x1, y1, x2, y2, confidence, class``."""
    confident = output[output[:, 4] >= confidence]
    class_id = road_users[confident[:, 5].astype(np.int64)]
    kept = class_id != UNMAPPED_CLASS
    return Detections(confident[kept, :4].copy(), confident[kept, 4].copy(), class_id[kept])


def nms(detections: Detections, overlap: float = NMS_IOU) -> Detections:
    """Non-maximum suppression among boxes of one kind: of several that overlap, the most confident stays.

    Kinds are four wheels and more, two wheels, and people. Returns the most confident first.
    """
    if len(detections) == 0:
        return detections
    boxes = detections.xyxy.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(),
        detections.confidence.tolist(),
        _KIND_OF_CLASS[detections.class_id].tolist(),
        0.0,
        overlap,
    )
    order = np.asarray(kept, dtype=np.int64).reshape(-1)
    return Detections(detections.xyxy[order], detections.confidence[order], detections.class_id[order])
