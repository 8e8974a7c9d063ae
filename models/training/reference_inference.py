"""Inference for average precision: whole images, and non-maximum suppression within each class.

`models.detection.openvino` differs: one object has one class there, and riders are merged with their two-wheelers.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from models.detection.detector import RgbImage
from models.detection.letterbox import pad_to_stride
from models.detection.openvino_graph import core, read_network
from models.weights.model_metadata import UNMAPPED_CLASS, read_metadata

NMS_IOU = 0.7
"""Intersection over union of non-maximum suppression within a class [source: evaluation of ultralytics]."""


def reference_network(xml: Path, *, confidence: float) -> Callable[[RgbImage], Detections]:
    """Detection function of a network with an anchor-free head (YOLOv8 to YOLO12) and a dynamic input, on the CPU."""
    metadata = read_metadata(xml.parent / "metadata.yaml")
    compiled = core().compile_model(read_network(xml), "CPU")

    def detect(image: RgbImage) -> Detections:
        fitted = pad_to_stride(image, metadata.stride)
        tensor = np.ascontiguousarray(fitted.image.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)
        boxes = _decode_each_class(compiled(tensor)[0][0], metadata.road_users, confidence)
        return Detections(fitted.to_image(boxes.xyxy), boxes.confidence, boxes.class_id)

    return detect


def _decode_each_class(output: NDArray[np.float32], road_users: NDArray[np.int64], confidence: float) -> Detections:
    """Detections of every class by itself. output: as for `models.detection.yolo_postprocess.decode_anchor_free`."""
    found = [Detections.empty()]
    for k in np.flatnonzero(road_users != UNMAPPED_CLASS):
        likely = np.flatnonzero(output[4 + k] >= confidence)
        scores, sizes = output[4 + k, likely], output[2:4, likely].T
        corners = output[:2, likely].T - sizes / 2
        boxes = np.concatenate([corners, sizes], axis=1)
        kept = np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, NMS_IOU), dtype=np.int64).reshape(-1)
        xyxy = np.concatenate([corners, corners + sizes], axis=1)[kept]
        found.append(Detections(xyxy, scores[kept], np.full(len(kept), road_users[k])))
    return Detections(
        *(np.concatenate([getattr(f, part) for f in found]) for part in ("xyxy", "confidence", "class_id"))
    )
