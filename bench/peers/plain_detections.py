"""Detections of a plain loop: every frame letterboxed to 640 pixels, the network, non-maximum suppression.

Our own detector adapts its scale to the camera and merges riders with their vehicles. The peers do not get that.
"""

import gzip
import json
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray

from models.detection.letterbox import letterbox
from models.detection.openvino_graph import core, read_network
from pipelines.recordings.video_reader import VideoReader

SIDE = 640
"""Side of the input, in pixels [source: default of ultralytics' YOLO]."""
CONFIDENCE, OVERLAP = 0.25, 0.7  # least confidence, largest IoU of two boxes [source: defaults of ultralytics' YOLO]
COCO = {0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
"""Road users by their COCO class number [source: COCO]."""


def write_detections(clip: Path, weights: Path, out: Path) -> None:
    """Write the detections of a clip as `simpang replay` reads them."""
    network = core().compile_model(read_network(next(weights.glob("*.xml"))), "CPU")
    with gzip.open(out, "wt") as file, VideoReader(str(clip)) as video:
        for frame in video.frames():
            boxes = detect(network, frame.video_frame.to_ndarray(format="rgb24").astype(np.uint8))
            file.write(json.dumps({"t": frame.at, "boxes": boxes}) + "\n")


def detect(network: ov.CompiledModel, image: NDArray[np.uint8]) -> list[list[float | str]]:
    """Return rows of x1, y1, x2, y2 (pixels), confidence and class. image: (H, W, 3), RGB."""
    fitted = letterbox(image, (SIDE, SIDE))
    tensor = fitted.image.transpose(2, 0, 1)[None].astype(np.float32) / 255
    output = network(tensor)[0][0]
    ids = np.array(list(COCO))
    scores = output[4 + ids]
    best, which = scores.max(axis=0), ids[scores.argmax(axis=0)]
    kept = np.flatnonzero(best >= CONFIDENCE)
    corners = output[:2, kept].T - output[2:4, kept].T / 2
    tlwh = np.concatenate([corners, output[2:4, kept].T], axis=1)
    chosen = np.asarray(cv2.dnn.NMSBoxesBatched(tlwh.tolist(), best[kept], which[kept], CONFIDENCE, OVERLAP), dtype=int)
    xyxy = fitted.to_image(np.concatenate([tlwh[:, :2], tlwh[:, :2] + tlwh[:, 2:]], axis=1).astype(np.float32))
    return [
        [*(round(float(value), 1) for value in xyxy[k]), round(float(best[kept][k]), 4), COCO[int(which[kept][k])]]
        for k in chosen
    ]
