"""A YOLO network exported to OpenVINO as it is: whole pictures one by one, riders beside their machines.

For examinations; `models.openvino_backend` is what watches roads.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov

from analytics.detections import Detections
from models.detector import RgbImage
from models.fit import pad_to_stride
from models.heads import decode_dense, without_duplicates
from models.metadata import read_metadata


def plain_network(xml: Path, *, confidence: float) -> Callable[[RgbImage], Detections]:
    """A dense head (YOLOv8 to YOLO12) with a dynamic input, on the CPU. confidence: the least that is told."""
    metadata = read_metadata(xml.parent / "metadata.yaml")
    compiled = ov.Core().compile_model(xml, "CPU")

    def detect(image: RgbImage) -> Detections:
        fitted = pad_to_stride(image, metadata.stride)
        tensor = np.ascontiguousarray(fitted.image.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)
        found = without_duplicates(decode_dense(compiled(tensor)[0][0], metadata.road_users, confidence))
        return Detections(fitted.to_picture(found.xyxy), found.confidence, found.class_id)

    return detect
