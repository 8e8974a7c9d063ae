"""A tiny detection network for tests: it finds one bright rectangle in a dark image."""

from pathlib import Path

import numpy as np
import openvino as ov
import yaml
from openvino import opset15 as ops

NAMES = {0: "person", 1: "kite", 2: "car", 3: "motorcycle"}


def save_tiny_network(
    folder: Path,
    *,
    found_class: int = 2,
    end_to_end: bool = False,
    size: tuple[int, int] | None = None,
    metadata: dict | None = None,
    convolved: bool = False,
) -> Path:
    """Write model.xml, model.bin and metadata.yaml as ultralytics' export lays them out; returns `folder`.

    found_class: index into NAMES of the class of the rectangle. size: (width, height) of a fixed input, None
    for a dynamic one. metadata: changes to metadata.yaml. convolved: with a convolution that returns the
    image unchanged, so that there is something to quantise.
    """
    width, height = size or (-1, -1)
    picture = ops.parameter([1, 3, height, width], np.float32, name="images")
    seen = _passed_through(picture) if convolved else picture
    bright = ops.convert(ops.greater(ops.reduce_mean(seen, [1], keep_dims=False), np.float32(0.5)), np.float32)
    x1, x2 = _extent(bright, along=2)
    y1, y2 = _extent(bright, along=1)
    confidence = ops.multiply(ops.reduce_max(bright, [0, 1, 2], keep_dims=False), np.float32(0.9))
    if end_to_end:
        rows = [x1, y1, x2, y2, confidence, ops.constant(np.float32(found_class))]
        shape = [1, 1, 6]
    else:
        half = np.float32(0.5)
        box = [ops.multiply(ops.add(x1, x2), half), ops.multiply(ops.add(y1, y2), half)]
        box += [ops.subtract(x2, x1), ops.subtract(y2, y1)]
        scores = [confidence if i == found_class else ops.constant(np.float32(0.01)) for i in NAMES]
        rows = box + scores
        shape = [1, len(rows), 1]
    output = ops.reshape(ops.concat([ops.reshape(row, [1], False) for row in rows], 0), shape, False)
    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(ov.Model([ops.result(output)], [picture], "tiny"), folder / "model.xml", compress_to_fp16=False)
    (folder / "metadata.yaml").write_text(
        yaml.safe_dump({"task": "detect", "stride": 32, "names": NAMES, **(metadata or {})})
    )
    return folder


def _passed_through(picture: ov.Node) -> ov.Node:
    itself = ops.constant(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1))
    return ops.convolution(picture, itself, strides=[1, 1], pads_begin=[0, 0], pads_end=[0, 0], dilations=[1, 1])


def _extent(bright: ov.Output, along: int) -> tuple[ov.Output, ov.Output]:
    """Return the first and past-the-last index of the bright part, along axis 1 (down) or 2 (across) of [1, H, W]."""
    line = ops.reshape(ops.reduce_max(bright, [0, 3 - along], keep_dims=False), [-1], False)
    count = ops.squeeze(ops.shape_of(line, "i32"), [0])
    positions = ops.convert(ops.range(np.int32(0), count, np.int32(1), "i32"), np.float32)
    lit = ops.greater(line, np.float32(0))
    first = ops.reduce_min(ops.select(lit, positions, np.float32(1e6)), [0], keep_dims=False)
    last = ops.reduce_max(ops.select(lit, ops.add(positions, np.float32(1)), np.float32(0)), [0], keep_dims=False)
    return first, last
