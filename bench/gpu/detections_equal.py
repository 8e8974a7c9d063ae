"""Detections of the GPU beside those of the CPU, on the same images."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from analytics.detections import Detections
from bench.gpu.camera_images import images
from bench.gpu.gpu_options import GpuOptions
from bench.gpu.part_result import Row
from models.detection.detector import Detector, RgbImage
from models.tracking.association import pairwise_iou

MATCH_IOU = 0.5
"""Least intersection over union of two boxes of one road user [source: PASCAL VOC]."""

MAX_CONFIDENCE_CHANGE = 0.1
"""Largest difference of their confidences, 0..1 [assumption]."""

REQUIRED_SHARE = 0.98
"""Least share of matched boxes on either side, with the same network in FP32 on the CPU [assumption].

FP16 moves a confidence by less than 0.01, which takes boxes at the threshold over it or below it.
"""

CPU_SHARE, OUR_SHARE = "of the CPU's, matched", "of these, matched"
"""Columns of the matched shares of either side's boxes."""

RESULT_WITHIN_S = 120.0
"""Longest wait for the detections of one image, in seconds; the first one includes the start of the device."""


def measure(options: GpuOptions) -> Iterator[Row]:
    """Yield the comparison with torch on the CPU, which must match, and with OpenVINO on the CPU, which may differ."""
    from models.detection.ultralytics import UltralyticsDetector  # noqa: PLC0415 - torch takes seconds to load

    frames = images(options, options.extent.frames)
    here = detected(UltralyticsDetector(options.weights, device=options.device, max_batch=8), frames)
    on_cpu = detected(UltralyticsDetector(options.weights, device="cpu"), frames)
    yield compared("torch FP32 on the CPU, same .pt", on_cpu, here, required=REQUIRED_SHARE)
    yield openvino_row(options.exported, frames, here)


def openvino_row(exported: Path | None, frames: Sequence[RgbImage], here: Sequence[Detections]) -> Row:
    """Return the comparison with the export on the CPU, or why there is none."""
    title = "OpenVINO on the CPU, the export"
    if exported is None or find_spec("openvino") is None:
        missing = "OpenVINO is not installed" if exported is not None else "no export of this network was given"
        return {"compared with": title, "note": missing}
    from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork  # noqa: PLC0415 - not everywhere

    return compared(title, detected(OpenVinoDetector(OpenVinoNetwork(exported)), frames), here, required=None)


def detected(detector: Detector, frames: Sequence[RgbImage]) -> list[Detections]:
    """Return the detections in each image, as many in flight as the detector has; closes the detector."""
    with closing(detector):
        return [future.result(RESULT_WITHIN_S) for future in [detector.submit(frame) for frame in frames]]


def compared(title: str, expected: Sequence[Detections], found: Sequence[Detections], *, required: float | None) -> Row:
    """Return the row of a comparison. required: least share of the boxes of either side; None for any."""
    matched = sum(matches(theirs, ours) for theirs, ours in zip(expected, found, strict=True))
    counts = [sum(len(each) for each in side) for side in (expected, found)]
    shares = [round(matched / boxes, 4) if boxes else None for boxes in counts]
    row: Row = {
        "compared with": title,
        "images": len(expected),
        "boxes of the CPU": counts[0],
        "boxes here": counts[1],
        CPU_SHARE: shares[0],
        OUR_SHARE: shares[1],
        "required": required,
    }
    if not counts[0]:
        return row | {"note": "the CPU finds no box in these images; give --clips with traffic", "failed": True}
    return row | {"failed": required is not None and any(share is None or share < required for share in shares)}


def matches(expected: Detections, found: Detections) -> int:
    """Return the number of pairs of the same class, near in place and confidence; the largest overlaps first."""
    near = (expected.class_id[:, None] == found.class_id) & (
        np.abs(expected.confidence[:, None] - found.confidence) <= MAX_CONFIDENCE_CHANGE
    )
    overlap = np.where(near, pairwise_iou(expected.xyxy.astype(np.float64), found.xyxy.astype(np.float64)), 0.0)
    count = 0
    while overlap.size and overlap.max() >= MATCH_IOU:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        overlap[row, :] = overlap[:, column] = 0.0
        count += 1
    return count
