"""Conversion of an exported network back to a .pt, for GPUs that run no OpenVINO. Needs the extra `yolo`."""

from pathlib import Path

import numpy as np

from models.detection.loader import has_ultralytics
from models.detection.openvino import find_xml
from models.errors import UnusableWeights

_TRIAL_IMAGE = np.random.default_rng(1).integers(0, 255, (320, 320, 3), np.uint8)
"""Noise from which batch normalisations take statistics; these cancel out and change no detection."""


def write_torch_copy(exported: Path, target: Path) -> Path:
    """Write the float weights of a YOLO11n exported to OpenVINO as a .pt that detects the same; return its path.

    exported: folder or .xml, FP32, FP16 or INT8. Raises UnusableWeights for another network.
    """
    if not has_ultralytics():
        raise UnusableWeights(f"{exported}: a .pt needs ultralytics and torch; run `pip install 'simpang[yolo]'`")
    from models.training.dataset import LabelledImage, labels_from_boxes  # noqa: PLC0415 - torch takes seconds to load
    from models.training.initial_network import initial_network  # noqa: PLC0415
    from models.training.trainer import save_weights  # noqa: PLC0415

    noise = LabelledImage(_TRIAL_IMAGE, labels_from_boxes([]))
    network = initial_network(find_xml(exported).parent, [noise], seed=1)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_weights(network, target)
    return target
